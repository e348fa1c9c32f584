/** Facts of an original that lies at hand: for servers and build tools, which need not ask over HTTP. */
import { readFile } from "node:fs/promises"

import { surroundings } from "./config/load.ts"
import { resolveConfig } from "./config/resolve.ts"
import { createRenderer } from "./render/render.ts"
import type { Info } from "./sizes/info.ts"
import { infoRecipe } from "./sizes/recipe.ts"
import { createGate } from "./tailor/admission.ts"

/** Nothing but what every tailor has by default. */
const DEFAULTS = { originals: ".", sizes: ["1w"] }

/** Whole photos are held: a build asks for all of its own at once. */
const gate = createGate({ capacity: 4, maxWaiting: Infinity })

/**
 * What `<dir>/info/<file>.json` says of an original, by the default settings.
 * @param original its path, or its bytes
 * @throws {TailorError} where it is no picture, or too large a one; the file system's error where it cannot be read
 * @example
 * photos.img("shop/bag.jpg", { shape: "640w", info: await getInfo("photos/shop/bag.jpg") })
 */
export const getInfo = async (original: string | Uint8Array): Promise<Info> => {
  const { limits, settings } = resolveConfig(DEFAULTS, surroundings())
  const renderer = createRenderer(limits)
  const leave = await gate.enter(1)
  try {
    const bytes = typeof original === "string" ? await readFile(original) : original
    const rendered = await renderer.render(bytes, await renderer.inspect(bytes), infoRecipe(settings))
    return JSON.parse(new TextDecoder().decode(rendered.bytes)) as Info
  } finally {
    leave()
  }
}
