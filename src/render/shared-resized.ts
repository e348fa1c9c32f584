/**
 * Responsible for decoding and resizing a photo once for several formats of one size that are requested together.
 *
 * Invariants:
 * - An encoding of the kept pixels equals, byte for byte, one made from the original: they are kept with their resolution.
 * - A session keeps the pixels of two sizes at most, and none of more than eight megapixels.
 */
import type { Sharp } from "sharp"

import { type Job, prepareImage } from "./resized.ts"
import { loadSharp } from "./sharp.ts"
import type { Source } from "./source.ts"

const MAX_SIZES = 2
const MAX_PIXELS = 8_000_000

const MM_PER_INCH = 25.4

/** Gives work a source. @throws an error with a code, also where the source lacks pixels */
type UseSource = <T>(work: (source: Source) => Promise<T>) => Promise<T>

/** Returns the resized image of a job, like `prepareImage`. */
export type OpenResized = (job: Job) => Promise<Sharp>

/** An uncompressed TIFF: raw pixels would have no resolution, which JPEG and AVIF store. */
const toTiff = async (job: Job): Promise<Uint8Array> => {
  const image = await prepareImage(job)
  const { density = MM_PER_INCH } = await image.metadata()
  const perMillimetre = density / MM_PER_INCH
  return image.tiff({ compression: "none", xres: perMillimetre, yres: perMillimetre }).toBuffer()
}

/** @returns opens the resized pixels of one original, which are made once for each size */
export const createSharedResized = (use: UseSource): OpenResized => {
  const kept = new Map<string, Promise<Uint8Array>>()
  const keep = (name: string, job: Job): Promise<Uint8Array> => {
    const tiff = use((source) => toTiff({ ...job, source }))
    kept.set(name, tiff)
    tiff.catch(() => kept.delete(name))
    for (const oldest of kept.keys()) if (kept.size > MAX_SIZES) kept.delete(oldest)
    return tiff
  }
  return async (job) => {
    const { resized, position, trimmed } = job
    if (resized.width * resized.height > MAX_PIXELS || trimmed) return prepareImage(job)
    const name = `${resized.width}x${resized.height} ${position ?? ""}`
    const bytes = await (kept.get(name) ?? keep(name, job))
    const makeImage = await loadSharp()
    return makeImage(bytes, { failOn: "error", limitInputPixels: false }).toColourspace("srgb")
  }
}
