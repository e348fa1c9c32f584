/** Responsible for the `info` of a local file or buffer, for servers and build tools that have the original themselves. */
import { readFile, stat } from "node:fs/promises"

import { environment } from "./config/load.ts"
import { resolveConfig } from "./config/resolve.ts"
import { originalTooLarge } from "./errors.ts"
import { createGate } from "./gate.ts"
import { createRenderer } from "./render/render.ts"
import type { Info } from "./sizes/info.ts"
import { infoRecipe } from "./sizes/recipe.ts"

/** The defaults of every tailor. */
const DEFAULTS = { originals: ".", sizes: ["1w"] }

/** A build may request all of its photos at once, and each is held in memory whole. */
const gate = createGate({ capacity: 4, maxWaiting: Infinity })

/** @throws {original-too-large} as a server does, so that a page never refers to an original that cannot be rendered */
const checkLength = async (original: string | Uint8Array, limit: number): Promise<void> => {
  if (typeof original !== "string" && !ArrayBuffer.isView(original))
    throw new TypeError(`Expected the path of a photo or its bytes as a Uint8Array, got ${String(original)}.`)
  const length = typeof original === "string" ? (await stat(original)).size : original.length
  if (length > limit) throw originalTooLarge(`${length} bytes`, `${limit} bytes`)
}

/**
 * Describes an original with the default settings, like `<dir>/info/<file>.json` does.
 * @param original path of the original, or its bytes
 * @throws {TailorError} if it is not an image that is decoded, is damaged, or is over a limit
 * @throws {TypeError} if `original` is neither a path nor bytes
 * @throws the file system's error if it cannot be read
 * @example
 * photos.img("shop/bag.jpg", { shape: "640w", info: await getInfo("photos/shop/bag.jpg") })
 */
export const getInfo = async (original: string | Uint8Array): Promise<Info> => {
  const { limits, settings } = resolveConfig(DEFAULTS, environment())
  await checkLength(original, limits.bytes)
  const release = await gate.acquire(1)
  try {
    const bytes = typeof original === "string" ? await readFile(original) : original
    const session = await createRenderer(limits).open(bytes)
    try {
      const rendered = await session.render(infoRecipe(settings))
      return JSON.parse(new TextDecoder().decode(rendered.bytes)) as Info
    } finally {
      session.close()
    }
  } finally {
    release()
  }
}
