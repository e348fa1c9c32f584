/**
 * Originals whose version is looked up at most every so many seconds, for stores where a look costs a trip over the network. A server
 * then answers with a rendition of the original as it was up to so long ago.
 *
 * Holds: what is remembered was true when it was asked for, and the latest question counts; whoever asks for a fresh answer gets one;
 * callers at one time share one question.
 */
import { orAbort } from "../abort.ts"
import { createLru } from "../lru.ts"
import type { HeadOptions, Originals, OriginalStat } from "./store.ts"

/** What is not there is asked for again sooner: people upload a photo and look at it. */
const ABSENT_MS = 5000
/** Each costs some hundred bytes. */
const MAX_REMEMBERED = 50_000

interface Known {
  /** Undefined for what is absent. */
  readonly stat: OriginalStat | undefined
  /** When it was asked for: it may have changed since, answered or not. */
  readonly askedMs: number
}

interface Question {
  readonly answer: Promise<OriginalStat | undefined>
  readonly askedMs: number
}

/**
 * @param seconds between two looks at one original; 0 looks every time
 * @param clock milliseconds, of a clock that is never set back
 */
export const recheckedOriginals = (
  store: Originals,
  seconds: number,
  clock: () => number = () => performance.now(),
): Originals => {
  if (seconds <= 0) return store
  const memory = createLru<Known>(MAX_REMEMBERED)
  const questions = new Map<string, Question>()
  const presentMs = seconds * 1000
  const absentMs = Math.min(ABSENT_MS, presentMs)

  const remember = (key: string, known: Known): void => {
    const before = memory.get(key)
    if (!before || before.askedMs <= known.askedMs) memory.set(key, known)
  }

  const remembered = (key: string): Known | undefined => {
    const known = memory.get(key)
    return known && clock() - known.askedMs < (known.stat ? presentMs : absentMs) ? known : undefined
  }

  const ask = (key: string): Question => {
    const askedMs = clock()
    const answer = store.head(key).then((stat) => {
      remember(key, { stat, askedMs })
      return stat
    })
    const question = { answer, askedMs }
    questions.set(key, question)
    const forget = (): void => {
      if (questions.get(key) === question) questions.delete(key)
    }
    answer.then(forget, forget)
    return question
  }

  const head = async (key: string, { fresh = false, signal }: HeadOptions): Promise<OriginalStat | undefined> => {
    // A question that was asked before is no fresh one: it may have been answered before the change.
    const { answer } = (fresh ? undefined : questions.get(key)) ?? ask(key)
    return orAbort(answer, signal)
  }

  return {
    name: store.name,
    list: (prefix, options) => store.list(prefix, options),
    isGone: async (key, options) => store.isGone?.(key, options) ?? false,
    check: async (options) => store.check?.(options),
    head: async (key, options = {}) => {
      const known = options.fresh ? undefined : remembered(key)
      return known ? known.stat : head(key, options)
    },
    get: async (key, options) => {
      const askedMs = clock()
      const object = await store.get(key, options)
      remember(key, { stat: object?.stat, askedMs })
      return object
    },
  }
}
