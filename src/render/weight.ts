/**
 * Responsible for the lightest encoding of a rendition's pixels.
 *
 * Invariants:
 * - A rendition in the original's own format, with no more pixels, is not heavier than the original, as far as encoders allow it.
 * - A rendition of a losslessly coded graphic that was requested as AVIF or WebP is at most as heavy as the one of the same size in its
 *   own format, so that no `Accept` costs more bytes than `*` + `/*` does. Photos are not encoded twice to prove it.
 * - The choice depends on the original and the recipe alone: each key has one type, independent of earlier renders.
 */
import type { Format } from "../sizes/format.ts"
import { encodeLossless, type EncodeInput, type EncodeJob, ENCODERS } from "./encode.ts"
import { imageOf, type SurveyedPixels } from "./pixels.ts"
import { loadSharp } from "./sharp.ts"

/** Encoded bytes and their format. */
export interface Encoded {
  readonly bytes: Uint8Array
  readonly format: Format
}

/** A rendition to be encoded. */
export interface WeightJob {
  readonly format: Format
  readonly encode: EncodeJob
  /** `#rrggbb`, behind transparent pixels of a JPEG. */
  readonly background: string
  /** Length of the original. */
  readonly originalBytes: number
  /** The original without its metadata, where the rendition has all its pixels. */
  readonly strip?: (() => Uint8Array | undefined) | undefined
  /** Pixels of the rendition over those of the original. */
  readonly scale: number
}

/** Creates the input of an encoder. */
export type MakeInput = (format: Format) => Promise<EncodeInput>

/** @returns a function that creates images of pixels */
export const inputOf =
  (surveyed: SurveyedPixels, background: string): MakeInput =>
  async (format) => ({ image: await imageOf(surveyed, format, background), pixels: surveyed.pixels })

/**
 * Encodes, and again with lighter settings as long as the result is heavier than a limit. Before pixels are changed, the stripped original
 * is tried.
 * @returns the lightest one
 */
export const encodeWithin = async (
  makeInput: MakeInput,
  { format, encode: job, strip }: Pick<WeightJob, "format" | "encode" | "strip">,
  limit: number,
): Promise<Encoded> => {
  const { encode, lighter } = ENCODERS[format]
  let bytes = await encode(await makeInput(format), job)
  if (bytes.length <= limit) return { bytes, format }
  const stripped = strip?.()
  if (stripped && stripped.length <= limit) return { bytes: stripped, format }
  for (const encodeLighter of lighter(job)) {
    const attempt = await encodeLighter(await makeInput(format), job)
    if (attempt.length < bytes.length) bytes = attempt
    if (bytes.length <= limit) break
  }
  return { bytes, format }
}

const lighter = (a: Encoded, b: Encoded): Encoded => (b.bytes.length < a.bytes.length ? b : a)

/**
 * The rendition of a base URL.
 * @param own format of the rendition
 * @param canChange the original has no format that browsers show, so that a JPEG may become a PNG
 */
export const encodeOwn = async (
  makeInput: MakeInput,
  job: Pick<WeightJob, "encode" | "originalBytes" | "strip">,
  own: Format,
  canChange: boolean,
): Promise<Encoded> => {
  const { originalBytes } = job
  const ownJob = { ...job, format: own }
  if (!canChange || own !== "jpeg") return encodeWithin(makeInput, ownJob, originalBytes)
  const first = await encodeWithin(makeInput, ownJob, Infinity)
  if (first.bytes.length <= originalBytes) return first
  // A JPEG of so few bytes makes text illegible; fewer colours do not.
  const isGraphic = job.encode.content === "graphic"
  const png = await encodeWithin(makeInput, { ...job, format: "png" }, isGraphic ? originalBytes : Infinity)
  if (png.bytes.length <= originalBytes) return png
  const last = await encodeWithin(makeInput, ownJob, originalBytes)
  return isGraphic && last.bytes.length > originalBytes ? png : last
}

/** Above this factor of the estimate, a lossless encoding is not tried: it would cost more time than all the rest. */
const WORTH_TRYING = 2

/** Whether a lossless encoding, or the rendition of the base URL, may be lighter than a lossy one of so many bytes. */
const mayBeLighter = (
  { traits }: SurveyedPixels,
  lossyBytes: number,
  { originalBytes, scale, encode }: WeightJob,
  own: Format,
): boolean =>
  encode.content === "graphic" ||
  (own === "webp" && encode.content === "mixed") ||
  traits.losslessBytes <= WORTH_TRYING * lossyBytes ||
  originalBytes * Math.min(scale, 1) <= WORTH_TRYING * lossyBytes

/** Whether a WebP can hold the rendition. */
const fits = ({ encode: { width, height } }: WeightJob): boolean => Math.max(width, height) <= ENCODERS.webp.maxSide

/** Pixels of an encoded rendition, whose colours may be fewer. */
const encodeLosslessAgain = async ({ bytes }: Encoded): Promise<Encoded> => {
  const makeImage = await loadSharp()
  const image = makeImage(bytes, { limitInputPixels: false }).toColourspace("srgb")
  return { bytes: await encodeLossless({ image }), format: "webp" }
}

/**
 * The rendition of a losslessly coded original as AVIF or WebP: lossy, or lossless WebP where that is lighter; or, if even that is heavier
 * than the rendition of the base URL, the pixels or the bytes of that one.
 * @param own format of the base URL's rendition
 */
export const encodeLightest = async (
  surveyed: SurveyedPixels,
  job: WeightJob,
  own: { readonly format: Format; readonly canChange: boolean },
): Promise<Encoded> => {
  const makeInput = inputOf(surveyed, job.background)
  const lossy = await encodeWithin(makeInput, job, Infinity)
  if (!mayBeLighter(surveyed, lossy.bytes.length, job, own.format)) return lossy
  const lossless = fits(job) ? await encodeLossless(await makeInput("webp")) : undefined
  const best = lossless ? lighter(lossy, { bytes: lossless, format: "webp" }) : lossy
  const base = await encodeOwn(makeInput, job, own.format, own.canChange)
  if (best.bytes.length <= base.bytes.length) return best
  const again = fits(job) ? await encodeLosslessAgain(base) : base
  return again.bytes.length <= base.bytes.length ? again : base
}
