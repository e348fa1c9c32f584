/** Facts of originals, asked once while a page is made: a `<picture>` wants them for each of its formats. */
import type { Info } from "../sizes/info.ts"

/** Milliseconds: a change of an original shows soon where pages are made on demand. */
const KEPT = 60_000

/** @throws {Error} where the server refuses or cannot be reached, saying of what */
export const cacheInfo = (ask: (original: string) => Promise<Info>): ((original: string) => Promise<Info>) => {
  const known = new Map<string, { readonly until: number; readonly info: Promise<Info> }>()
  const begin = async (original: string): Promise<Info> => {
    try {
      return await ask(original)
    } catch (error) {
      known.delete(original)
      const { message, cause = message } = error as Error
      throw new Error(`Expected facts of ${original}, got: ${String(cause)}`, { cause: error })
    }
  }
  return (original) => {
    // The oldest come first.
    for (const [key, { until }] of known) {
      if (until > Date.now()) break
      known.delete(key)
    }
    const kept = known.get(original) ?? { until: Date.now() + KEPT, info: begin(original) }
    known.set(original, kept)
    return kept.info
  }
}
