/**
 * A scheduler for race tests. Every call to a store or renderer pauses before it acts and again before it returns its result. The test
 * resumes one paused call at a time, in any order, and changes originals in between.
 */
import type { Originals, OriginalStat, Renditions } from "../../src/store/store.ts"

export interface Stage {
  /** Pauses until the test resumes it. */
  readonly step: (name: string) => Promise<void>
  /** Names of the paused calls, in order of arrival, once no other work is pending. */
  readonly stopped: () => Promise<readonly string[]>
  /** Resumes one of them. */
  readonly letOn: (at: number) => void
}

const TURNS = 40

export const createStage = (): Stage => {
  const waiting: { readonly name: string; readonly letOn: () => void }[] = []
  return {
    step: (name) => new Promise((resolve) => waiting.push({ name, letOn: resolve })),
    stopped: async () => {
      // Work that is not paused consists of promises only. Awaiting a few microtasks is far cheaper than a turn of the event loop, which
      // runs after all of them and decides where no call seems to be paused.
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
      if (waiting.length === 0) await new Promise((done) => setImmediate(done))
      return waiting.map(({ name }) => name)
    },
    letOn: (at) => waiting.splice(at, 1)[0]?.letOn(),
  }
}

/** Contents of the originals that exist, by key. */
export type Contents = Readonly<Record<string, string>>

export interface World {
  readonly originals: Originals
  /** Every state so far, in order; the last one is the present. */
  readonly history: readonly Contents[]
  readonly write: (key: string, content: string) => void
  readonly remove: (key: string) => void
  /** Changes the version of an original but not its bytes. */
  readonly touch: (key: string) => void
  /** Advances the clock: changes so far become stable. */
  readonly tick: () => void
}

/**
 * How versions are made. "changes": a new number for every change. "times": by a clock that stands still between ticks, as in a folder.
 * "contents": from the content, as an ETag of S3, so that a restored original has its former version. "files": a new number for every
 * change of the file or its metadata; the weak version is the length, which many contents share.
 */
export type Versions = "changes" | "times" | "contents" | "files"

export interface WorldOptions {
  readonly stage: Stage
  readonly versions: Versions
}

/** Originals whose calls pause twice, with a record of all their states. */
export const createWorld = ({ stage, versions }: WorldOptions): World => {
  const changedAt = new Map<string, number>()
  const history: Contents[] = [{}]
  let now = 0
  let changes = 0

  const change = (contents: Contents): void => {
    changes += 1
    history.push(contents)
  }

  const current = (): Contents => history.at(-1) ?? {}

  const statOf = (key: string): OriginalStat | undefined => {
    const content = current()[key]
    const at = changedAt.get(key) ?? 0
    if (content === undefined) return undefined
    const version = versions === "contents" ? content : String(at)
    const byteLength = content.length
    const weak = versions === "files" ? { weakVersion: String(byteLength) } : {}
    return { version, ...weak, byteLength, isStable: versions !== "times" || at < now }
  }

  const acting = async <T>(name: string, act: () => T): Promise<T> => {
    await stage.step(`${name} begins`)
    const result = act()
    await stage.step(`${name} ends`)
    return result
  }

  return {
    originals: {
      name: "world",
      head: (key) => acting(`head of ${key}`, () => statOf(key)),
      get: (key) =>
        acting(`read of ${key}`, () => {
          const stat = statOf(key)
          return stat && { stat, bytes: Buffer.from(current()[key] ?? "") }
        }),
      isGone: (key) => acting(`question whether ${key} is gone`, () => current()[key] === undefined),
      async *list(prefix) {
        yield* Object.keys(current())
          .filter((key) => key.startsWith(prefix))
          .toSorted()
      },
    },
    history,
    write: (key, content) => {
      change({ ...current(), [key]: content })
      changedAt.set(key, versions === "times" ? now : changes)
    },
    remove: (key) => {
      const { [key]: _, ...others } = current()
      change(others)
    },
    touch: (key) => {
      change(current())
      changedAt.set(key, versions === "times" ? now : changes)
    },
    tick: () => void (now += 1),
  }
}

/** A store of renditions whose every call takes two steps. */
export const stagedRenditions = (store: Renditions, stage: Stage): Renditions => {
  const acting = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    await stage.step(`${name} begins`)
    const result = await act()
    await stage.step(`${name} ends`)
    return result
  }
  return {
    ...store,
    head: (key) => acting(`look at ${key}`, () => store.head(key)),
    get: (key) => acting(`get of ${key}`, () => store.get(key)),
    put: (key, bytes, meta) => acting(`put of ${key}`, () => store.put(key, bytes, meta)),
    delete: (keys) => acting(`delete of ${keys.join(" ")}`, () => store.delete(keys)),
  }
}
