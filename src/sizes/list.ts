/**
 * The size list: everything that may ever be made. It is finite and known everywhere; all guarantees follow from that.
 * A list is checked as a whole, so that every mistake is reported at once.
 */
import { LOSSY_FORMATS, type LossyFormat, type Quality, type QualityInput } from "./format.ts"
import { type Box, formatSize, GRAVITIES, type Gravity, guessSize, MAX_SIDE, parseSize } from "./size.ts"

/** What of a size a page has to know. `name` is its segment in addresses: its given name, else its canonical text. */
export interface Shape extends Box {
  readonly name: string
  readonly gravity: Gravity
}

/** An entry of the list. */
export interface Size extends Shape {
  /** Overrides the configured quality, per format. */
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
      /** Replaces the size in addresses: `[a-z][a-z0-9-]{0,31}`, not `info`. */
      readonly name?: string | undefined
      /** What a crop keeps. @default "center" */
      readonly gravity?: Gravity | undefined
      /** 1 to 100, for every lossy format or per format. @default the configured quality */
      readonly quality?: QualityInput | undefined
      /** `Cache-Control` of its renditions. @default the configured `cacheControl` */
      readonly cacheControl?: string | undefined
    }

/** In the order in which they were listed; never empty. */
export type SizeList = readonly [Size, ...Size[]]

/** A mistake: where it stands (`[2, "gravity"]`), and a sentence that says what was found and what would be right. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The segment of facts; never the name of a size. */
export const INFO = "info"
const NAME = /^[a-z][a-z0-9-]{0,31}$/

/** True for a text that may name a size in addresses. */
export const isSizeName = (text: string): boolean => NAME.test(text) && text !== INFO

const qualityOf = (input: QualityInput | undefined): Partial<Quality> => {
  const given = (format: LossyFormat): number | undefined => (typeof input === "number" ? input : input?.[format])
  return Object.fromEntries(
    LOSSY_FORMATS.filter((format) => given(format) !== undefined).map((format) => [format, given(format)]),
  )
}

/** The shape that an entry of a list has; undefined for one whose size is a mistake. Its name and gravity are taken as they are. */
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
    const meant = guessSize(size)
    const message = `Expected a size like 360x270, 1280w or 480h, each side 1 to ${MAX_SIDE}, got ${JSON.stringify(size)}.${meant ? ` Did you mean ${formatSize(meant)}?` : ""}`
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

/** The list, or every mistake in it. */
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

/** What a list says of a size, in its one form: the text alone where that is all. The inverse of {@link parseSizeList}, a size at a time. */
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

/** The `Cache-Control` of a rendition: that of its size, else the fallback. `info` has no setting of its own. */
export const cacheControlOf = (size: Size | typeof INFO, fallback: string): string =>
  size === INFO ? fallback : (size.cacheControl ?? fallback)

/** How far a size is from what was asked, as a factor; another shape (crop, by width, by height) is farther than any other size. */
const distance = (asked: Box, size: Box): number => {
  const none = 1 / MAX_SIDE
  const side = (a: number, b: number): number => Math.max(a / b, b / a)
  return side(asked.width ?? none, size.width ?? none) * side(asked.height ?? none, size.height ?? none)
}

/** The size that is nearest to a box, of a list that is not empty. */
export const nearestTo = <T extends Box>(box: Box, list: readonly T[]): T =>
  list.reduce((best, size) => (distance(box, size) < distance(box, best) ? size : best))

/** The listed size that is nearest to an asked-for text; undefined where the text does not look like a size. */
export const nearestSize = (asked: string, list: SizeList): Size | undefined => {
  const box = parseSize(asked) ?? guessSize(asked)
  return box && nearestTo(box, list)
}
