/** The formats that renditions have, and which of them a rendition of a given original gets. */

/** What a rendition may be, best compression first. */
export const FORMATS = ["avif", "webp", "jpeg", "png", "gif"] as const
/** See {@link FORMATS}. */
export type Format = (typeof FORMATS)[number]

/** Explicit formats where nothing is said, in order of preference: servers and pages have to agree. */
export const DEFAULT_FORMATS = ["avif", "webp"] as const

/** Formats with a quality setting. */
export const LOSSY_FORMATS = ["jpeg", "webp", "avif"] as const
/** See {@link LOSSY_FORMATS}. */
export type LossyFormat = (typeof LOSSY_FORMATS)[number]

/** 1 to 100, per lossy format. */
export type Quality = Readonly<Record<LossyFormat, number>>
/** One number for every lossy format, or a number for some of them. */
export type QualityInput = number | { readonly [format in LossyFormat]?: number | undefined }

/** The media type of each format. */
export const CONTENT_TYPES: Readonly<Record<Format, `image/${Format}`>> = {
  avif: "image/avif",
  webp: "image/webp",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
}

/** The format of a content type of ours; undefined for `application/json` and anything foreign. */
export const formatOfType = (contentType: string): Format | undefined =>
  FORMATS.find((format) => CONTENT_TYPES[format] === contentType)

/** Names by which images are known, in any case; what the bytes say decides all the same. */
const IMAGE_NAMES: Readonly<Record<Format | "other", RegExp>> = {
  jpeg: /.\.(?:jpe?g|jpe|jfif)$/i,
  png: /.\.a?png$/i,
  webp: /.\.webp$/i,
  avif: /.\.avif$/i,
  gif: /.\.gif$/i,
  other: /.\.(?:tiff?|mpo|hei[cf]|jxl|bmp|svg)$/i,
}

/**
 * The lower-case extension of a file name without its dot; empty for none, and for a name that is all extension (`.jpg`). Only A to Z have
 * a lower case here: engines do not agree on the rest (`İ`).
 */
export const extensionOf = (file: string): string => {
  const dot = file.lastIndexOf(".")
  return dot > 0 ? file.slice(dot + 1).replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : ""
}

/** What a file's extension says it is: a format, another kind of image, or undefined for no image extension. */
export const formatOfName = (file: string): Format | "other" | undefined =>
  (Object.keys(IMAGE_NAMES) as (Format | "other")[]).find((format) => IMAGE_NAMES[format].test(file))

/** What decides the format of a rendition, read from the original's header. */
export interface Source {
  /** "other" for what no browser shows (TIFF). */
  readonly format: Format | "other"
  readonly hasAlpha: boolean
  /** True when there is more than one frame, and the frames are few enough to be kept. */
  readonly animated: boolean
}

/**
 * The format that comes out when `asked` (undefined: the base address) is asked of a source.
 * AVIF of an animation is an animated WebP, since every browser with AVIF has WebP and a still would freeze it.
 */
export const outputFormat = (
  asked: Format | undefined,
  source: Source,
): { readonly format: Format; readonly animated: boolean } => {
  const still = source.hasAlpha ? "png" : "jpeg"
  const wanted = asked ?? (source.format === "other" ? still : source.format)
  if (!source.animated) return { format: wanted, animated: false }
  if (wanted === "avif") return { format: "webp", animated: true }
  return { format: wanted, animated: wanted === "webp" || wanted === "gif" }
}
