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

/** True for a value that a `Cache-Control` header can have: printable ASCII. */
export const isCacheControl = (text: string): boolean => /^[\x20-\x7e]+$/.test(text)

/** The first mistake in an entry. */
const problemIn = (input: SizeInput, at: number): Problem | undefined => {
  const { size, name, gravity, cacheControl } = typeof input === "string" ? ({ size: input } as const) : input
  if (!parseSize(size)) {
    const guess = guessSize(size)
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
  const message = `Expected a Cache-Control header in printable ASCII, got ${JSON.stringify(cacheControl)}.`
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

/** How far a size is from the requested one, as a factor. Another shape (crop, by width, by height) is farther than any size of the same. */
const distance = (requested: Box, size: Box): number => {
  const none = 1 / MAX_SIDE
  const side = (a: number, b: number): number => Math.max(a / b, b / a)
  return side(requested.width ?? none, size.width ?? none) * side(requested.height ?? none, size.height ?? none)
}

/** The size nearest to a box. The list must not be empty. */
export const nearestTo = <T extends Box>(box: Box, list: readonly T[]): T =>
  list.reduce((best, size) => (distance(box, size) < distance(box, best) ? size : best))

/**
 * The listed size nearest to a text; undefined if the text does not look like a size. For hints in error messages.
 * @example
 * nearestSize("300×300", list)?.name // "360x270"
 */
export const nearestSize = (text: string, list: SizeList): Size | undefined => {
  const box = parseSize(text) ?? guessSize(text)
  return box && nearestTo(box, list)
}
