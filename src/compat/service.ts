/** Responsible for the types between the services and the rest of imgtailor: a URL, and the image that it requests. */
import type { Refusal } from "../sizes/decode-path.ts"
import type { Format } from "../sizes/format.ts"
import type { CropGravity, SizeOptions } from "../sizes/size-option-types.ts"

/** A URL, not decoded. */
export interface ServiceUrl {
  /** Raw path without the base path. Starts with a slash. */
  readonly path: string
  /** Raw query without the question mark. Empty for none. */
  readonly query: string
  /** Lower case. Known only for absolute URLs, such as those in a sitemap. */
  readonly host?: string | undefined
}

/** The options of a size that change the picture. */
export type Look = Omit<SizeOptions, "format" | "formats" | "maxBytes" | "minQuality">

/** The request of one option of a URL. Empty for an option without consequences, such as a quality. */
export interface Part {
  /** In CSS pixels; NaN for a value that is not a number above 0. */
  readonly width?: number | undefined
  /** See `width`. */
  readonly height?: number | undefined
  /** Device pixels for each CSS pixel. @default 1 */
  readonly dpr?: number | undefined
  /** Width divided by height: gives the side that is absent. */
  readonly ratio?: number | undefined
  readonly gravity?: CropGravity | undefined
  readonly format?: Format | undefined
  readonly look?: Look | undefined
  /** Colour behind transparent pixels. */
  readonly background?: `#${string}` | undefined
  /** Name or alias of a listed size, for a preset of the other service. */
  readonly name?: string | undefined
}

/** The image that a URL of another service requests. */
export interface RequestedImage extends Omit<Part, "ratio"> {
  /** URL, or URL path, of the original. Percent-encoded. */
  readonly source: string
  /** The first segment of `source` can be a host name without a scheme. @default false */
  readonly canBeginWithHost?: boolean
  readonly look: Look
  /** Options that no size can have, as written in the URL. */
  readonly unsupported: readonly string[]
}

/** A service. Pure. */
export interface Service {
  /**
   * The image that a URL requests, or why it cannot be understood. Undefined for a URL that the service does not have.
   * @param key of the signatures, as in `compatKeys`
   */
  readonly parse: (url: ServiceUrl, key?: string) => RequestedImage | Refusal | undefined
}
