/** Recipes with equal results, rendered by real sharp. */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import type { Format } from "../sizes/format.ts"
import { parseSizeList } from "../sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, type Recipe } from "../sizes/recipe.ts"
import { createRenderer } from "./render.ts"

const recipe = (format: Format | undefined): Recipe => {
  const parsed = parseSizeList(["120w"])
  if (!("list" in parsed)) throw new Error("Expected a size")
  const settings = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 1e8 }
  return imageRecipe(parsed.list[0], format, settings)
}

const photo = (): Promise<Buffer> =>
  sharp({
    create: {
      width: 300,
      height: 200,
      channels: 3,
      background: "#888",
      noise: { type: "gaussian", mean: 128, sigma: 40 },
    },
  })
    .jpeg({ quality: 90 })
    .toBuffer()

const LIMITS = { pixels: 1e8, animationPixels: 1e8 }

/** A rendition of an original that is opened for it. */
const renderAlone = async (original: Uint8Array, format: Format | undefined): Promise<Buffer> => {
  const session = await createRenderer(LIMITS).open(original)
  const { bytes } = await session.render(recipe(format))
  session.close()
  return Buffer.from(bytes)
}

describe("equal renditions", () => {
  it("a JPEG's base URL and its .jpeg have equal bytes, and are rendered once while they share a session", async () => {
    const original = await photo()
    const [base, explicit] = [await renderAlone(original, undefined), await renderAlone(original, "jpeg")]
    expect(base.equals(explicit)).toBe(true)
    const session = await createRenderer(LIMITS).open(original)
    const shared = await Promise.all(
      [undefined, "jpeg" as const].map((format) => session.render(recipe(format), { isShared: true })),
    )
    expect(shared[0]?.bytes).toBe(shared[1]?.bytes)
    expect(base.equals(shared[0]?.bytes ?? new Uint8Array())).toBe(true)
    // The last one of several is not shared any more.
    expect((await session.render(recipe("jpeg"))).bytes).toBe(shared[0]?.bytes)
    const webp = await session.render(recipe("webp"), { isShared: true })
    expect(webp.format).toBe("webp")
    session.close()
  })

  it("formats of one size that share their resized pixels have the bytes of separate renders", async () => {
    for (const density of [72, 300]) {
      const original = await sharp(await photo())
        .withMetadata({ density, orientation: 6 })
        .jpeg({ quality: 90 })
        .toBuffer()
      const formats = [undefined, "webp", "avif"] as const
      const session = await createRenderer(LIMITS).open(original)
      const first = formats.slice(0, 2).map((format) => session.render(recipe(format), { isShared: true }))
      const shared = [...(await Promise.all(first)), await session.render(recipe("avif"))]
      session.close()
      for (const [at, format] of formats.entries())
        expect((await renderAlone(original, format)).equals(shared[at]?.bytes ?? new Uint8Array())).toBe(true)
    }
  })

  it("a render that was called off does not fail another one that joined it", async () => {
    const renderer = createRenderer({ pixels: 1e8, animationPixels: 1e8, memoryBytes: 1 })
    const session = await renderer.open(await photo())
    const first = session.render(recipe("webp"))
    const controller = new AbortController()
    const left = session.render(recipe(undefined), { isShared: true, signal: controller.signal })
    const joined = session.render(recipe("jpeg"), { isShared: true })
    controller.abort()
    await expect(left).rejects.toThrow("aborted")
    expect((await joined).format).toBe("jpeg")
    await first
    session.close()
  })
})
