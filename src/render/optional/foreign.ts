/** Responsible for the types of pictures that the image library may not decode: HEIC and JPEG XL. */

/** Kinds of such originals. */
export type ForeignKind = "heic" | "jxl"

/** The header, read before any pixel is decoded. */
export interface ForeignHeader {
  /** Upright pixels. */
  readonly width: number
  readonly height: number
  /** Alpha may still be opaque everywhere. */
  readonly hasAlpha: boolean
  /** TIFF structure with EXIF. Its orientation has been applied. */
  readonly exif?: Uint8Array | undefined
  readonly xmp?: Uint8Array | undefined
}

/** Pixels, upright, 8 bits, straight alpha, row-major. */
export interface ForeignPixels extends Omit<ForeignHeader, "exif" | "xmp"> {
  readonly data: Uint8Array
  /** ICC profile. Undefined: sRGB, or the colours of `nclx`. */
  readonly profile?: Uint8Array | undefined
  /** Code points of ITU-T H.273. */
  readonly nclx?: { readonly primaries: number; readonly transfer: number } | undefined
}

/** A decoder of one kind. */
export interface ForeignDecoder {
  /** @throws {corrupt-original} the file ends too early @returns undefined for a file without a picture */
  readonly readHeader: (
    bytes: Uint8Array,
    maxPixels: number,
  ) => ForeignHeader | undefined | Promise<ForeignHeader | undefined>
  /** @throws {corrupt-original} @throws {original-too-large} */
  readonly decode: (bytes: Uint8Array, maxPixels: number) => ForeignPixels | Promise<ForeignPixels>
}
