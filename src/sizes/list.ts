/**
 * The size list: everything that may ever be made. It is finite and known everywhere; all guarantees follow from that.
 * A list is checked as a whole, so that every mistake is reported at once.
 */
import { LOSSY_FORMATS, type LossyFormat, type Quality, type QualityInput } from "./format.ts"
import { type Box, formatSize, GRAVITIES, type Gravity, guessSize, MAX_SIDE, parseSize } from "./size.ts"

/** An entry of the list. `name` is its segment in addresses: its given name, else its canonical text. */
export interface Size extends Box {
  readonly name: string
  readonly gravity: Gravity
  /** Overrides the configured quality, per format. */
  readonly quality: Partial<Quality>
}

/** What a configuration may say for one size. */
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

const parseEntry = (input: SizeInput, at: number): { size: Size } | { problem: Problem } => {
  const entry = typeof input === "string" ? { size: input } : input
  const box = parseSize(entry.size)
  if (!box) {
    const meant = guessSize(entry.size)
    const message = `Expected a size like 360x270, 1280w or 480h, each side 1 to ${MAX_SIDE}, got ${JSON.stringify(entry.size)}.${meant ? ` Did you mean ${formatSize(meant)}?` : ""}`
    return { problem: { path: typeof input === "string" ? [at] : [at, "size"], message } }
  }
  if (entry.name !== undefined && !isSizeName(entry.name)) {
    const message = `Expected a name of a to z, 0 to 9 and hyphens, starting with a letter, at most 32 long and not "info", got ${JSON.stringify(entry.name)}.`
    return { problem: { path: [at, "name"], message } }
  }
  const gravity = entry.gravity ?? "center"
  if (!GRAVITIES.includes(gravity)) {
    return {
      problem: {
        path: [at, "gravity"],
        message: `Expected one of ${GRAVITIES.join(", ")}, got ${JSON.stringify(gravity)}.`,
      },
    }
  }
  return { size: { ...box, name: entry.name ?? formatSize(box), gravity, quality: qualityOf(entry.quality) } }
}

/** The list, or every mistake in it. */
export const parseSizeList = (inputs: readonly SizeInput[]): { list: SizeList } | { problems: readonly Problem[] } => {
  const sizes: Size[] = []
  const problems: Problem[] = []
  for (const [at, input] of inputs.entries()) {
    const entry = parseEntry(input, at)
    if ("problem" in entry) problems.push(entry.problem)
    else if (sizes.some((other) => other.name === entry.size.name)) {
      problems.push({ path: [at], message: `Expected every size once, got ${entry.size.name} twice.` })
    } else sizes.push(entry.size)
  }
  const [first, ...rest] = sizes
  if (!first && !problems.length) problems.push({ path: [], message: "Expected at least one size, got an empty list." })
  return first && !problems.length ? { list: [first, ...rest] } : { problems }
}

/** What a list says of a size, in its one form: the text alone where that is all. The inverse of {@link parseSizeList}, a size at a time. */
export const toSizeInput = ({ name, gravity, quality, ...box }: Size): SizeInput => {
  const size = formatSize(box)
  const more = {
    ...(name !== size && { name }),
    ...(gravity !== "center" && { gravity }),
    ...(Object.keys(quality).length > 0 && { quality }),
  }
  return Object.keys(more).length > 0 ? { size, ...more } : size
}

/** How far a size is from what was asked, as a factor; another shape (crop, by width, by height) counts as far. */
const distance = (asked: Box, size: Box): number => {
  const side = (a: number | undefined, b: number | undefined): number => {
    if (a === undefined && b === undefined) return 1
    return a === undefined || b === undefined ? 256 : Math.max(a / b, b / a)
  }
  return side(asked.width, size.width) * side(asked.height, size.height)
}

/** The listed size that is nearest to an asked-for text; undefined where the text does not look like a size. */
export const nearestSize = (asked: string, list: SizeList): Size | undefined => {
  const box = parseSize(asked) ?? guessSize(asked)
  if (!box) return undefined
  let best = list[0]
  for (const size of list) if (distance(box, size) < distance(box, best)) best = size
  return best
}
