/** Sessions over a fake engine: when an original is decoded once, and when a render has memory. */
import { setImmediate as turn } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { createFakeRenderer, type FakeRendererOptions } from "../../test/support/fake-renderer.ts"
import { createLatch } from "../../test/support/faulty-store.ts"
import { parseSizeList } from "../sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, type Recipe } from "../sizes/recipe.ts"
import type { RenderSession } from "./renderer.ts"

const recipe = (size: string): Recipe => {
  const parsed = parseSizeList([size])
  if (!("list" in parsed)) throw new Error("Expected a size")
  return imageRecipe(parsed.list[0], undefined, {
    quality: DEFAULT_QUALITY,
    background: "#ffffff",
    animationPixels: 1e8,
  })
}

const PHOTO = Buffer.from("photo")
const text = async (session: RenderSession, size: string, isShared = false): Promise<string> =>
  Buffer.from((await session.render(recipe(size), { isShared })).bytes).toString()

const untilQuiet = async (): Promise<void> => {
  for (let round = 0; round < 20; round++) await turn()
}

const holdFirst = (
  name: string,
): { readonly latch: ReturnType<typeof createLatch>; readonly step: FakeRendererOptions["step"] } => {
  const latch = createLatch()
  return { latch, step: async (step) => (step === name ? latch.hold("get", name) : undefined) }
}

describe("a session", () => {
  it("decodes once for concurrent renders that are shared", async () => {
    const renderer = createFakeRenderer()
    const session = await renderer.open(PHOTO)
    const sizes = ["100w", "200w", "300w"]
    expect(await Promise.all(sizes.map((size) => text(session, size, true)))).toEqual(
      sizes.map((size) => `photo @ ${size}.`),
    )
    expect(renderer.calls).toEqual({ inspect: 1, decode: 1, render: 3 })
  })

  it("decodes for each render that is not shared", async () => {
    const renderer = createFakeRenderer()
    const session = await renderer.open(PHOTO)
    for (const size of ["100w", "200w"]) await text(session, size)
    expect(renderer.calls).toEqual({ inspect: 1, decode: 0, render: 2 })
  })

  it("renders from pixels without waiting for the memory that they hold", async () => {
    const renderer = createFakeRenderer({ peakBytes: 1000, memoryBytes: 1000 })
    const session = await renderer.open(PHOTO)
    expect(await Promise.all([text(session, "100w", true), text(session, "200w", true)])).toHaveLength(2)
    expect(renderer.state()).toMatchObject({ running: 0, waiting: 0 })
  })

  it("frees unused pixels when another original needs the memory", async () => {
    const renderer = createFakeRenderer({ peakBytes: 1000, memoryBytes: 1000 })
    const [first, second] = [await renderer.open(PHOTO), await renderer.open(Buffer.from("other"))]
    await text(first, "100w", true)
    expect(await text(second, "100w")).toBe("other @ 100w.")
    await text(first, "200w", true)
    expect(renderer.calls.decode).toBe(2)
  })

  it("stops waiting for memory when its signal aborts, and lets the next render in", async () => {
    const { latch, step } = holdFirst("render")
    const renderer = createFakeRenderer({ peakBytes: 1000, memoryBytes: 1000, step })
    const session = await renderer.open(PHOTO)
    const running = text(session, "100w")
    await latch.reached
    const abort = new AbortController()
    const waiting = session.render(recipe("200w"), { signal: abort.signal })
    const next = text(session, "300w")
    await untilQuiet()
    expect(renderer.state()).toMatchObject({ running: 1, waiting: 2 })
    abort.abort()
    await expect(waiting).rejects.toThrow(/abort/i)
    latch.open()
    expect(await running).toBe("photo @ 100w.")
    expect(await next).toBe("photo @ 300w.")
  })
})

describe("memory of renders", () => {
  it("lets a small render pass large ones that wait", async () => {
    const { latch, step } = holdFirst("render")
    const renderer = createFakeRenderer({
      memoryBytes: 1600,
      step,
      peakOf: ({ box }) => (box.width === 1 ? 100 : 1600),
    })
    const session = await renderer.open(PHOTO)
    const large = [text(session, "100w"), text(session, "200w")]
    await latch.reached
    await untilQuiet()
    expect(renderer.state()).toMatchObject({ running: 1, waiting: 1 })
    const small = text(session, "1w")
    await untilQuiet()
    expect(renderer.state()).toMatchObject({ running: 2, waiting: 1 })
    latch.open()
    await Promise.all([...large, small])
  })

  it("has a large render give up its slot while it waits, as long as few do", async () => {
    const { latch, step } = holdFirst("render")
    const renderer = createFakeRenderer({ memoryBytes: 1000, peakBytes: 1000, maxSlotless: 1, step })
    const session = await renderer.open(PHOTO)
    const given: string[] = []
    const renders = ["100w", "200w", "300w"].map((size) =>
      session.render(recipe(size), { onSlow: () => given.push(size) }),
    )
    await latch.reached
    await untilQuiet()
    expect(given).toEqual(["200w"])
    latch.open()
    await Promise.all(renders)
  })
})
