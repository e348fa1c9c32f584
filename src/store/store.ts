/**
 * The two things the rest of imgtailor knows about where objects live.
 *
 * What every store must guarantee:
 * - Absent is `undefined`, never an exception. What is outside the root, a directory, a device or unreadable is absent too.
 * - Every other failure throws `store-unavailable` or `store-denied`.
 * - Whole or absent: a reader never sees part of an object, whatever was killed while writing it. The last writer wins.
 * - Keys are compared letter by letter, and `/` separates segments; no key reaches outside the root.
 * - Originals have no write methods at all: no code path can change one.
 */

import type { OriginalKind } from "../sizes/format.ts"

/** What a store can hold, in UTF-8 bytes. */
export interface KeyLimits {
  readonly segment: number
  readonly key: number
}

/** Of any call. Its signal is made when it is first asked for: pass it on by its name, since a spread (`{ ...options }`) does not copy it. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Of reading. */
export interface GetOptions extends CallOptions {
  /** Refuse a larger object without reading it. @throws {original-too-large} */
  readonly maxBytes?: number
}

/** Of a look at an original. */
export interface HeadOptions extends CallOptions {
  /** Ask for what is true now, where a store would else say what it knew some seconds ago. */
  readonly fresh?: boolean | undefined
}

/** Options for listing keys. */
export interface ListOptions extends CallOptions {
  /** List only keys that come after this one: the last key of a list that was interrupted. */
  readonly after?: string | undefined
}

/** An original, unread. */
export interface OriginalStat {
  /** Changes whenever the bytes do: an ETag, or times and length. */
  readonly version: string
  readonly byteLength: number
  /**
   * False when the original was changed so lately that another change could leave its version as it is (one tick of a clock).
   * Equal versions then do not prove equal bytes.
   */
  readonly isStable: boolean
}

/** An original, read whole: the stat is that of exactly these bytes. */
export interface OriginalObject {
  readonly stat: OriginalStat
  readonly bytes: Uint8Array
}

/** Where originals are: read only. */
export interface Originals {
  /** "folder", "memory": for messages. */
  readonly name: string
  head(key: string, options?: HeadOptions): Promise<OriginalStat | undefined>
  get(key: string, options?: GetOptions): Promise<OriginalObject | undefined>
  /**
   * Every key that starts with a prefix, ordered by UTF-8 bytes.
   * @throws {store-unavailable} {store-denied} if the store as a whole cannot be listed
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<string>
}

/** What is recorded of a rendition when it is stored. */
export interface RenditionMeta {
  /** Key of the original that it was made from. */
  readonly original: string
  /** That original's version. */
  readonly version: string
  /** That original's format, found by its bytes. Undefined if unknown: for foreign objects, and for records without it. */
  readonly kind: OriginalKind | undefined
  /**
   * SHA-256 of the original's bytes, hexadecimal, where that original was not settled when it was read: the version alone does not
   * prove then that it still has those bytes. Absent where it was settled.
   */
  readonly digest?: string
  readonly recipeId: string
  /** Quoted and strong, as in HTTP. */
  readonly etag: string
  readonly contentType: string
  /** When it was made, milliseconds since 1970; whole seconds. */
  readonly modifiedMs: number
  /**
   * True for an object that was stored without a record, by something else than imgtailor: what it was made from is not known
   * (`original`, `version` and `recipeId` are empty), so it is answered until it is purged. A store that cannot tell such an object from
   * a damaged one leaves it out.
   */
  readonly isForeign?: boolean
}

/** Options for writing a rendition. */
export interface PutOptions extends CallOptions {
  /** `Cache-Control` for a store that serves its objects itself. Other stores ignore it. */
  readonly cacheControl?: string | undefined
}

/** What a store has to say of a rendition that it has just stored. */
export interface PutResult {
  /** The ETag that the store itself gives to those who ask it directly, where that is another than the record's. */
  readonly etag: string
}

/** A range of bytes, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The bytes of something too large to be held: either streamed once or closed. */
export interface OpenBody {
  readonly stream: (range?: ByteRange) => AsyncIterable<Uint8Array>
  readonly close: () => Promise<void>
}

/** A stored rendition, opened. */
export interface RenditionObject {
  readonly meta: RenditionMeta
  readonly byteLength: number
  readonly body: Uint8Array | OpenBody
}

/** Where renditions are kept. */
export interface Renditions {
  readonly name: string
  readonly keyLimits: KeyLimits
  head(key: string, options?: CallOptions): Promise<RenditionMeta | undefined>
  get(key: string, options?: CallOptions): Promise<RenditionObject | undefined>
  put(key: string, bytes: Uint8Array, meta: RenditionMeta, options?: PutOptions): Promise<PutResult | undefined | void>
  /** @returns how many of them were there; absent keys are fine */
  delete(keys: readonly string[], options?: CallOptions): Promise<number>
  /** Every stored key that starts with a prefix, in no order. Absent where a store cannot list. */
  list?(prefix: string, options?: CallOptions): AsyncIterable<string>
  /** Removes what killed writers left behind. Absent where they leave nothing. */
  tidy?(): Promise<void>
}

/** A segment that is empty or climbs, a backslash, or a NUL: what a key of ours never has. */
const UNSAFE = /(?:^|\/)(?:\.{0,2})(?:\/|$)|[\\\0]/

/** False for a text that is no key of ours: it might name a directory, or something outside the root. */
export const isSafeKey = (key: string): boolean => !UNSAFE.test(key)

/** Whether a body has to be streamed or closed. */
export const isOpenBody = (body: Uint8Array | OpenBody): body is OpenBody => !(body instanceof Uint8Array)

/** Releases what an object that will not be sent holds open. */
export const closeBody = async (object: RenditionObject | undefined): Promise<void> => {
  if (object && isOpenBody(object.body)) await object.body.close()
}

/** The bytes of an object, read whole. */
export const readBody = async ({ body }: RenditionObject): Promise<Uint8Array> => {
  if (!isOpenBody(body)) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body.stream()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
