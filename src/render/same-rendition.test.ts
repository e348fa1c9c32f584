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

describe("equal renditions", () => {
  it("a JPEG's base URL and its .jpeg have equal bytes, and are rendered once while they share a session", async () => {
    const renderer = createRenderer({ pixels: 1e8, animationPixels: 1e8 })
    const session = await renderer.open(await photo())
    const [base, explicit] = [await session.render(recipe(undefined)), await session.render(recipe("jpeg"))]
    expect(Buffer.from(base.bytes).equals(explicit.bytes)).toBe(true)
    const shared = await Promise.all(
      [undefined, "jpeg" as const].map((format) => session.render(recipe(format), { isShared: true })),
    )
    expect(shared[0]?.bytes).toBe(shared[1]?.bytes)
    expect(Buffer.from(shared[0]?.bytes ?? []).equals(base.bytes)).toBe(true)
    const webp = await session.render(recipe("webp"), { isShared: true })
    expect(webp.format).toBe("webp")
    session.close()
  })

  it("formats of one size that share their resized pixels have the bytes of separate renders", async () => {
    const renderer = createRenderer({ pixels: 1e8, animationPixels: 1e8 })
    for (const density of [72, 300]) {
      const original = await sharp(await photo())
        .withMetadata({ density, orientation: 6 })
        .jpeg({ quality: 90 })
        .toBuffer()
      const session = await renderer.open(original)
      const formats = [undefined, "webp", "avif"] as const
      const separate = []
      for (const format of formats) separate.push(await session.render(recipe(format)))
      const shared = await Promise.all(formats.map((format) => session.render(recipe(format), { isShared: true })))
      for (const [at, { bytes }] of separate.entries())
        expect(Buffer.from(bytes).equals(shared[at]?.bytes ?? new Uint8Array())).toBe(true)
      session.close()
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
