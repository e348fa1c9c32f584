/**
 * Responsible for loading sharp: once, and not before the first original is read, so that a hit, a 304 or a refused URL never pays for it.
 * Sets the options of the whole process: one thread per job (render slots bound the jobs), no operation cache, and only the decoders of
 * accepted formats.
 */
import { createRequire } from "node:module"

import type { Sharp, SharpOptions } from "sharp"

import { createGate } from "../gate.ts"

type SharpFunction = (typeof import("sharp"))["default"]
/** `sharp(bytes, options)` with our process-wide settings. */
export type MakeImage = (bytes: Uint8Array, options: SharpOptions) => Sharp

const LOADERS = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((name) => `VipsForeignLoad${name}`)

let loading: Promise<MakeImage> | undefined

/** `require` takes half the time of `import` here, and finds packages in a Lambda layer (by NODE_PATH), too. */
const requireSharp = (): SharpFunction => createRequire(import.meta.url)("sharp") as SharpFunction

const load = async (): Promise<MakeImage> => {
  const sharp = requireSharp()
  sharp.concurrency(1)
  sharp.cache(false)
  sharp.block({ operation: ["VipsForeignLoad"] })
  sharp.unblock({ operation: LOADERS })
  return sharp
}

/** Loads sharp at the first call. */
export const loadSharp = (): Promise<MakeImage> => (loading ??= load())

/** Allows more decoders in this process, from now on. */
export const allowLoaders = async (names: readonly string[]): Promise<void> => {
  await loadSharp()
  if (names.length > 0) requireSharp().unblock({ operation: [...names] })
}

/** One file at a time: the end of its decode would block the decoder of another one. */
const turns = createGate({ capacity: 1, maxWaiting: Infinity })

/**
 * Allows a decoder only while a file of the configuration is decoded. Originals of its kind are refused before they reach the library, so
 * that none profits from it.
 */
export const withLoader = async <T>(name: string, work: (makeImage: MakeImage) => Promise<T>): Promise<T> => {
  const release = await turns.acquire(1)
  try {
    await allowLoaders([name])
    try {
      return await work(requireSharp())
    } finally {
      requireSharp().block({ operation: [name] })
    }
  } finally {
    release()
  }
}

/** Time until a request for an original is signed and sent. */
const HEAD_START_MS = 5

/**
 * Starts loading sharp soon. Loading blocks the event loop for 30 to 80 ms; the read of the original hides this if its request was sent
 * before.
 */
export const prepareSharp = (): void => {
  if (!loading) setTimeout(() => void loadSharp().catch(() => {}), HEAD_START_MS)
}
