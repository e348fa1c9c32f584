/** Responsible for the shape of an entry in the table of URL schemes (registry.ts). */
import type { KeyLimits, Originals, Renditions } from "./store.ts"

/** Settings of stores besides their location. Each store takes those that concern it. */
export interface OpenOptions {
  readonly s3Endpoint?: string | undefined
  readonly s3Region?: string | undefined
  readonly s3PathStyle?: boolean | undefined
  /** Headers of requests for originals on a server of HTTP. */
  readonly originalsHeaders?: Readonly<Record<string, string>> | undefined
  /** Largest original, in bytes. */
  readonly maxBytes?: number | undefined
  /** Calls of a remote store end before this time, in milliseconds, so that its own error is reported before the request's deadline. */
  readonly deadlineMs: number
  /** Receives sentences for the operator. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/** The same for renditions. */
export interface OpenRenditionsOptions extends OpenOptions {
  /** True where the originals are at the same location. */
  readonly isShared: boolean
  /** The default `Cache-Control` of stored objects, for stores that serve their objects themselves. */
  readonly cacheControl?: string | undefined
}

/** Settings that a location may need. */
export type LocationSettings = Pick<OpenOptions, "s3Endpoint" | "s3Region">

/** A kind of store, by the scheme of its URLs. */
export interface Scheme {
  /** Name of its stores, for messages. */
  readonly name: string
  /** The form of its locations, for messages. */
  readonly form: string
  /** The canonical text of a location; undefined for a malformed one. Locations inside it begin with it. */
  readonly normalise: (text: string) => string | undefined
  /** A setting that a location needs and that is missing, as a sentence. */
  readonly missingSetting?: (location: string, settings: LocationSettings) => string | undefined
  /** Imports the store and opens it. Gets a canonical location. */
  readonly openOriginals: (location: string, options: OpenOptions) => Promise<Originals>
  /** Absent for a store that is only read. */
  readonly renditions?: RenditionsScheme
}

/** The part of an entry for stores that can hold renditions. */
export interface RenditionsScheme {
  readonly keyLimits: (location: string) => KeyLimits
  /** Imports the store and opens it. Gets a canonical location. */
  readonly open: (location: string, options: OpenRenditionsOptions) => Promise<Renditions>
}
