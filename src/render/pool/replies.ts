/**
 * Responsible for checking the replies of render processes. A decoder that a hostile file has taken over can send anything, so that the
 * server uses nothing of a reply that it has not checked.
 */
import * as v from "valibot"

import { type ErrorCode, ERRORS } from "../../error-codes.ts"
import { renderFailed, TailorError } from "../../errors.ts"
import { CONTENT_TYPES } from "../../sizes/format.ts"
import type { Recipe } from "../../sizes/recipe.ts"
import type { Inspected } from "../inspected.ts"
import { possibleFormats } from "../possible-formats.ts"
import type { Rendered } from "../renderer.ts"
import type { WireError } from "./protocol.ts"

const pixels = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31))
const count = v.pipe(v.number(), v.finite(), v.minValue(0))

const INSPECTED = v.object({
  container: v.picklist(["jpeg", "png", "webp", "gif", "tiff", "heif"]),
  decoder: v.optional(v.picklist(["heic", "jxl"])),
  format: v.picklist(["jpeg", "webp", "avif", "png", "gif", "other"]),
  dimensions: v.object({ width: pixels, height: pixels }),
  frames: count,
  animated: v.boolean(),
  isAnimation: v.boolean(),
  hasAlpha: v.boolean(),
  isGrey: v.boolean(),
  colours: v.optional(count),
  isTurned: v.boolean(),
  needsSrgbFirst: v.boolean(),
  isConverted: v.boolean(),
  isPrepared: v.boolean(),
  isLossless: v.boolean(),
  hasFullChroma: v.boolean(),
  isProgressive: v.boolean(),
  channels: count,
  bytesPerSample: count,
  samplesPerPixel: count,
  decodedPixels: count,
  byteLength: count,
}) satisfies v.GenericSchema<Inspected>

const RENDERED = v.object({ width: pixels, height: pixels, format: v.string() })

/** @returns the header, or undefined for an invalid reply */
export const parseInspected = (value: unknown): Inspected | undefined => {
  const parsed = v.safeParse(INSPECTED, value)
  return parsed.success ? parsed.output : undefined
}

/** @returns a SHA-256 in hex, or undefined for an invalid reply */
export const parseDigest = (value: unknown): string | undefined =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : undefined

/** @returns resident memory in bytes; unknown memory is too much */
export const parseRss = (value: unknown): number => (typeof value === "number" ? value : Infinity)

/**
 * The content type is one that the recipe allows, never another text of the reply: it becomes a header.
 * @returns the rendition, or undefined for an invalid reply
 */
export const parseRendered = (
  value: unknown,
  bytes: Uint8Array,
  recipe: Recipe,
  original: Inspected,
): Rendered | undefined => {
  if (recipe.kind === "info") return { bytes, contentType: "application/json", format: undefined }
  const parsed = v.safeParse(RENDERED, value)
  if (!parsed.success) return undefined
  const { width, height } = parsed.output
  const format = [...possibleFormats(recipe.format, original)].find((possible) => possible === parsed.output.format)
  if (!format) return undefined
  return { bytes, contentType: CONTENT_TYPES[format], format, width, height }
}

const isErrorCode = (code: string | undefined): code is ErrorCode => code !== undefined && Object.hasOwn(ERRORS, code)

/** The error of a render process as one of the server's. */
export const toError = ({ code, message, detail, hint, cause }: WireError): Error => {
  if (!isErrorCode(code) || detail === undefined) return renderFailed(new Error(message))
  return new TailorError(code, { detail, hint }, { internal: message, cause: cause && new Error(cause) })
}
