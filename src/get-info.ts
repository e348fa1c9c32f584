/** Facts of an original that lies at hand: for servers and build tools, which need not ask over HTTP. */
import { readFile, stat } from "node:fs/promises"

import { environment } from "./config/load.ts"
import { resolveConfig } from "./config/resolve.ts"
import { originalTooLarge } from "./errors.ts"
import { createRenderer } from "./render/render.ts"
import type { Info } from "./sizes/info.ts"
import { infoRecipe } from "./sizes/recipe.ts"
import { createGate } from "./gate.ts"

/** Nothing but what every tailor has by default. */
const DEFAULTS = { originals: ".", sizes: ["1w"] }

/** Whole photos are held: a build asks for all of its own at once. */
const gate = createGate({ capacity: 4, maxWaiting: Infinity })

/** @throws {original-too-large} as a server would, so that no page names what none renders */
const checkLength = async (original: string | Uint8Array, limit: number): Promise<void> => {
  if (typeof original !== "string" && !ArrayBuffer.isView(original))
    throw new TypeError(`Expected the path of a photo or its bytes as a Uint8Array, got ${String(original)}.`)
  const length = typeof original === "string" ? (await stat(original)).size : original.length
  if (length > limit) throw originalTooLarge(`${length} bytes`, `${limit} bytes`)
}

/**
 * What `<dir>/info/<file>.json` says of an original, by the default settings.
 * @param original its path, or its bytes
 * @throws {TailorError} where it is no picture, or too large a one; {TypeError} for anything else; the file system's error where it cannot be read
 * @example
 * photos.img("shop/bag.jpg", { shape: "640w", info: await getInfo("photos/shop/bag.jpg") })
 */
export const getInfo = async (original: string | Uint8Array): Promise<Info> => {
  const { limits, settings } = resolveConfig(DEFAULTS, environment())
  const renderer = createRenderer(limits)
  await checkLength(original, limits.bytes)
  const leave = await gate.acquire(1)
  try {
    const bytes = typeof original === "string" ? await readFile(original) : original
    const rendered = await renderer.render(bytes, await renderer.inspect(bytes), infoRecipe(settings))
    return JSON.parse(new TextDecoder().decode(rendered.bytes)) as Info
  } finally {
    leave()
  }
}
