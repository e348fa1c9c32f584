/**
 * The one place that loads sharp, when the first original is read and not before: a hit, a 304 or a refused address never pays for it.
 * Sets what holds for the whole process: one thread a job (our own gate bounds the jobs), no cache of operations, and only the decoders
 * of the formats that are accepted. What a decoder must not see is taken out here, where everything passes.
 */
import type { Sharp, SharpOptions } from "sharp"

import { withoutCompressedTexts } from "./png.ts"
import { sniff } from "./sniff.ts"

type SharpModule = typeof import("sharp")
/** `sharp(bytes, options)`, set up. */
export type MakeImage = (bytes: Uint8Array, options: SharpOptions) => Sharp

const LOADERS = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((name) => `VipsForeignLoad${name}`)

const isPng = (bytes: Uint8Array): boolean => {
  const sniffed = sniff(bytes)
  return "container" in sniffed && sniffed.container === "png"
}

let loading: Promise<MakeImage> | undefined

const load = async (): Promise<MakeImage> => {
  const { default: sharp }: { default: SharpModule["default"] } = await import("sharp")
  sharp.concurrency(1)
  sharp.cache(false)
  sharp.block({ operation: ["VipsForeignLoad"] })
  sharp.unblock({ operation: LOADERS })
  return (bytes, options) => sharp(isPng(bytes) ? withoutCompressedTexts(bytes) : bytes, options)
}

/** sharp, loaded once. Call it early and await it late: importing takes about 85 ms, which reading an original can hide. */
export const loadSharp = (): Promise<MakeImage> => (loading ??= load())
