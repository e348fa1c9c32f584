/** Memory of the latest entries: one way to make it, since the library's own puts a place for every entry aside beforehand. */
import { LRUCache } from "lru-cache"

/**
 * The latest entries, by name.
 * @param max how many are kept. Places are made as entries come: put aside at once, 100 000 of them cost a start 9 ms, in a function whose
 * first answer may take ten.
 */
export const createLru = <T extends string | object>(max: number): LRUCache<string, T> =>
  new LRUCache<string, T>({ maxSize: max, sizeCalculation: () => 1 })

/** Texts above this are not remembered, so that nobody fills the memory with long ones. */
const MAX_TEXT_LENGTH = 512

/** What was made of the latest texts that anybody sent; of one that is not remembered it is made anew. What throws is not remembered. */
export const createMemory = <T extends string | object>(): ((text: string, make: () => T) => T) => {
  const kept = createLru<T>(5000)
  return (text, make) => {
    const known = kept.get(text)
    if (known !== undefined) return known
    const made = make()
    if (text.length <= MAX_TEXT_LENGTH) kept.set(text, made)
    return made
  }
}
