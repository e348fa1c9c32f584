/** Responsible for suggestions after a misspelt name. */
import { distance } from "fastest-levenshtein"

/** The most similar of some words, or undefined if none is similar enough. Ignores case. */
export const didYouMean = (word: string, words: readonly string[]): string | undefined => {
  const ranked = words.map((other) => ({ other, edits: distance(word.toLowerCase(), other.toLowerCase()) }))
  const [best] = ranked.toSorted((a, b) => a.edits - b.edits)
  return best && best.edits <= Math.max(2, best.other.length / 3) ? best.other : undefined
}
