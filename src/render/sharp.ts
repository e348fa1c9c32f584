/**
 * Responsible for loading sharp: once, and not before the first original is read, so that a hit, a 304 or a refused URL never pays for it.
 * Sets the options of the whole process: one thread per job (the gate bounds the jobs), no operation cache, and only the decoders of
 * accepted formats. Compressed PNG texts are removed here, since every decode passes through.
 */
import { createRequire } from "node:module"

import type { Sharp, SharpOptions } from "sharp"

import { withoutCompressedTexts } from "./png.ts"
import { sniff } from "./sniff.ts"

type SharpFunction = (typeof import("sharp"))["default"]
/** `sharp(bytes, options)` with our process-wide settings. */
export type MakeImage = (bytes: Uint8Array, options: SharpOptions) => Sharp

const LOADERS = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((name) => `VipsForeignLoad${name}`)

const isPng = (bytes: Uint8Array): boolean => {
  const sniffed = sniff(bytes)
  return "container" in sniffed && sniffed.container === "png"
}

let loading: Promise<MakeImage> | undefined

const load = async (): Promise<MakeImage> => {
  // `require` takes half the time of `import` here, and finds packages in a Lambda layer (by NODE_PATH), too.
  const sharp = createRequire(import.meta.url)("sharp") as SharpFunction
  sharp.concurrency(1)
  sharp.cache(false)
  sharp.block({ operation: ["VipsForeignLoad"] })
  sharp.unblock({ operation: LOADERS })
  return (bytes, options) => sharp(isPng(bytes) ? withoutCompressedTexts(bytes) : bytes, options)
}

/** Loads sharp at the first call. */
export const loadSharp = (): Promise<MakeImage> => (loading ??= load())

/** Time until a request for an original is signed and sent. */
const HEAD_START_MS = 5

/**
 * Starts loading sharp soon. Loading blocks the event loop for 30 to 80 ms; the read of the original hides this if its request was sent
 * before.
 */
export const prepareSharp = (): void => {
  if (!loading) setTimeout(() => void loadSharp().catch(() => {}), HEAD_START_MS)
}
