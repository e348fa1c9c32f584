/**
 * Responsible for the size list: all sizes that may ever be made. A list is validated as a whole, so that all mistakes are reported at
 * once.
 *
 * Invariants:
 * - A list is not empty, and the names of its sizes are unique.
 * - `parseSizeList` and `toSizeInput` are inverses.
 */
import { LOSSY_FORMATS, type LossyFormat, type Quality, type QualityInput } from "./format.ts"
import { type Box, formatSize, GRAVITIES, type Gravity, guessSize, MAX_SIDE, parseSize } from "./size.ts"

/** The part of a size that pages need. `name` is its segment in URLs: its configured name, or else its canonical text. */
export interface Shape extends Box {
  readonly name: string
  readonly gravity: Gravity
}

/** An entry of the list. */
export interface Size extends Shape {
  /** Overrides the configured quality, for each format. */
  readonly quality: Partial<Quality>
  /** `Cache-Control` of its renditions, instead of the configured one. */
  readonly cacheControl?: string
}

/** A size as a configuration lists it. */
export type SizeInput =
  | string
  | {
      /** `360x270`, `1280w` or `480h`. */
      readonly size: string
      /** Replaces the size in URLs: `[a-z][a-z0-9-]{0,31}`, except `info`. */
      readonly name?: string | undefined
      /** The part of the image that a crop keeps. @default "center" */
      readonly gravity?: Gravity | undefined
      /** 1 to 100, for all lossy formats or for each. @default the configured `quality` */
      readonly quality?: QualityInput | undefined
      /** `Cache-Control` of its renditions. @default the configured `cacheControl` */
      readonly cacheControl?: string | undefined
    }

/** In the order in which they were listed; never empty. */
export type SizeList = readonly [Size, ...Size[]]

/** A mistake in a list: its path (`[2, "gravity"]`), and a sentence with the expected and the actual value. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The segment in URLs of descriptions of originals; never the name of a size. */
export const INFO = "info"
const NAME = /^[a-z][a-z0-9-]{0,31}$/

/** True for a valid name of a size. */
export const isSizeName = (text: string): boolean => NAME.test(text) && text !== INFO

/** True for a valid entry of `retired.sizes`: a size, or the name of one. */
export const isSizeSegment = (text: string): boolean => parseSize(text) !== undefined || isSizeName(text)

const qualityOf = (input: QualityInput | undefined): Partial<Quality> => {
  const given = (format: LossyFormat): number | undefined => (typeof input === "number" ? input : input?.[format])
  return Object.fromEntries(
    LOSSY_FORMATS.filter((format) => given(format) !== undefined).map((format) => [format, given(format)]),
  )
}

/** The shape of an entry; undefined if its size is invalid. Its name and gravity are not validated. */
export const toShape = (input: SizeInput): Shape | undefined => {
  const { size, name = size, gravity = "center" } = typeof input === "string" ? ({ size: input } as const) : input
  const box = parseSize(size)
  return box && { ...box, name, gravity }
}

/** Directives separated by commas, as in RFC 9111 §5.2. */
const DIRECTIVES = /^[\w-]+(?:=(?:[\w-]+|"[ !#-[\]-~]*"))?(?: *, *[\w-]+(?:=(?:[\w-]+|"[ !#-[\]-~]*"))?)*$/
const WITHOUT_SECONDS = /(?:^|, *)(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)(?!=\d+ *(?:,|$))/i

/** True for a valid `Cache-Control` header, such as `public, max-age=3600`. */
export const isCacheControl = (text: string): boolean => DIRECTIVES.test(text) && !WITHOUT_SECONDS.test(text)

/** The first mistake in an entry. */
const problemIn = (input: SizeInput, at: number): Problem | undefined => {
  const { size, name, gravity, cacheControl } = typeof input === "string" ? ({ size: input } as const) : input
  if (!parseSize(size)) {
    // A side of 0 does not tell which one was intended.
    const guess = /(?:^|\D)0+(?:\D|$)/.test(size) ? undefined : guessSize(size)
    const message = `Expected a size like 360x270, 1280w or 480h, each side 1 to ${MAX_SIDE}, got ${JSON.stringify(size)}.${guess ? ` Did you mean ${formatSize(guess)}?` : ""}`
    return { path: typeof input === "string" ? [at] : [at, "size"], message }
  }
  if (name !== undefined && !isSizeName(name)) {
    const message = `Expected a name of a to z, 0 to 9 and hyphens, starting with a letter, at most 32 long and not "info", got ${JSON.stringify(name)}.`
    return { path: [at, "name"], message }
  }
  if (gravity !== undefined && !GRAVITIES.includes(gravity)) {
    const message = `Expected one of ${GRAVITIES.join(", ")}, got ${JSON.stringify(gravity)}.`
    return { path: [at, "gravity"], message }
  }
  if (cacheControl === undefined || isCacheControl(cacheControl)) return undefined
  const message = `Expected Cache-Control directives separated by commas, like public, max-age=3600, got ${JSON.stringify(cacheControl)}.`
  return { path: [at, "cacheControl"], message }
}

/**
 * Validates a list.
 * @returns the list, or all mistakes in it
 * @example
 * parseSizeList(["320w", { size: "360x270", name: "card", gravity: "north" }]) // { list: [{ width: 320, name: "320w", … }, …] }
 * parseSizeList(["320W"]) // { problems: [{ path: [0], message: "Expected a size like …. Did you mean 320w?" }] }
 */
export const parseSizeList = (inputs: readonly SizeInput[]): { list: SizeList } | { problems: readonly Problem[] } => {
  const sizes: Size[] = []
  const problems: Problem[] = []
  for (const [at, input] of inputs.entries()) {
    const problem = problemIn(input, at)
    const shape = toShape(input)
    if (problem) problems.push(problem)
    else if (shape && sizes.some(({ name }) => name === shape.name)) {
      problems.push({ path: [at], message: `Expected every size once, got ${shape.name} twice.` })
    } else if (shape) {
      const { quality, cacheControl } = typeof input === "string" ? ({} as const) : input
      sizes.push({ ...shape, quality: qualityOf(quality), ...(cacheControl !== undefined && { cacheControl }) })
    }
  }
  const [first, ...rest] = sizes
  if (!first && !problems.length) problems.push({ path: [], message: "Expected at least one size, got an empty list." })
  return first && !problems.length ? { list: [first, ...rest] } : { problems }
}

/** The canonical entry of a size: a text if it has no other options. The inverse of {@link parseSizeList} for one size. */
export const toSizeInput = ({ name, gravity, quality, cacheControl, ...box }: Size): SizeInput => {
  const size = formatSize(box)
  const more = {
    ...(name !== size && { name }),
    ...(gravity !== "center" && { gravity }),
    ...(Object.keys(quality).length > 0 && { quality }),
    ...(cacheControl !== undefined && { cacheControl }),
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

/** The sides of a list of sizes. */
export const sidesOf = (list: readonly Box[]): Sides => ({
  widths: list.map(({ width = 0 }) => width),
  heights: list.map(({ height = 0 }) => height),
})

/** How far two sides are apart, as a factor; an absent side counts as less than any. */
const factor = (side: number, other: number): number => (side > other ? side / other : other / side)

/**
 * The index of the size nearest to a box; -1 for an empty list. Another shape (crop, by width, by height) is farther than any size of the
 * same. A loop over numbers, since it runs in the edge function of a CDN.
 */
export const nearestIndex = (box: Box, { widths, heights }: Sides): number => {
  const none = 1 / MAX_SIDE
  const { width = none, height = none } = box
  let nearest = -1
  let least = Infinity
  for (let index = 0; index < widths.length; index++) {
    const far = factor(width, widths[index] || none) * factor(height, heights[index] || none)
    if (far >= least) continue
    nearest = index
    least = far
  }
  return nearest
}

/** The size nearest to a box. The list must not be empty. */
export const nearestTo = <T extends Box>(box: Box, list: readonly T[]): T => list[nearestIndex(box, sidesOf(list))] as T

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
