/**
 * Responsible for the interfaces of stores: `Originals` and `Renditions`, and what every store guarantees.
 *
 * Invariants of every store:
 * - An object that is absent is `undefined`, never an exception. Outside the root, a folder, a device and a file that may not be read
 *   count as absent.
 * - Any other failure throws `store-unavailable` or `store-denied`.
 * - Whole or absent: no reader sees part of an object, even if its writer is killed. The last writer wins.
 * - Keys are compared byte by byte. `/` separates segments. No key reaches outside the root.
 * - Originals have no methods that write, so no code path can change one.
 */
import type { FocalPoint } from "../sizes/focal-point.ts"
import type { OriginalKind } from "../sizes/format.ts"

/** The longest keys that a store can hold, in UTF-8 bytes. */
export interface KeyLimits {
  readonly segment: number
  readonly key: number
}

/** Options of every call. The signal may be a getter of a prototype, which a spread does not copy: pass it on by name. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Options for reading an object. */
export interface GetOptions extends CallOptions {
  /** Reject a larger object without reading it. @throws {original-too-large} */
  readonly maxBytes?: number
}

/** Options for looking up an original. */
export interface HeadOptions extends CallOptions {
  /**
   * Look the original up now, instead of reusing a lookup of some seconds ago. A store that remembers lookups need not remember this one:
   * a pass over all originals would displace those that are served.
   * @default false
   */
  readonly fresh?: boolean | undefined
}

/** Options for listing keys. */
export interface ListOptions extends CallOptions {
  /** List only keys that come after this one: the last key of a list that was interrupted. */
  readonly after?: string | undefined
  /**
   * Name each folder directly below that of the prefix once, by its key with a slash at its end, instead of the keys in it. A store may
   * ignore this and list all keys.
   * @default false
   */
  readonly isShallow?: boolean | undefined
  /** Receives a sentence about each part that cannot be listed and is skipped. @default the store's own notices */
  readonly onSkip?: ((message: string) => void) | undefined
}

/** Why a store cannot be used. */
export interface StoreProblem {
  /** The problem, its place (path and user, or bucket) and the remedy, in one or two sentences. */
  readonly message: string
  /** True if only the operator can help: a closed folder, a bucket that does not exist, wrong keys. False if it may pass by itself. */
  readonly isPermanent: boolean
}

/** Version and length of an original. */
export interface OriginalStat {
  /** Changes whenever the bytes may have changed: an ETag, or times, length, device and inode of a file. */
  readonly version: string
  /**
   * Equal while the bytes are probably the same, although `version` differs: modification time and length of a file. A comparison of
   * digests decides. Absent where every new version means new bytes.
   */
  readonly weakVersion?: string | undefined
  readonly byteLength: number
  /**
   * False if the original was changed so recently that another change could leave its version unchanged (one tick of the clock).
   * Equal versions do not prove equal bytes then.
   */
  readonly isStable: boolean
  /** When the original was last changed, in milliseconds since 1970, if the store knows it. */
  readonly modifiedMs?: number | undefined
  /** The place that crops with `gravity: "smart"` keep, if the photo has one: from the left and from the top, each 0 to 1. */
  readonly focalPoint?: FocalPoint | undefined
}

/** An original, read whole: the stat is that of exactly these bytes. */
export interface OriginalObject {
  readonly stat: OriginalStat
  readonly bytes: Uint8Array
  /**
   * Gives the memory of the bytes back to a store that uses it for the next original: the bytes may change from now on. Optional for both
   * sides. To be called once at most.
   */
  readonly release?: (() => void) | undefined
}

/** A store of originals, which is only ever read. */
export interface Originals {
  /** The kind of store, for messages: "folder", "s3", "memory". */
  readonly name: string
  /** @throws {store-unavailable} {store-denied} if the store as a whole cannot be used */
  head(key: string, options?: HeadOptions): Promise<OriginalStat | undefined>
  /**
   * Like `head`, in a store that can tell at once: a hit is then sent in the turn of its request. Undefined for an absent original, and
   * wherever `head` has to be called instead. Returns the same object while the original does not change, where that is cheap.
   */
  headSync?(key: string): OriginalStat | undefined
  /** @throws {store-unavailable} {store-denied} if the store as a whole cannot be used */
  get(key: string, options?: GetOptions): Promise<OriginalObject | undefined>
  /**
   * Every key that starts with a prefix, ordered by UTF-8 bytes.
   * @throws {store-unavailable} {store-denied} if the store as a whole cannot be listed
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<string>
  /**
   * True only if the store states that this original was deleted, so that its renditions may be deleted too. False if it exists, and
   * if the store cannot know: `head` also finds nothing where a disk is not mounted, or where a policy forbids reading.
   * A store without this method never knows.
   */
  isGone?(key: string, options?: CallOptions): Promise<boolean>
  /** Looks whether the store can be used, for a server that starts. Undefined if it can. */
  check?(options?: CallOptions): Promise<StoreProblem | undefined>
}

/** The record that is stored with a rendition. */
export interface RenditionMeta {
  /** Key of the original that it was made from. */
  readonly original: string
  /** That original's version. */
  readonly version: string
  /** That original's weak version, if it had one. */
  readonly weakVersion?: string | undefined
  /** False if that original was not stable when it was read: an equal version does not prove equal bytes then. @default true */
  readonly isStable?: boolean | undefined
  /** SHA-256 of that original's bytes, hexadecimal. Undefined if unknown. */
  readonly digest?: string | undefined
  /** That original's format, found by its bytes. Undefined if unknown: for foreign objects, and for records without it. */
  readonly kind: OriginalKind | undefined
  readonly recipeId: string
  /** Quoted and strong, as in HTTP. */
  readonly etag: string
  readonly contentType: string
  /** Time of rendering, in milliseconds since 1970, rounded to seconds. */
  readonly modifiedMs: number
  /**
   * True for an object that another program stored, without a record. Its original is unknown (`original`, `version` and `recipeId` are
   * empty), so it is served until it is purged. A store that cannot tell such an object from a damaged one treats it as absent.
   */
  readonly isForeign?: boolean
}

/** Options for writing a rendition. */
export interface PutOptions extends CallOptions {
  /** `Cache-Control` for a store that serves its objects itself. Other stores ignore it. */
  readonly cacheControl?: string | undefined
}

/** The result of a write. */
export interface PutResult {
  /** The ETag with which the store serves the object itself, if it differs from the given one. The record may have it, too. */
  readonly etag: string
}

/** A range of bytes, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The bytes of an object that is too large for memory. Must be streamed once or closed. */
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

/** A rendition in memory. */
export interface HeldRendition extends RenditionObject {
  readonly body: Uint8Array
}

/** A rendition without its bytes. */
export type RenditionHead = Omit<RenditionObject, "body">

/** A store of renditions. */
export interface Renditions {
  /** The kind of store, for messages: "folder", "s3", "memory". */
  readonly name: string
  readonly keyLimits: KeyLimits
  head(key: string, options?: CallOptions): Promise<RenditionMeta | undefined>
  get(key: string, options?: CallOptions): Promise<RenditionObject | undefined>
  /** Like `get`, for a rendition in memory or in a small local file. Undefined for an absent one, and wherever `get` has to be called instead. */
  getSync?(key: string): HeldRendition | undefined
  /** The same without the bytes, for responses that have none. Absent in a store to which it would make no difference. */
  headSync?(key: string): RenditionHead | undefined
  put(key: string, bytes: Uint8Array, meta: RenditionMeta, options?: PutOptions): Promise<PutResult | undefined | void>
  /**
   * Deletes objects. Absent keys are no error, and a key that cannot be deleted does not keep the others.
   * @returns the number of objects that existed
   * @throws {store-unavailable} {store-denied} the first error, after the other keys
   */
  delete(keys: readonly string[], options?: CallOptions): Promise<number>
  /**
   * Every stored key that starts with a prefix, in any order. Absent in a store that cannot list. A store that lists in the order of
   * UTF-8 bytes may begin after the key in the options.
   */
  list?(prefix: string, options?: ListOptions): AsyncIterable<string>
  /** Removes the temporary files of killed writers. Absent in a store that has none. @throws {store-unavailable} */
  tidy?(): Promise<void>
  /** Looks whether renditions can be stored, for a server that starts. Undefined if they can. */
  check?(options?: CallOptions): Promise<StoreProblem | undefined>
}

/** An empty or dot segment, a backslash or a NUL, which no key contains. */
const UNSAFE = /(?:^|\/)(?:\.{0,2})(?:\/|$)|[\\\0]/

/** False for a text that cannot be a key, because it might name a folder or something outside the root. */
export const isSafeKey = (key: string): boolean => !UNSAFE.test(key)

/** True for a body that must be streamed or closed. */
export const isOpenBody = (body: Uint8Array | OpenBody): body is OpenBody => !(body instanceof Uint8Array)

/** Releases the resources of an object that will not be sent. */
export const closeBody = async (object: RenditionObject | undefined): Promise<void> => {
  if (object && isOpenBody(object.body)) await object.body.close()
}

/** Reads the bytes of an object into memory. */
export const readBody = async ({ body }: RenditionObject): Promise<Uint8Array> => {
  if (!isOpenBody(body)) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body.stream()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
