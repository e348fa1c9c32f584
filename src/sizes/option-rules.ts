/** Responsible for the options of a size that do not go together: each rule says why, and what would be right. */
import { LOSSY_FORMATS } from "./format.ts"
import { toPixels } from "./option-values.ts"
import type { NamedSizeInput } from "./size-input.ts"
import { BACKGROUNDS, type CropGravity, type SizeOptions, STRATEGIES } from "./size-option-types.ts"
import { type OptionProblem, toSizeOptions } from "./size-options.ts"
import { type Box, formatSize } from "./size.ts"

/** A size whose options are valid each by itself. */
export interface OptionedSize extends SizeOptions, Box {
  readonly gravity: CropGravity
}

type Rule = (size: OptionedSize) => readonly [option: keyof OptionedSize, message: string] | undefined

const isStrategy = (gravity: CropGravity): boolean => STRATEGIES.some((strategy) => strategy === gravity)
const isBox = ({ width, height }: Box): boolean => width !== undefined && height !== undefined
const isContained = ({ fit }: OptionedSize): boolean => fit === "contain"

const RULES: readonly Rule[] = [
  (size) =>
    size.fit && !isBox(size)
      ? [
          "fit",
          `Expected a box like 600x600 with fit "${size.fit}", got ${formatSize(size)}: it shows the whole picture anyway.`,
        ]
      : undefined,
  (size) =>
    isStrategy(size.gravity) && (!isBox(size) || size.fit)
      ? ["gravity", `Expected gravity "${size.gravity}" with a crop: a box like 360x270 with fit "cover".`]
      : undefined,
  ({ background, ...size }) =>
    BACKGROUNDS.some((word) => word === background) && !isContained(size)
      ? ["background", `Expected a colour like #ffffff, got "${background}": it needs fit "contain".`]
      : undefined,
  ({ background, format }) =>
    background === "transparent" && format === "jpeg"
      ? ["background", 'Expected a colour like #ffffff, got "transparent": JPEG has no transparency.']
      : undefined,
  (size) =>
    size.padding !== undefined && !isContained(size)
      ? ["padding", 'Expected padding with fit "contain": a cropped picture fills its box.']
      : undefined,
  ({ padding = 0, width = 0, height = 0 }) => {
    const shorter = Math.min(width, height)
    return padding && 2 * toPixels(padding, shorter) >= shorter
      ? ["padding", `Expected less than half of the shorter side (${shorter} pixels), got ${JSON.stringify(padding)}.`]
      : undefined
  },
  ({ format, formats }) =>
    format && formats
      ? ["formats", `Expected format or formats, got both: with format, only ${format} exists.`]
      : undefined,
  ({ minQuality, maxBytes }) =>
    minQuality !== undefined && maxBytes === undefined
      ? ["minQuality", "Expected maxBytes beside minQuality: without a limit in bytes, quality is not lowered."]
      : undefined,
]

/** The first rule that a size breaks. */
export const problemInCombination = (size: OptionedSize): OptionProblem | undefined => {
  for (const rule of RULES) {
    const broken = rule(size)
    if (broken) return { path: [broken[0]], message: broken[1] }
  }
  return undefined
}

const hasQuality = (quality: NamedSizeInput["quality"]): boolean =>
  typeof quality === "number" || LOSSY_FORMATS.some((format) => quality?.[format] !== undefined)

/**
 * The options for which a size needs a name, since its text does not describe them. Aliases need none: they change nothing at the URLs
 * of the size itself.
 */
export const optionsOf = ({
  gravity = "center",
  quality,
  cacheControl,
  ...options
}: NamedSizeInput): readonly string[] => [
  ...(gravity === "center" ? [] : ["gravity"]),
  ...(hasQuality(quality) ? ["quality"] : []),
  ...(cacheControl === undefined ? [] : ["cacheControl"]),
  ...Object.keys(toSizeOptions(options)),
]
