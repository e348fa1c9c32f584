/** Responsible for bounded caches of the entries that were used last. */
import { LRUCache } from "lru-cache"

/** Characters of a key that count as one entry. */
const KEY_LENGTH = 128

/**
 * A cache of the entries that were used last.
 * @param max number of entries. One with a long key counts as several, one for each 128 characters, so that keys that clients invent take
 * bounded memory. Memory is allocated as entries come: allocated in advance, 100 000 entries cost 9 ms of a cold start.
 */
export const createLru = <T extends string | object>(max: number): LRUCache<string, T> =>
  new LRUCache<string, T>({ maxSize: max, sizeCalculation: (_, key) => 1 + Math.floor(key.length / KEY_LENGTH) })

/** Longer texts are not remembered. */
const MAX_TEXT_LENGTH = 512

/** Results for one text that are remembered. */
const MAX_VARIANTS = 8

/** Results by text and variant. */
export interface TextMemory<T> {
  /** The remembered result. */
  readonly recall: (text: string, variant: string) => T | undefined
  /** Remembers a result, unless the texts are long. */
  readonly remember: (text: string, variant: string, result: T) => void
}

interface Variant<T> {
  readonly variant: string
  readonly result: T
}

/**
 * Remembers the results for the texts that were used last. A variant is a second text of which each first one has few. Both in one key would
 * have to be joined and hashed for each request.
 */
export const createMemory = <T extends string | object>(): TextMemory<T> => {
  const results = createLru<Variant<T>[]>(5000)
  return {
    recall: (text, variant) => results.get(text)?.find((known) => known.variant === variant)?.result,
    remember: (text, variant, result) => {
      if (text.length + variant.length > MAX_TEXT_LENGTH) return
      const others = results.get(text) ?? []
      results.set(text, [...others.slice(1 - MAX_VARIANTS), { variant, result }])
    },
  }
}
