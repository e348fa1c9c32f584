/** Responsible for the methods of a tailor for programs: each does the same as the command of its name. */
import { onAbort } from "./abort.ts"
import { badUrl } from "./errors.ts"
import type { Info } from "./sizes/info.ts"
import { formatKey, type OriginalKey, parseKey, toOriginalKey } from "./sizes/key.ts"
import { INFO } from "./sizes/list.ts"
import { type CallOptions, type ListOptions, type Originals, readBody } from "./store/store.ts"
import type { Counts } from "./tailor/decision.ts"
import type { Core } from "./tailor/tailor.ts"
import type { Warmed, WarmOptions } from "./tailor/warm.ts"

/** The methods of a tailor besides its handlers. */
export interface TailorMethods {
  /**
   * Describes an original, like its URL `<dir>/info/<file>.json`, and stores the description.
   * @throws {bad-url} the key cannot be one of an original
   * @throws {original-not-found} {unsupported-original} {corrupt-original} {busy} {store-unavailable} and other errors of requests
   * @example
   * const { width, height } = await tailor.info("shop/photo.jpg")
   */
  readonly info: (original: string, options?: CallOptions) => Promise<Info>
  /**
   * Renders and stores every rendition of an original that is not stored and fresh.
   * @throws {bad-url} the key cannot be one of an original
   * @throws {original-not-found} {size-not-allowed} {format-not-allowed}, and errors that may not occur again later
   * @example
   * await tailor.warm("shop/photo.jpg", { sizes: ["360x270"] }) // { made: 3, stored: 0, refused: [] }
   */
  readonly warm: (original: string, options?: WarmOptions) => Promise<Warmed>
  /**
   * Deletes every rendition of an original, in every size and format that is listed or retired, or those of all originals under a prefix.
   * @param original a key, a prefix with a slash at its end, or `/` for all
   * @returns the number of deleted renditions
   * @throws {bad-url} the key cannot be one of an original, or the store cannot list the renditions of a prefix
   * @example
   * await tailor.purge("shop/photo.jpg") // 6
   * await tailor.purge("shop/") // 1240
   */
  readonly purge: (original: string, options?: CallOptions) => Promise<number>
  /**
   * The keys of all originals that start with a prefix, in the order of their UTF-8 bytes.
   * @param prefix @default ""
   * @example
   * for await (const key of tailor.list("shop/")) console.log(key)
   */
  readonly list: (prefix?: string, options?: ListOptions) => AsyncIterable<string>
  /**
   * Numbers of requests since the tailor was created, by outcome.
   * @example
   * tailor.counts() // { hit: 1200, miss: 14, coalesced: 2, refused: 3, unverified: 0, notStored: 0, notDeleted: 0 }
   */
  readonly counts: () => Counts
}

/** The parts of a tailor that the methods use. */
export interface MethodParts {
  readonly core: Core
  readonly originals: Originals
  readonly counts: Counts
}

const checkedKey = (original: string): OriginalKey => {
  const key = toOriginalKey(original)
  if (key === undefined)
    throw badUrl(`Expected the key of an original like shop/photo.jpg, got ${JSON.stringify(original)}.`)
  return key
}

/** The prefix of keys that a text means; undefined for a single key. */
const prefixIn = (text: string): string | undefined => {
  if (text === "/") return ""
  return text.endsWith("/") ? `${checkedKey(text.slice(0, -1))}/` : undefined
}

const infoOf = async ({ answer, grammar }: Core, original: OriginalKey, { signal }: CallOptions): Promise<Info> => {
  const parsed = parseKey(formatKey({ original, size: INFO, format: undefined }).split("/"), grammar)
  if ("refused" in parsed) throw badUrl(parsed.detail, parsed.hint)
  const rendition = await answer(parsed, signal && onAbort(signal))
  return JSON.parse(new TextDecoder().decode(await readBody(rendition))) as Info
}

export const createMethods = ({ core, originals, counts }: MethodParts): TailorMethods => ({
  info: async (original, options = {}) => infoOf(core, checkedKey(original), options),
  warm: async (original, options) => core.warm(checkedKey(original), options),
  purge: async (original, options) => {
    const prefix = prefixIn(original)
    if (prefix === undefined) return core.purge(checkedKey(original), options)
    const deleted = await core.purgePrefix(prefix, options)
    if (deleted === undefined) throw badUrl("This store cannot list its renditions.", "Purge originals one by one.")
    return deleted
  },
  list: (prefix = "", options = {}) => originals.list(prefix, options),
  counts: () => ({ ...counts }),
})
