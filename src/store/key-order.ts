/** Responsible for the order in which stores list keys. */

const isSurrogate = (code: number): boolean => (code & 0xf800) === 0xd800

/**
 * Compares keys by their UTF-8 bytes, which is the order in which S3 lists them. JavaScript's own order of strings differs beyond
 * U+FFFF, where its UTF-16 units (U+D800 to U+DFFF) come before U+E000.
 * @returns a negative number, zero or a positive number, as `Array.prototype.sort` expects
 */
export const compareKeys = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [first, second] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (first === second) continue
    if (isSurrogate(first) !== isSurrogate(second)) return isSurrogate(first) ? 1 : -1
    return first - second
  }
  return a.length - b.length
}

/** Like {@link compareKeys}, for keys without surrogates: some times faster. */
export const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const SURROGATE = /[\ud800-\udfff]/

/** True for a key with a character beyond U+FFFF, whose order differs in UTF-8 and UTF-16. */
export const hasSurrogates = (key: string): boolean => SURROGATE.test(key)

/** Whether a key belongs into a list of the keys under a prefix, after another key. */
export const isListed = (key: string, prefix: string, after: string | undefined): boolean =>
  key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0)

/**
 * The keys of a list in the order of {@link compareKeys}, where a store lists them in the order of JavaScript's strings. Only keys with a
 * character beyond U+FFFF can move, so only those are held back.
 */
export async function* inKeyOrder(keys: AsyncIterable<string>): AsyncIterable<string> {
  let held: string[] = []
  for await (const key of keys) {
    if (hasSurrogates(key)) {
      held = [...held, key].toSorted(compareKeys)
      continue
    }
    const due = held.filter((other) => compareKeys(other, key) < 0)
    if (due.length > 0) {
      yield* due
      held = held.slice(due.length)
    }
    yield key
  }
  yield* held
}
