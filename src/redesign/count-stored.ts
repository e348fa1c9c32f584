/**
 * Responsible for counting stored renditions by size. Every key is listed; lengths and recipes are read from a sample of each size.
 *
 * Invariants:
 * - Memory is bounded by the number of sizes and the sample, not by the number of keys.
 */
import type { Grammar } from "../sizes/key.ts"
import { INFO, isSizeSegment, sizeNamed } from "../sizes/list.ts"
import { closeBody, type Renditions } from "../store/store.ts"
import type { Freshness } from "../tailor/freshness.ts"

/** Whether a stored segment is a size of the list. */
export type Listing = "listed" | "alias" | "retired" | "unlisted" | "info"

/** Stored renditions of one size. */
export interface StoredSize {
  /** As in keys. */
  readonly name: string
  readonly listing: Listing
  readonly count: number
  /** Bytes of all of them: exact, or estimated from a sample. */
  readonly byteLength: number
  /** Renditions by an older recipe, among those of present originals: exact, or estimated. */
  readonly outdatedCount: number
  /** True if lengths and recipes of some were read only. */
  readonly isSampled: boolean
}

/** All stored renditions. */
export interface StoredCounts {
  readonly sizes: readonly StoredSize[]
  /** Files that are no renditions of any size. */
  readonly foreignCount: number
}

/** Options of {@link countStored}. */
export interface CountOptions {
  /** Renditions of each size whose length and recipe are read. @default 100 */
  readonly sampleLength?: number | undefined
  /** Called with the number of keys so far. */
  readonly onProgress?: ((count: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Parts of a count. */
export interface CountParts {
  readonly renditions: Renditions
  readonly grammar: Grammar
  /** Undefined where outdated renditions are not counted: their number is 0 then. */
  readonly isOutdatedKey: Freshness["isOutdatedKey"] | undefined
}

interface Tally {
  count: number
  /** Each key has the same chance to be in it (algorithm R). */
  readonly sample: string[]
}

const SAMPLE_LENGTH = 100

const listingOf = (name: string, { sizes, retired }: Grammar): Listing => {
  if (name === INFO) return "info"
  const size = sizeNamed(name, sizes)
  if (size) return size.name === name ? "listed" : "alias"
  return retired.sizes.includes(name) ? "retired" : "unlisted"
}

/** A small generator with the same numbers in every run, so that two runs choose the same sample. */
const createRandom = (): (() => number) => {
  let state = 0x2545f491
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 1
    return (state >>> 0) / 0x1_0000_0000
  }
}

const measure = async ({ renditions, isOutdatedKey }: CountParts, { count, sample }: Tally) => {
  let [known, byteLength, outdated] = [0, 0, 0]
  for (const key of sample) {
    const object = await renditions.get(key)
    await closeBody(object)
    if (!object) continue
    known += 1
    byteLength += object.byteLength
    if (await isOutdatedKey?.(key, object.meta)) outdated += 1
  }
  const factor = known === 0 ? 0 : count / known
  return { byteLength: Math.round(byteLength * factor), outdatedCount: Math.round(outdated * factor) }
}

/** False for a file that is no rendition of any size, listed or not. */
const canBeSize = (name: string | undefined, grammar: Grammar): name is string =>
  name !== undefined && (name === INFO || isSizeSegment(name) || listingOf(name, grammar) !== "unlisted")

/** Counts keys, and keeps a sample of each size. */
const createTallies = (grammar: Grammar, sampleLength: number) => {
  const random = createRandom()
  const tallies = new Map<string, Tally>()
  let foreignCount = 0
  const add = (key: string): void => {
    const name = key.split("/").at(-2)
    if (!canBeSize(name, grammar)) {
      foreignCount += 1
      return
    }
    const tally = tallies.get(name) ?? { count: 0, sample: [] }
    tallies.set(name, tally)
    tally.count += 1
    const { sample, count } = tally
    const at = sample.length < sampleLength ? sample.length : Math.floor(random() * count)
    if (at < sampleLength) sample[at] = key
  }
  return { add, tallies, foreignCount: () => foreignCount }
}

/**
 * Counts stored renditions.
 * @returns undefined if the store cannot list
 */
export const countStored = async (parts: CountParts, options: CountOptions = {}): Promise<StoredCounts | undefined> => {
  const { sampleLength = SAMPLE_LENGTH, onProgress, signal } = options
  const list = parts.renditions.list?.bind(parts.renditions)
  if (!list) return undefined
  const { add, tallies, foreignCount } = createTallies(parts.grammar, sampleLength)
  let seen = 0
  for await (const key of list("", { signal })) {
    signal?.throwIfAborted()
    add(key)
    seen += 1
    if (seen % 1000 === 0) onProgress?.(seen)
  }
  const sizes: StoredSize[] = []
  for (const [name, tally] of tallies) {
    const { count, sample } = tally
    const isSampled = count > sample.length
    sizes.push({ name, listing: listingOf(name, parts.grammar), count, isSampled, ...(await measure(parts, tally)) })
  }
  return { sizes: sizes.toSorted((a, b) => b.count - a.count), foreignCount: foreignCount() }
}
