/** Responsible for the formats of originals and renditions: their names and media types, and which format a rendition gets. */

/** Formats of renditions, best compression first. */
export const FORMATS = ["avif", "webp", "jpeg", "png", "gif"] as const
/** See {@link FORMATS}. */
export type Format = (typeof FORMATS)[number]

/** Explicit formats when none are configured, in order of preference. Servers and pages must use the same default. */
export const DEFAULT_FORMATS = ["avif", "webp"] as const

/** Formats with a quality setting. */
export const LOSSY_FORMATS = ["jpeg", "webp", "avif"] as const
/** See {@link LOSSY_FORMATS}. */
export type LossyFormat = (typeof LOSSY_FORMATS)[number]

/** 1 to 100, for each lossy format. */
export type Quality = Readonly<Record<LossyFormat, number>>
/** One number for all lossy formats, or a number for some of them. */
export type QualityInput = number | { readonly [format in LossyFormat]?: number | undefined }

/** The media type of each format. */
export const CONTENT_TYPES: Readonly<Record<Format, `image/${Format}`>> = {
  avif: "image/avif",
  webp: "image/webp",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
}

/** The format with a media type; undefined for `application/json` and for types that imgtailor does not write. */
export const formatOfType = (contentType: string): Format | undefined =>
  FORMATS.find((format) => CONTENT_TYPES[format] === contentType)

/** File extensions of images, a group for each of {@link NAMED_FORMATS}. They only suggest a format; the bytes decide. */
const IMAGE_NAME = /.\.(?:(jpe?g|jpe|jfif)|(a?png)|(webp)|(avif)|(gif)|(tiff?|mpo|hei[cf]|jxl|bmp|svg))$/i
const NAMED_FORMATS = ["jpeg", "png", "webp", "avif", "gif", "other"] as const

/** Whether a file has the extension of an image. */
export const hasImageExtension = (file: string): boolean => IMAGE_NAME.test(file)

/**
 * The lower-case extension of a file name, without its dot. Empty if there is none, or if the name is only an extension (`.jpg`).
 * Only A to Z are lowered: engines disagree about other letters (`İ`).
 */
export const extensionOf = (file: string): string => {
  const dot = file.lastIndexOf(".")
  return dot > 0 ? file.slice(dot + 1).replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : ""
}

/** The format that a file's extension suggests: "other" for other kinds of image, undefined if it is no image extension. */
export const formatOfName = (file: string): Format | "other" | undefined =>
  NAMED_FORMATS[(IMAGE_NAME.exec(file) ?? []).slice(1).findIndex(Boolean)]

/** True for a file name of an image format that imgtailor always decodes. */
export const isImageName = (file: string): boolean => {
  const format = formatOfName(file)
  return format !== undefined && (format !== "other" || /^tiff?$/.test(extensionOf(file)))
}

/** Kinds of originals that are decoded, by their first bytes. `heif` is AVIF; `heic` and `jxl` need a decoder that is installed besides. */
export const ORIGINAL_KINDS = ["jpeg", "png", "webp", "gif", "tiff", "heif", "heic", "jxl"] as const
/** See {@link ORIGINAL_KINDS}. */
export type OriginalKind = (typeof ORIGINAL_KINDS)[number]

/** Kinds that sharp reads. The others are decoded before, and reach it as TIFF. */
export type Container = Exclude<OriginalKind, "heic" | "jxl">

/** The properties of an original that decide the format of its renditions, read from its header. */
export interface OriginalTraits {
  /** "other" for a format that browsers do not show (TIFF). */
  readonly format: Format | "other"
  readonly hasAlpha: boolean
  /** True if there are several frames, within the limit on animations. */
  readonly animated: boolean
}

/**
 * The format of a rendition. AVIF of an animation is an animated WebP: browsers with AVIF also have WebP, and a still would freeze it.
 * @param requested the explicit format of the URL; undefined for a base URL
 * @example
 * outputFormat(undefined, { format: "other", hasAlpha: true, animated: false }) // { format: "png", animated: false }
 */
export const outputFormat = (
  requested: Format | undefined,
  original: OriginalTraits,
): { readonly format: Format; readonly animated: boolean } => {
  const still = original.hasAlpha ? "png" : "jpeg"
  const wanted = requested ?? (original.format === "other" ? still : original.format)
  if (!original.animated) return { format: wanted, animated: false }
  if (wanted === "avif") return { format: "webp", animated: true }
  return { format: wanted, animated: wanted === "webp" || wanted === "gif" }
}
