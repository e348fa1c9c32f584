/**
 * Responsible for the size list: all sizes that may ever be made. A list is validated as a whole, so that all mistakes are reported at
 * once.
 *
 * Invariants:
 * - A list is not empty, and the names of its sizes are unique.
 * - `parseSizeList` and `toSizeInput` are inverses.
 */
import { LOSSY_FORMATS, type LossyFormat, type Quality, type QualityInput } from "./format.ts"
import { type NamedSizeInput, type Problem, type Shape, type Size, type SizeInput, toNamed } from "./size-input.ts"
import { INFO } from "./size-names.ts"
import { toSizeOptions } from "./size-options.ts"
import { problemIn } from "./size-problems.ts"
import { type Box, formatSize, guessSize, MAX_SIDE, parseSize } from "./size.ts"

export type { NamedSizeInput, Problem, Shape, Size, SizeInput } from "./size-input.ts"
export { INFO, isSizeName, isSizeSegment } from "./size-names.ts"
export { isCacheControl } from "./size-problems.ts"

/** In the order in which they were listed; never empty. */
export type SizeList = readonly [Size, ...Size[]]

const qualityOf = (input: QualityInput | undefined): Partial<Quality> => {
  const given = (format: LossyFormat): number | undefined => (typeof input === "number" ? input : input?.[format])
  return Object.fromEntries(
    LOSSY_FORMATS.filter((format) => given(format) !== undefined).map((format) => [format, given(format)]),
  )
}

/** The shape of an entry; undefined if its size is invalid. Nothing else is validated. */
export const toShape = (input: SizeInput): Shape | undefined => {
  const { size, name = size, gravity = "center", ...options } = toNamed(input)
  const box = parseSize(size)
  return box && { ...box, name, gravity, ...options }
}

/** The shapes of a list. Invalid entries are left out. */
export const shapesOf = (list: readonly SizeInput[]): readonly Shape[] => list.flatMap((size) => toShape(size) ?? [])

/** An entry without mistakes. */
const toSize = (input: SizeInput, box: Box): Size => {
  const { size, name = size, gravity = "center", quality, cacheControl, aliases = [], ...options } = toNamed(input)
  return {
    ...box,
    name,
    gravity,
    quality: qualityOf(quality),
    ...(cacheControl !== undefined && { cacheControl }),
    ...(aliases.length > 0 && { aliases }),
    ...toSizeOptions(options),
  }
}

/** Names that are used twice, by sizes or aliases. */
const repeatedNames = (entries: readonly (readonly [at: number, size: Size])[]): readonly Problem[] => {
  const problems: Problem[] = []
  const taken = new Set<string>()
  for (const [at, { name }] of entries) {
    if (taken.has(name)) problems.push({ path: [at], message: `Expected every size once, got ${name} twice.` })
    taken.add(name)
  }
  for (const [at, { aliases = [] }] of entries) {
    for (const alias of aliases) {
      const message = `Expected aliases that are not sizes or other aliases, got ${alias} twice.`
      if (taken.has(alias)) problems.push({ path: [at, "aliases"], message })
      taken.add(alias)
    }
  }
  return problems
}

/**
 * Validates a list.
 * @returns the list, or all mistakes in it
 * @example
 * parseSizeList(["320w", { size: "360x270", name: "card", gravity: "north" }]) // { list: [{ width: 320, name: "320w", … }, …] }
 * parseSizeList(["320W"]) // { problems: [{ path: [0], message: "Expected a size like …. Did you mean 320w?" }] }
 */
export const parseSizeList = (inputs: readonly SizeInput[]): { list: SizeList } | { problems: readonly Problem[] } => {
  const entries: (readonly [number, Size])[] = []
  const problems: Problem[] = []
  for (const [at, input] of inputs.entries()) {
    const problem = problemIn(input, at)
    const box = parseSize(toNamed(input).size)
    if (problem) problems.push(problem)
    else if (box) entries.push([at, toSize(input, box)])
  }
  problems.push(...repeatedNames(entries))
  const [first, ...rest] = entries.map(([, size]) => size)
  if (!first && !problems.length) problems.push({ path: [], message: "Expected at least one size, got an empty list." })
  return first && !problems.length ? { list: [first, ...rest] } : { problems }
}

/** The canonical entry of a size: a text if it has no other options. The inverse of {@link parseSizeList} for one size. */
export const toSizeInput = ({ name, gravity, quality, cacheControl, width, height, ...options }: Size): SizeInput => {
  const size = formatSize({ ...(width !== undefined && { width }), ...(height !== undefined && { height }) })
  const more = {
    ...(name !== size && { name }),
    ...(gravity !== "center" && { gravity }),
    ...(Object.keys(quality).length > 0 && { quality }),
    ...(cacheControl !== undefined && { cacheControl }),
    ...options,
  }
  return Object.keys(more).length > 0 ? { size, ...more } : size
}

/** The `Cache-Control` of a rendition: that of its size, or else the fallback. `info` always has the fallback. */
export const cacheControlOf = (size: Size | typeof INFO, fallback: string): string =>
  size === INFO ? fallback : (size.cacheControl ?? fallback)

/** The sides of sizes in pixels, in the order of their list; 0 for a side that a size does not have. */
export interface Sides {
  readonly widths: readonly number[]
  readonly heights: readonly number[]
}

type AnySize = Box & { readonly [name in keyof (Shape & NamedSizeInput)]?: (Shape & NamedSizeInput)[name] | undefined }

/** Members of a size that do not change its picture, and its box and gravity, which are compared by themselves. */
const NO_LOOK = /^(?:width|height|name|gravity|aliases|quality|cacheControl|maxBytes|minQuality)$/

/**
 * All options of a size that change its picture, besides box and gravity, as a text: sizes with equal texts show the same picture. Empty for a size
 * without options.
 */
export const lookOf = (size: AnySize): string =>
  Object.entries(size)
    .filter(([name, value]: [string, unknown]) => value && value !== "cover" && !NO_LOOK.test(name))
    .map((entry) => JSON.stringify(entry))
    .sort()
    .join()

/** The size with a name or alias. */
export const sizeNamed = <T extends Shape>(name: string, list: readonly T[]): T | undefined =>
  list.find((size) => size.name === name || size.aliases?.includes(name))

/** The sides of a list of sizes. A size with options counts as one without sides: it is found only by its name. */
export const sidesOf = (list: readonly AnySize[]): Sides => {
  const plain = list.map((size): Box => (lookOf(size) ? {} : size))
  return { widths: plain.map(({ width = 0 }) => width), heights: plain.map(({ height = 0 }) => height) }
}

/** How far two sides are apart, as a factor; an absent side counts as less than any. */
const factor = (side: number, other: number): number => (side > other ? side / other : other / side)

const NONE = 1 / MAX_SIDE

/** How far two boxes are apart. Another shape (crop, by width, by height) is farther than any size of the same. */
const distance = (box: Box, other: { readonly [side in keyof Box]?: number | undefined }): number =>
  // Without defaults of parameters, whose code is too long for the edge function of a CDN.
  factor(box.width || NONE, other.width || NONE) * factor(box.height || NONE, other.height || NONE)

/** The index of the size nearest to a box; -1 for an empty list. A loop over numbers, since it runs in the edge function of a CDN. */
export const nearestIndex = (box: Box, { widths, heights }: Sides): number => {
  let nearest = -1
  let least = Infinity
  for (let index = 0; index < widths.length; index++) {
    const far = distance(box, { width: widths[index], height: heights[index] })
    if (far >= least) continue
    nearest = index
    least = far
  }
  return nearest
}

/** The size nearest to a box, as {@link nearestIndex}, in less code. The list must not be empty. */
export const nearestTo = <T extends Box>(box: Box, list: readonly T[]): T => {
  const distances = list.map((size) => distance(box, lookOf(size) ? {} : size))
  return list[distances.indexOf(Math.min(...distances))] as T
}

/** The box that a text describes, or probably means. For hints in error messages. */
export const readBox = (text: string): Box | undefined => parseSize(text) ?? guessSize(text)

/**
 * The listed size nearest to a text; undefined if the text does not look like a size. For hints in error messages.
 * @example
 * nearestSize("300×300", list)?.name // "360x270"
 */
export const nearestSize = (text: string, list: SizeList): Size | undefined => {
  const box = readBox(text)
  return box && nearestTo(box, list)
}
