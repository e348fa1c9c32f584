/**
 * Responsible for counting requested sizes, and for the list of sizes that serves them.
 *
 * Invariants:
 * - Memory is bounded: beyond some thousand different sizes, further ones are rounded up.
 */
import { boxOf, deviceBox, formatSizeInput, toSizeInput } from "../compat/choose-size.ts"
import type { RequestedImage } from "../compat/service.ts"
import type { SizeInput } from "../sizes/list.ts"
import { type Box, formatSize, MAX_SIDE } from "../sizes/size.ts"
import { isSameShape } from "../sizes/snap.ts"
import { fewestSizes, type Point } from "./fewest-sizes.ts"

/** Different sizes that are counted exactly. */
const MAX_EXACT = 50_000
/** Different sets of options that are counted. */
const MAX_LOOKS = 500
/** Sides are rounded up to a multiple of this beyond {@link MAX_EXACT}. */
const STEP = 32
/** Different sizes of one shape from which the sizes are chosen. */
const MAX_POINTS = 2048

interface Cell {
  readonly box: Box
  count: number
}

interface Look {
  readonly image: Pick<RequestedImage, "look" | "background">
  /** By the text of the size. */
  readonly cells: Map<string, Cell>
  /** Requests without width and height. */
  wholeCount: number
}

/** A chosen size. */
export interface ChosenSize {
  readonly input: SizeInput
  readonly box: Box
  /** Requests that it serves. */
  readonly count: number
}

/** The list for what was counted. */
export interface SuggestedList {
  readonly sizes: readonly ChosenSize[]
  /** Pixels beyond the requested ones, as a share of all pixels sent, 0 to 1. */
  readonly waste: number
}

/** Counts requested images. */
export interface Demand {
  /** Counts one request. @returns a function that counts more requests of the same image */
  readonly add: (image: RequestedImage) => () => void
  /**
   * The fewest sizes for a bound on wasted pixels.
   * @param maxWaste share of the pixels sent, 0 to below 1
   * @param minShare shapes with a smaller share of the requests get no size. @default 0
   */
  readonly suggest: (maxWaste: number, minShare?: number) => SuggestedList
}

const roundUp = (side: number | undefined): number | undefined =>
  side === undefined ? undefined : Math.min(MAX_SIDE, Math.ceil(side / STEP) * STEP)

const toBox = (width: number | undefined, height: number | undefined): Box => ({
  ...(width !== undefined && { width }),
  ...(height !== undefined && { height }),
})

/** Pixels of a box. Pictures by width or height count as squares, since their ratio is not known. */
const pixelsOf = ({ width, height }: Box): number => (width ?? height ?? 1) * (height ?? width ?? 1)

const largerOf = (a: Box, b: Box): Box =>
  toBox(
    a.width === undefined ? undefined : Math.max(a.width, b.width ?? 0),
    a.height === undefined ? undefined : Math.max(a.height, b.height ?? 0),
  )

/** Cells of one shape: by width, by height, or of one ratio. The largest is the first, and gives the ratio. */
const groupByShape = (cells: Iterable<Cell>): readonly (readonly Cell[])[] => {
  const groups = new Map<string, Cell[][]>()
  for (const cell of [...cells].toSorted((a, b) => pixelsOf(b.box) - pixelsOf(a.box))) {
    const { width, height } = cell.box
    const ratio = width === undefined || height === undefined ? undefined : width / height
    // Rounded ratios find the groups that can be alike without comparing all.
    const bucket =
      ratio === undefined
        ? formatSize({ ...cell.box, ...(width ? { width: 1 } : { height: 1 }) })
        : Math.round(Math.log(ratio) * 50)
    const near = typeof bucket === "number" ? [bucket, bucket - 1, bucket + 1].map(String) : [bucket]
    const found = near
      .flatMap((name) => groups.get(name) ?? [])
      .find(([first]) => first !== undefined && isSameShape(first.box, cell.box))
    if (found) found.push(cell)
    else groups.set(String(bucket), [...(groups.get(String(bucket)) ?? []), [cell]])
  }
  return [...groups.values()].flat()
}

/** The cells of a shape as points, ascending; neighbours are joined where there are too many. */
const toPoints = (cells: readonly Cell[]): readonly (Point & { readonly box: Box })[] => {
  const ascending = cells.toReversed()
  const joined = Math.ceil(ascending.length / MAX_POINTS)
  const points: { pixels: number; count: number; box: Box }[] = []
  for (const [at, { box, count }] of ascending.entries()) {
    const last = points.at(-1)
    const larger = last ? largerOf(box, last.box) : box
    const pixels = pixelsOf(larger)
    if (last && (at % joined !== 0 || pixels === last.pixels)) {
      last.box = larger
      last.pixels = pixels
      last.count += count
    } else points.push({ pixels, count, box: larger })
  }
  return points
}

/** The width of the size for requests of the whole picture, where no other shows it. */
const WHOLE: Box = { width: 1280 }

/** Requests of one shape with the same options. */
interface ShapeDemand {
  readonly image: Look["image"]
  readonly points: ReturnType<typeof toPoints>
  readonly count: number
}

const countOf = (points: readonly Point[]): number => points.reduce((sum, { count }) => sum + count, 0)

const isPlain = ({ look }: Look["image"]): boolean => Object.keys(look).length === 0

/** Sizes by width first, then by height, then crops, frequent ones first; sizes with options last. */
const rank = ({ image, points }: ShapeDemand): number => {
  const { width, height } = points[0]?.box ?? WHOLE
  const kind = height === undefined ? 0 : width === undefined ? 1 : 2
  return (isPlain(image) ? 0 : 3) + kind
}

const shapesOf = (looks: readonly Look[], minShare: number): readonly ShapeDemand[] => {
  const all = looks.flatMap(({ image, cells }) =>
    groupByShape(cells.values()).map((group): ShapeDemand => {
      const points = toPoints(group)
      return { image, points, count: countOf(points) }
    }),
  )
  const total = all.reduce((sum, { count }) => sum + count, 0)
  return all.filter(({ count }) => count >= minShare * total).toSorted((a, b) => rank(a) - rank(b) || b.count - a.count)
}

const sizesOf = ({ image, points }: ShapeDemand, indexes: readonly number[]): readonly ChosenSize[] => {
  let from = 0
  return indexes.map((at) => {
    const count = countOf(points.slice(from, at + 1))
    from = at + 1
    const box = points[at]?.box ?? WHOLE
    return { input: toSizeInput(box, image), box, count }
  })
}

/** A size for requests of the whole picture, if no other shows it. */
const wholeSizes = (looks: readonly Look[], shapes: readonly ShapeDemand[]): readonly ChosenSize[] =>
  looks
    .filter(
      ({ image, wholeCount }) => wholeCount > 0 && !shapes.some((one) => one.image === image && rank(one) % 3 < 2),
    )
    .map(({ image, wholeCount }) => ({ input: toSizeInput(WHOLE, image), box: WHOLE, count: wholeCount }))

const suggest = (looks: readonly Look[], maxWaste: number, minShare = 0): SuggestedList => {
  const shapes = shapesOf(looks, minShare)
  const { indexes, wastedPixels, requestedPixels } = fewestSizes(
    shapes.map(({ points }) => points),
    maxWaste,
  )
  const sizes = shapes.flatMap((shape, at) => sizesOf(shape, indexes[at] ?? []))
  const sent = requestedPixels + wastedPixels
  return {
    sizes: withoutRepeats([...sizes, ...wholeSizes(looks, shapes)]),
    waste: sent > 0 ? wastedPixels / sent : 0,
  }
}

/** Names of sizes with options can be alike, since they are short. */
const withoutRepeats = (sizes: readonly ChosenSize[]): readonly ChosenSize[] => {
  const names = new Set<string>()
  return sizes.map((size) => {
    if (typeof size.input === "string") return size
    const { name = "size" } = size.input
    let unique = name
    for (let number = 2; names.has(unique); number++) unique = `${name.slice(0, 28)}-${number}`
    names.add(unique)
    return { ...size, input: { ...size.input, name: unique } }
  })
}

/** Creates a {@link Demand}. */
export const createDemand = (): Demand => {
  const looks = new Map<string, Look>()
  let cellCount = 0
  const lookFor = (image: RequestedImage): Look | undefined => {
    const kept = { look: image.look, ...(image.look.fit === "contain" && { background: image.background }) }
    const name = formatSizeInput({ size: "1w", ...kept.look, ...kept })
    const known = looks.get(name)
    if (known || looks.size >= MAX_LOOKS) return known
    const look: Look = { image: kept, cells: new Map(), wholeCount: 0 }
    looks.set(name, look)
    return look
  }
  const cellFor = ({ cells }: Look, image: RequestedImage): Cell => {
    const exact = deviceBox(image)
    const box = cellCount < MAX_EXACT ? exact : toBox(roundUp(exact.width), roundUp(exact.height))
    const name = formatSize(box)
    const known = cells.get(name)
    if (known) return known
    const cell: Cell = { box, count: 0 }
    cells.set(name, cell)
    cellCount += 1
    return cell
  }
  return {
    add: (image) => {
      const look = lookFor(image)
      if (!look) return () => {}
      const { width, height } = boxOf(image)
      if (width === undefined && height === undefined) {
        look.wholeCount += 1
        return () => void (look.wholeCount += 1)
      }
      const cell = cellFor(look, image)
      cell.count += 1
      return () => void (cell.count += 1)
    },
    suggest: (maxWaste, minShare) => suggest([...looks.values()], maxWaste, minShare),
  }
}
