/**
 * Responsible for the pixels of JPEG XL, by the optional package `@jsquash/jxl`: upright and converted to sRGB.
 *
 * Invariants:
 * - A file whose data are not complete is an error.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

import { corruptOriginal } from "../../errors.ts"
import type { ForeignPixels } from "./foreign.ts"

interface Decoded {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

interface JxlModule {
  readonly default: (bytes: ArrayBuffer) => Promise<Decoded>
  readonly init: (module: object) => Promise<unknown>
}

const PACKAGE = "@jsquash/jxl"

/** Node's global, which the types of Node do not have as a value. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => object }
}

/** The package builds its result with a class of browsers, which Node does not have. */
const imageData = function ImageData(data: Uint8ClampedArray, width: number, height: number): Decoded {
  return { data, width, height }
}

/** It loads its WebAssembly by `fetch`, which cannot read files in Node. */
const load = async (): Promise<JxlModule> => {
  const entry = createRequire(import.meta.url).resolve(`${PACKAGE}/decode.js`)
  const jxl = (await import(pathToFileURL(entry).href)) as JxlModule
  Object.assign(globalThis, { ImageData: imageData })
  await jxl.init(new webAssembly.Module(readFileSync(join(dirname(entry), "codec", "dec", "jxl_dec.wasm"))))
  return jxl
}

let loading: Promise<JxlModule> | undefined

/** @throws {Error} with the code MODULE_NOT_FOUND if the package is not installed */
export const loadJxl = (): Promise<JxlModule> => (loading ??= load())

/** @throws {corrupt-original} */
export const decodeJxl = async (bytes: Uint8Array): Promise<ForeignPixels> => {
  const jxl = await loadJxl()
  let decoded: Decoded
  try {
    decoded = await jxl.default(Uint8Array.from(bytes).buffer)
  } catch (error) {
    throw corruptOriginal(error)
  }
  const { data, width, height } = decoded
  return {
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    width,
    height,
    hasAlpha: true,
  }
}
