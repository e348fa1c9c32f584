/** Responsible for how the samples of an original are coded, from its header and the metadata of the image library. Pure. */
import type { Metadata } from "sharp"

import type { ColourPlan } from "./colour/original-colours.ts"
import type { Header } from "./header/header.ts"
import type { JpegHeader } from "./header/jpeg.ts"
import type { Inspected } from "./inspected.ts"

const BYTES_PER_SAMPLE: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2 }

type Coding = Pick<
  Inspected,
  "isLossless" | "hasFullChroma" | "samplesPerPixel" | "isProgressive" | "channels" | "bytesPerSample"
>

/** Samples of each component for a pixel. */
const sharesOf = ({ components }: JpegHeader): readonly number[] => {
  const width = Math.max(1, ...components.map(({ horizontal }) => horizontal))
  const height = Math.max(1, ...components.map(({ vertical }) => vertical))
  return components.map(({ horizontal, vertical }) => (horizontal * vertical) / (width * height))
}

const chromaOf = (header: Header): Pick<Inspected, "isLossless" | "hasFullChroma"> => {
  switch (header.kind) {
    case "jpeg":
      return {
        isLossless: false,
        hasFullChroma: header.components.length > 2 && sharesOf(header).every((share) => share === 1),
      }
    case "webp": {
      const isLossless = header.losslessPicture !== undefined
      return { isLossless, hasFullChroma: isLossless }
    }
    case "heif":
      return { isLossless: false, hasFullChroma: header.sequence?.isFullChroma ?? false }
    case "png":
    case "gif":
    case "tiff":
      return { isLossless: true, hasFullChroma: true }
  }
}

/** How the samples of an original are coded. */
export const codingOf = (header: Header, { channels, depth, isProgressive }: Metadata): Coding => ({
  ...chromaOf(header),
  channels,
  bytesPerSample: BYTES_PER_SAMPLE[depth] ?? 4,
  isProgressive,
  samplesPerPixel: header.kind === "jpeg" ? sharesOf(header).reduce((sum, share) => sum + share, 0) : channels,
})

/** One channel of colour. */
export const isGreySpace = ({ space }: Metadata): boolean => space === "b-w" || space === "grey16"

/**
 * 16 bits with a profile would come out as P3, grey with alpha would be flattened onto one channel of the background. 16 bits of ink would
 * have a lighter black than those of 8 bits.
 */
export const needsSrgbFirst = (metadata: Metadata, plan: ColourPlan): boolean => {
  if (plan.kind === "converted") return false
  if (plan.kind === "profile" && plan.isForRgb && isGreySpace(metadata)) return true
  const { space, depth, hasAlpha, hasProfile } = metadata
  return (depth === "ushort" && space !== "cmyk") || (space === "b-w" && hasAlpha && !hasProfile)
}

/** Entries of a palette or greys, 2 to 256; undefined where there may be more colours. */
export const coloursOf = ({ space, isPalette, depth, bitsPerSample = 8 }: Metadata): number | undefined =>
  isPalette || (space === "b-w" && depth === "uchar") ? Math.max(2, Math.min(256, 2 ** bitsPerSample)) : undefined

/**
 * Whether pixels of 8 bits get 16 before they are resized. The resizer multiplies translucent colours by alpha, rounds, and divides; those
 * that are converted afterwards would be wrong by up to 15 levels, as a level of dark linear light is as many of sRGB.
 */
export const needsDepth = ({ depth, hasAlpha }: Metadata, plan: ColourPlan): boolean =>
  plan.kind === "converted" && depth === "uchar" && hasAlpha

/** The largest value of a sample. Decoders shift fewer than 16 bits up. */
export const whiteOf = (header: Header, { depth }: Metadata): number => {
  if (depth !== "ushort") return 255
  const bits = header.kind === "heif" ? (header.sequence?.depth ?? 16) : 16
  return bits === 8 ? 65_535 : (2 ** bits - 1) * 2 ** (16 - bits)
}
