/**
 * A stage on which a test decides who goes on next. Every call to a store or to the renderer stops before it acts and once more before
 * it tells the result; the test lets one of those who stopped go on at a time, in any order, and changes the world in between.
 */
import type { Originals, OriginalStat, Renditions } from "../../src/store/store.ts"

export interface Stage {
  /** Stops here until it is let on. */
  readonly step: (name: string) => Promise<void>
  /** Names of those who have stopped, in order of their stopping, once nothing else can happen. */
  readonly stopped: () => Promise<readonly string[]>
  /** Lets one of those on. */
  readonly letOn: (at: number) => void
}

const TURNS = 40

export const createStage = (): Stage => {
  const waiting: { readonly name: string; readonly letOn: () => void }[] = []
  return {
    step: (name) => new Promise((resolve) => waiting.push({ name, letOn: resolve })),
    stopped: async () => {
      // Whatever goes on without being let on is promises only. Counting a few of their turns is far cheaper than waiting for the
      // event loop's, which comes after all of them and decides where it seems that everybody is done.
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
      if (waiting.length === 0) await new Promise((done) => setImmediate(done))
      return waiting.map(({ name }) => name)
    },
    letOn: (at) => waiting.splice(at, 1)[0]?.letOn(),
  }
}

/** What originals exist, by key; absent ones have no entry. */
export type Contents = Readonly<Record<string, string>>

export interface World {
  readonly originals: Originals
  /** Every state there has been, in order; the last one is now. */
  readonly history: readonly Contents[]
  readonly write: (key: string, content: string) => void
  readonly remove: (key: string) => void
  /** Changes the version of an original, and not its bytes. */
  readonly touch: (key: string) => void
  /** Lets time pass: what was changed until now is settled. */
  readonly tick: () => void
}

/**
 * What an original's version is: a number of its own for every change; times, by a clock that stands still between ticks, as in a
 * folder; or its content, as S3's ETag, so that what is restored has its old version again. With "files" it is a number of its own for
 * every change of the file or of its metadata, and the weak version is the length, which many contents have in common.
 */
export type Versions = "changes" | "times" | "contents" | "files"

export interface WorldOptions {
  readonly stage: Stage
  readonly versions: Versions
}

/** Originals whose every call takes two steps, and that remember all that they ever were. */
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
        yield* Object.keys(current()).filter((key) => key.startsWith(prefix)).toSorted()
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
