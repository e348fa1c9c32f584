/** Responsible for decoding an original once for several renditions. can-share.ts has the originals for which this changes no byte. */
import { openImage, type Source } from "./source.ts"

/**
 * Decodes the first picture to 8-bit RGB: to sRGB, unless its pixels are converted afterwards.
 * @returns a source of an uncompressed TIFF
 */
export const decodeWhole = async (source: Source): Promise<Source> => {
  const image = await openImage(source)
  const bytes = await image.toColourspace("srgb").tiff({ compression: "none" }).toBuffer()
  return { ...source, bytes, page: undefined, failsOnWarnings: false }
}
