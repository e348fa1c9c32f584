/**
 * Responsible for choosing a listed size for an image that a URL of another service requests, and for the size to add where none is
 * suitable.
 *
 * Invariants:
 * - The result is a size of the list.
 * - The size has the requested fit, effects and shape. Only gravity and background are preferences.
 */
import { type Refusal, refuse } from "../sizes/decode-path.ts"
import type { Grammar } from "../sizes/key.ts"
import { lookOf, type Size, type SizeInput, sizeNamed, sidesOf } from "../sizes/list.ts"
import { isSizeName } from "../sizes/size-names.ts"
import type { SizeOptions } from "../sizes/size-option-types.ts"
import { type Box, formatSize, MAX_SIDE } from "../sizes/size.ts"
import { snapIndex } from "../sizes/snap.ts"
import type { RequestedImage } from "./service.ts"

/** The sides of a requested image, in CSS pixels. */
export const boxOf = ({ width, height }: RequestedImage): Box => ({
  ...(width !== undefined && { width }),
  ...(height !== undefined && { height }),
})

const clamp = (side: number): number => Math.min(MAX_SIDE, Math.max(1, Math.ceil(side)))

/** The requested sides in device pixels, as a size can have them. */
export const deviceBox = ({ width, height, dpr = 1 }: RequestedImage): Box => ({
  ...(width !== undefined && { width: clamp(width * dpr) }),
  ...(height !== undefined && { height: clamp(height * dpr) }),
})

const isTrue = (value: unknown): boolean => value === true

/** A valid name for a size with options, such as `inside-300x200`. */
const nameFor = (size: string, look: SizeOptions): string => {
  const words = Object.entries(look).map(([name, value]: [string, unknown]) =>
    name === "fit" || isTrue(value) ? (isTrue(value) ? name : String(value)) : `${name}${String(value)}`,
  )
  const name = [...words, size]
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
  return isSizeName(name) ? name : `${Object.keys(look)[0]?.toLowerCase() ?? "size"}-${size}`.slice(0, 32)
}

/** The entry of a list for a requested image. */
export const toSizeInput = (box: Box, { background, look }: Pick<RequestedImage, "look" | "background">): SizeInput => {
  const size = formatSize(box)
  if (Object.keys(look).length === 0) return size
  const { fit, ...others } = look
  const options: SizeOptions = {
    ...(fit && { fit }),
    ...(fit === "contain" && background && { background }),
    ...others,
  }
  return { size, name: nameFor(size, look), ...options }
}

/** The text of an entry in a configuration file. */
export const formatSizeInput = (input: SizeInput): string => {
  if (typeof input === "string") return JSON.stringify(input)
  const members = Object.entries(input).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return `{ ${members.join(", ")} }`
}

const shapeOf = ({ width, height }: Box): string => {
  if (width === undefined) return "size by height"
  return height === undefined ? "size by width" : "crop"
}

const namesOf = ({ sizes }: Pick<Grammar, "sizes">): string => `Allowed: ${sizes.map(({ name }) => name).join(", ")}.`

const refuseShape = (image: RequestedImage, grammar: Grammar): Refusal => {
  const { look } = image
  const options = Object.entries(look).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  const box = deviceBox(image)
  const hasBox = box.width !== undefined || box.height !== undefined
  const shape = hasBox ? (look.fit ? "size" : shapeOf(box)) : "size by width or height"
  const example = formatSizeInput(toSizeInput(hasBox ? box : { width: 1280 }, image))
  return refuse(
    "size-not-allowed",
    `The list of sizes has no ${shape}${options.length > 0 ? ` with ${options.join(", ")}` : ""}.`,
    `Add ${example} to sizes. ${namesOf(grammar)}`,
  )
}

const refuseName = (name: string, grammar: Grammar): Refusal =>
  refuse(
    "size-not-allowed",
    `${JSON.stringify(name.slice(0, 64))} is a preset of the other service, and no size has this name.`,
    isSizeName(name)
      ? `Add { size: "…", name: ${JSON.stringify(name)} } to sizes. ${namesOf(grammar)}`
      : namesOf(grammar),
  )

const refuseUnsupported = (unsupported: readonly string[]): Refusal => {
  const shown = unsupported.slice(0, 4).map((option) => JSON.stringify(option.slice(0, 64)))
  return refuse(
    "size-not-allowed",
    `No size can have the option ${shown.join(", ")}.`,
    "Use a URL without it, or keep such images on the other service.",
  )
}

const sameBox = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height

/** Among the sizes of one box, the one whose gravity and background are preferred, else the first. */
const preferred = (found: Size, candidates: readonly Size[], { gravity, background }: RequestedImage): Size => {
  const score = (size: Size): number =>
    Number(size.gravity === (gravity ?? "center")) + Number(size.background === background)
  let best = found
  for (const size of candidates) if (sameBox(size, found) && score(size) > score(best)) best = size
  return best
}

const snapTo = ({ width = 0, height = 0 }: Box, dpr: number, candidates: readonly Size[]): Size | undefined => {
  const boxes = candidates.map((size): Box => ({
    ...(size.width !== undefined && { width: size.width }),
    ...(size.height !== undefined && { height: size.height }),
  }))
  return candidates[snapIndex({ width, height }, dpr, sidesOf(boxes))]
}

/** The listed size for an image, or why there is none. Without width and height it is the largest one that shows the whole picture. */
export const chooseSize = (image: RequestedImage, grammar: Grammar): Size | Refusal => {
  const { width, height, dpr = 1, look, name, unsupported } = image
  if (unsupported.length > 0) return refuseUnsupported(unsupported)
  if (name !== undefined) return sizeNamed(name, grammar.sizes) ?? refuseName(name, grammar)
  if (![width ?? 1, height ?? 1, dpr].every((value) => value > 0 && value < Infinity))
    return refuse("bad-url", "A width, height or dpr is not a number above 0.")
  const wanted = lookOf(look)
  const candidates = grammar.sizes.filter((size) => lookOf({ ...size, background: undefined }) === wanted)
  const isWhole = width === undefined && height === undefined
  const found = isWhole
    ? (snapTo({ width: MAX_SIDE }, 1, candidates) ?? snapTo({ height: MAX_SIDE }, 1, candidates))
    : snapTo(boxOf(image), dpr, candidates)
  return found ? preferred(found, candidates, image) : refuseShape(image, grammar)
}
