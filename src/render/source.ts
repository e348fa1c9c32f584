/** Responsible for opening an original, or its pixels, with the image library. */
import type { Sharp, SharpOptions } from "sharp"

import { loadSharp } from "./sharp.ts"

/** Bytes for the image library, and how to read them. */
export interface Source {
  /** The original's own bytes, a corrected copy, or a file around its pixels. */
  readonly bytes: Uint8Array
  /** The page, or first frame, to decode. @default the library's own choice */
  readonly page: number | undefined
  /** How long each frame is shown, in milliseconds, where the library would tell it wrongly. */
  readonly delays: readonly number[] | undefined
  /** The embedded profile is not applied: it is sRGB, or does not fit, or the pixels are converted later. */
  readonly ignoresProfile: boolean
  /** Warnings are errors: a JPEG without its end is reported as one. */
  readonly failsOnWarnings: boolean
  /** Collects warnings of the decoder: it tells of pixels that are missing at the very end in no other way. */
  readonly warnings?: string[]
  /** A decoder failed, and the bytes were corrected then. */
  readonly isRepaired?: boolean
}

/** Options of the library for a source. */
const optionsOf = ({ page, ignoresProfile, failsOnWarnings }: Source): SharpOptions => ({
  failOn: failsOnWarnings ? "warning" : "error",
  limitInputPixels: false,
  ...(page !== undefined && { page }),
  ...(ignoresProfile && { ignoreIcc: true }),
})

/** @param isAnimated all frames from the first one are decoded, rather than one page */
export const openImage = async (source: Source, isAnimated = false): Promise<Sharp> => {
  const makeImage = await loadSharp()
  const image = makeImage(source.bytes, { ...optionsOf(source), pages: isAnimated ? -1 : 1 })
  if (source.warnings) image.on("warning", (warning: string) => source.warnings?.push(warning))
  return image
}
