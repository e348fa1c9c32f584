/**
 * Responsible for corrections of an original's bytes before the image library reads them, and for refusing by name what it
 * cannot read.
 *
 * Invariants:
 * - Pure functions from a parsed header to edits of a copy. Nearly all files need none and stay unchanged.
 */
import { corruptOriginal, unsupportedOriginal } from "../../errors.ts"
import type { Header } from "../header/header.ts"
import type { PngHeader } from "../header/png.ts"
import { hasAllParts } from "../header/tiff-parts.ts"
import type { TiffHeader } from "../header/tiff.ts"
import type { Preparation } from "../prepare.ts"
import { applyEdits, type Edit } from "./edit.ts"
import { correctGif } from "./gif.ts"
import { asStill, hideOtherColours, isPremultiplied, keepCellsUpright } from "./heif.ts"
import { keepFirstProfile, removeReserved } from "./jpeg.ts"
import { isWithin, PNG_RULES } from "./png.ts"
import { cameraRawOf, refuseTiffCoding } from "./tiff-codings.ts"
import { asDefaults, asOnePlane, hasFalseAlpha, keepSamples, misreadTiff, tiffPage, tiffSamples } from "./tiff.ts"
import { WEBP_RULES } from "./webp.ts"

/** An original as the image library should read it. */
export interface Normalised {
  /** The same bytes where nothing was corrected. */
  readonly bytes: Uint8Array
  /** The page, or first frame, to decode. @default the library's own choice */
  readonly page: number | undefined
  /** Corrections of the decoded pixels. */
  readonly preparation: Preparation | undefined
  /** The decoder reports missing pixels as warnings only: those of a JPEG, and of tiles in a TIFF. */
  readonly failsOnWarnings: boolean
}

const edited = (bytes: Uint8Array, edits: readonly Edit[]): Normalised => ({
  bytes: applyEdits(bytes, edits),
  page: undefined,
  preparation: undefined,
  failsOnWarnings: false,
})

const placeFrame = (header: PngHeader): Preparation | undefined => {
  const { hiddenFirstFrame: frame, width, height } = header
  if (!frame || !isWithin(frame, header) || (frame.width === width && frame.height === height)) return undefined
  return { kind: "frame", frame, width, height }
}

const normaliseTiff = (bytes: Uint8Array, header: TiffHeader): Normalised => {
  const raw = cameraRawOf(bytes, header)
  if (raw) throw unsupportedOriginal(`camera raw (${raw})`, DEVELOP)
  const number = tiffPage(bytes, header)
  const page = header.pages[number]
  if (!page) return edited(bytes, [])
  const samples = tiffSamples(bytes, header, page)
  refuseTiffCoding(samples)
  if (!hasAllParts(bytes, header, page)) throw corruptOriginal("a strip or tile has no place in the file")
  const misread = misreadTiff(bytes, header, page, samples)
  const edits = [
    ...asDefaults(bytes, header, page),
    ...asOnePlane(header, page, samples),
    ...(misread ? keepSamples(bytes, header, page, samples) : []),
  ]
  const preparation = misread ?? (hasFalseAlpha(samples) ? { kind: "opaque" as const } : undefined)
  return {
    bytes: applyEdits(bytes, edits),
    page: number > 0 ? number : undefined,
    preparation,
    failsOnWarnings: samples.isTiled,
  }
}

/** What to do about camera raw. */
export const DEVELOP = "Export it from the camera's or a photo program as JPEG and upload that."

/**
 * Corrects an original.
 * @throws {unsupported-original} camera raw, or a coding that is not decoded
 * @throws {corrupt-original} a part of the pixels has no place in the file
 * @throws {original-too-large} the canvas of a GIF
 */
export const normalise = (bytes: Uint8Array, header: Header): Normalised => {
  switch (header.kind) {
    case "png": {
      const edits = PNG_RULES.flatMap((rule) => rule(bytes, header))
      return { ...edited(bytes, edits), preparation: placeFrame(header) }
    }
    case "webp":
      return edited(
        bytes,
        WEBP_RULES.flatMap((rule) => rule(bytes, header)),
      )
    case "gif": {
      const { edits, hasBlankFrame } = correctGif(bytes, header)
      return { ...edited(bytes, edits), page: hasBlankFrame ? 1 : undefined }
    }
    case "heif":
      return {
        ...edited(bytes, [...asStill(header), ...hideOtherColours(bytes, header), ...keepCellsUpright(header)]),
        preparation: isPremultiplied(header) ? { kind: "premultiplied" } : undefined,
      }
    case "tiff":
      return normaliseTiff(bytes, header)
    case "jpeg":
      return {
        ...edited(bytes, [...keepFirstProfile(bytes, header), ...removeReserved(bytes)]),
        failsOnWarnings: true,
      }
  }
}
