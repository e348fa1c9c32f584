/**
 * Responsible for counting different URLs in bounded memory. Beyond some hundred thousand, counts are written to temporary files, each with
 * the URLs of one range of hashes, and are added up file by file.
 */
import { createReadStream, createWriteStream, type WriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

import { shortHash } from "../sizes/hash.ts"

/** A URL, how often it was found, and a value that the caller keeps with it while it is in memory. */
export interface UrlCount<T> {
  readonly url: string
  count: number
  readonly value: T
}

/** Counts URLs. */
export interface UrlCounts<T> {
  /** The count of a URL that is in memory. */
  readonly find: (url: string) => UrlCount<T> | undefined
  /** Begins to count a URL that is not in memory. */
  readonly add: (url: string, value: T) => void
  /** Writes to files if too many are in memory. Await it now and then. */
  readonly settle: () => Promise<void>
  /** All URLs, each once. URLs that differ only in case follow each other in one batch. */
  readonly batches: () => AsyncGenerator<readonly Omit<UrlCount<T>, "value">[]>
  /** Removes the files. */
  readonly close: () => Promise<void>
}

const FILES = 64

/** URLs of one path are in one file, for any host and case. */
const fileOf = (url: string): number =>
  Number.parseInt(shortHash(url.replace(/^\/\/[^/]*/, "").toLowerCase()).slice(-3), 36) % FILES

const endOf = (stream: WriteStream): Promise<void> =>
  new Promise((done, fail) => {
    stream.once("error", fail)
    stream.end(() => done())
  })

/** @param max URLs in memory */
export const createUrlCounts = <T>(max = 200_000): UrlCounts<T> => {
  const counts = new Map<string, UrlCount<T>>()
  let folder: string | undefined
  const pathOf = (at: number): string => join(folder ?? "", String(at))

  const writeAll = async (): Promise<void> => {
    folder ??= await mkdtemp(join(tmpdir(), "imgtailor-migrate-"))
    const texts = Array.from({ length: FILES }, () => [] as string[])
    for (const { url, count } of counts.values()) texts[fileOf(url)]?.push(`${count} ${url}\n`)
    counts.clear()
    for (const [at, lines] of texts.entries()) {
      const stream = createWriteStream(pathOf(at), { flags: "a" })
      stream.write(lines.join(""))
      await endOf(stream)
    }
  }

  const readFile = async (at: number): Promise<readonly Omit<UrlCount<T>, "value">[]> => {
    const sums = new Map<string, number>()
    for await (const line of createInterface({ input: createReadStream(pathOf(at)), crlfDelay: Infinity })) {
      const space = line.indexOf(" ")
      const url = line.slice(space + 1)
      sums.set(url, (sums.get(url) ?? 0) + Number(line.slice(0, space)))
    }
    return [...sums].map(([url, count]) => ({ url, count }))
  }

  async function* batches(): AsyncGenerator<readonly Omit<UrlCount<T>, "value">[]> {
    if (folder === undefined) return yield [...counts.values()]
    await writeAll()
    for (let at = 0; at < FILES; at++) yield await readFile(at)
  }

  return {
    find: (url) => counts.get(url),
    add: (url, value) => void counts.set(url, { url, count: 1, value }),
    settle: async () => {
      if (counts.size > max) await writeAll()
    },
    batches,
    close: async () => {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}
