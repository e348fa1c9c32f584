/** Responsible for reading the requests of drafts: hostile or mistaken input becomes a sentence, never a render outside the limits. */
import { checkSizes } from "../config/size-schema.ts"
import { isFocalPoint } from "../sizes/focal-point.ts"
import { type Format, FORMATS, LOSSY_FORMATS } from "../sizes/format.ts"
import { type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import { type Size, type SizeList, sizeNamed } from "../sizes/list.ts"
import type { DraftRequest, Point } from "./api.ts"

/** A draft to render. */
export interface DraftOrder {
  readonly key: OriginalKey
  readonly size: Size
  readonly format: Format | undefined
  readonly quality: number | undefined
  readonly focalPoint: Point | undefined
}

/** A request that cannot be read, as a sentence. */
export interface Unreadable {
  readonly problem: string
}

/** True for a JSON object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * A size with the digests of its overlays. Only overlays of the configuration can be used: no other file is ever read.
 * @returns undefined for a size with another overlay
 */
export const withKnownOverlays = (size: Size, listed: SizeList): Size | undefined => {
  if (!size.overlay) return size
  const known = listed.flatMap(({ overlay = [] }) => overlay)
  const overlay = size.overlay.map((one) => {
    const found = known.find(({ image }) => image === one.image)
    return found?.digest === undefined ? undefined : { ...one, digest: found.digest }
  })
  return overlay.every((one) => one !== undefined) ? { ...size, overlay } : undefined
}

/** A listed size by its name, or one that need not be listed. */
const sizeOf = (input: unknown, listed: SizeList): Size | Unreadable => {
  const named = typeof input === "string" ? sizeNamed(input, listed) : undefined
  if (named) return named
  const checked = checkSizes([input])
  if ("problems" in checked) return { problem: checked.problems.map(({ message }) => message).join(" ") }
  const size = withKnownOverlays(checked.list[0], listed)
  return size ?? { problem: "Expected an overlay that the configuration has." }
}

/** The key in a request; undefined for one that cannot be an original's. */
export const keyOf = (value: unknown): OriginalKey | undefined =>
  typeof value === "string" ? toOriginalKey(value) : undefined

/** The key in a body like `{ "key": "shop/bag.jpg" }`; undefined for another body. */
export const keyIn = (body: unknown): OriginalKey | undefined => (isRecord(body) ? keyOf(body["key"]) : undefined)

const isQuality = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100

/** Reads a {@link DraftRequest}. */
export const readDraft = (body: unknown, listed: SizeList): DraftOrder | Unreadable => {
  if (!isRecord(body)) return { problem: "Expected a JSON object." }
  const { key: text, size: input, format, quality, focalPoint } = body as Partial<Record<keyof DraftRequest, unknown>>
  const key = keyOf(text)
  if (key === undefined) return { problem: "Expected the key of an original." }
  if (format !== undefined && !FORMATS.some((one) => one === format))
    return { problem: `Expected a format of ${FORMATS.join(", ")}.` }
  if (quality !== undefined && !isQuality(quality)) return { problem: "Expected a quality from 1 to 100." }
  if (focalPoint !== undefined && !isFocalPoint(focalPoint))
    return { problem: "Expected a focal point like [0.4, 0.3]." }
  const size = sizeOf(input, listed)
  if ("problem" in size) return size
  return { key, size, format: size.format ?? (format as Format | undefined), quality, focalPoint }
}

/** The size with one quality for all lossy formats. */
export const withQuality = (size: Size, quality: number | undefined): Size =>
  quality === undefined
    ? size
    : { ...size, quality: Object.fromEntries(LOSSY_FORMATS.map((format) => [format, quality])) }
