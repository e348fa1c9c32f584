/**
 * The one place that loads sharp, when the first original is read and not before: a hit, a 304 or a refused address never pays for it.
 * Sets what holds for the whole process: one thread a job (our own gate bounds the jobs), no cache of operations, and only the decoders
 * of the formats that are accepted. What a decoder must not see is taken out here, where everything passes.
 */
import { createRequire } from "node:module"

import type { Sharp, SharpOptions } from "sharp"

import { withoutCompressedTexts } from "./png.ts"
import { sniff } from "./sniff.ts"

type SharpFunction = (typeof import("sharp"))["default"]
/** `sharp(bytes, options)`, set up. */
export type MakeImage = (bytes: Uint8Array, options: SharpOptions) => Sharp

const LOADERS = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((name) => `VipsForeignLoad${name}`)

const isPng = (bytes: Uint8Array): boolean => {
  const sniffed = sniff(bytes)
  return "container" in sniffed && sniffed.container === "png"
}

let loading: Promise<MakeImage> | undefined

const load = async (): Promise<MakeImage> => {
  // `require` takes half the time of `import` here, and finds packages in a layer of Lambda's (by NODE_PATH), too.
  const sharp = createRequire(import.meta.url)("sharp") as SharpFunction
  sharp.concurrency(1)
  sharp.cache(false)
  sharp.block({ operation: ["VipsForeignLoad"] })
  sharp.unblock({ operation: LOADERS })
  return (bytes, options) => sharp(isPng(bytes) ? withoutCompressedTexts(bytes) : bytes, options)
}

/** sharp, loaded once. */
export const loadSharp = (): Promise<MakeImage> => (loading ??= load())

/** Until a request for an original is signed and sent. */
const HEAD_START_MS = 5

/**
 * Loads sharp soon, for whoever will call `loadSharp`. Importing holds the whole process for 30 to 80 ms: reading an original hides that
 * where the request is out before it begins.
 */
export const prepareSharp = (): void => {
  if (!loading) setTimeout(() => void loadSharp().catch(() => {}), HEAD_START_MS)
}
