/** Responsible for originals whose bytes, modification time and other metadata a test sets separately, as a folder has them. */
import type { OriginalObject, Originals } from "../../src/store/store.ts"

/** A file as a folder knows it. */
export interface File {
  readonly content: string
  /** Modification time. */
  readonly mtime: number
  /** Changes with all metadata. */
  readonly ctime: number
  /** @default true */
  readonly isStable?: boolean
}

/** Originals over files that the test adds and replaces. */
export const fileOriginals = (files: ReadonlyMap<string, File>): Originals => {
  const read = (key: string): OriginalObject | undefined => {
    const file = files.get(key)
    if (!file) return undefined
    const { content, mtime, ctime, isStable = true } = file
    const weakVersion = `${mtime}-${content.length}`
    const stat = { version: `${weakVersion}-${ctime}`, weakVersion, byteLength: content.length, isStable }
    return { stat, bytes: Buffer.from(content) }
  }
  return {
    name: "files",
    head: async (key) => read(key)?.stat,
    get: async (key) => read(key),
    isGone: async (key) => !files.has(key),
    async *list() {
      yield* files.keys()
    },
  }
}
