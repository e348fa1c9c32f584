/** Memory of the latest entries: one way to make it, since the library's own puts a place for every entry aside beforehand. */
import { LRUCache } from "lru-cache"

/**
 * The latest entries, by name.
 * @param max how many are kept. Places are made as entries come: put aside at once, 100 000 of them cost a start 9 ms, in a function whose
 * first answer may take ten.
 */
export const createLru = <T extends string | object>(max: number): LRUCache<string, T> =>
  new LRUCache<string, T>({ maxSize: max, sizeCalculation: () => 1 })
