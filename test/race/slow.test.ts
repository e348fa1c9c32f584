/** Slow renders, whose slots go to other requests, and the memory of refused originals. */
import { describe, expect, it } from "vitest"

import { originalTooCostly, originalTooLarge } from "../../src/errors.ts"
import type { Renderer, RenderSession } from "../../src/render/renderer.ts"
import { memoryOriginals, type MemoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import type { Core } from "../../src/tailor/tailor.ts"
import { createFakeRenderer, type FakeRenderer } from "../support/fake-renderer.ts"
import { createLatch } from "../support/faulty-store.ts"
import { ask, openCore } from "./support.ts"

type Latch = ReturnType<typeof createLatch>

/** A renderer whose first call of one method reports that it is slow, and ends when the latch opens. */
const slowOnce = (renderer: Renderer, method: "open" | "render", { hold }: Latch): Renderer => {
  let isFirst = true
  const stall = async (onSlow: (() => void) | undefined): Promise<void> => {
    if (!isFirst) return
    isFirst = false
    onSlow?.()
    await hold("get", method)
  }
  const slowSession = (session: RenderSession): RenderSession => ({
    ...session,
    render: async (recipe, options) => {
      await stall(options?.onSlow)
      return session.render(recipe, options)
    },
  })
  return {
    ...renderer,
    open: async (bytes, options) => {
      if (method === "open") await stall(options?.onSlow)
      const session = await renderer.open(bytes, options)
      return method === "render" ? slowSession(session) : session
    },
  }
}

const openShop = (
  wrap: (renderer: FakeRenderer) => Renderer,
  renders: number,
): { readonly core: Core; readonly photos: MemoryOriginals; readonly calls: FakeRenderer["calls"] } => {
  const photos = memoryOriginals()
  for (const name of ["a", "b", "c"]) photos.set(`${name}.jpg`, Buffer.from(name))
  const renderer = createFakeRenderer()
  const core = openCore({
    originals: photos,
    renditions: memoryRenditions(),
    renderer: wrap(renderer),
    limits: { renders },
  })
  return { core, photos, calls: renderer.calls }
}

describe("slow renders", () => {
  it.each(["open", "render"] as const)("a slow render delays no other request when %s is slow", async (method) => {
    const latch = createLatch()
    const { core } = openShop((renderer) => slowOnce(renderer, method, latch), 1)
    const slow = ask(core, "480h/a.jpg")
    await latch.reached
    expect(await ask(core, "480h/b.jpg")).toBe("b @ 480h.")
    expect(await ask(core, "480h/c.jpg")).toBe("c @ 480h.")
    latch.open()
    expect(await slow).toBe("a @ 480h.")
  })

  it("a slow render delays no other request when several sizes wait for an original that is slow to open", async () => {
    const latch = createLatch()
    const { core } = openShop((renderer) => slowOnce(renderer, "open", latch), 2)
    const slow = ["480h/a.jpg", "1280w/a.jpg"].map((key) => ask(core, key))
    await latch.reached
    const late = ask(core, "480h/a.jpg.webp")
    expect(await ask(core, "480h/b.jpg")).toBe("b @ 480h.")
    latch.open()
    expect(await Promise.all([...slow, late])).toEqual(["a @ 480h.", "a @ 1280w.", "a @ 480h.webp"])
  })
})

/** A renderer that refuses the first size that it renders. */
const refusingOnce = (renderer: Renderer, error: Error): Renderer => {
  let isFirst = true
  return {
    ...renderer,
    open: async (bytes, options) => {
      const session = await renderer.open(bytes, options)
      const isRefused = isFirst
      isFirst = false
      return isRefused ? { ...session, render: () => Promise.reject(error) } : session
    },
  }
}

describe("large originals", () => {
  it("an original that is too large for one size is rendered in another", async () => {
    const error = originalTooLarge("a side of 20000 pixels", "16383 pixels")
    const { core } = openShop((renderer) => refusingOnce(renderer, error), 4)
    expect(await ask(core, "480h/a.jpg")).toBe("original-too-large")
    expect(await ask(core, "1280w/a.jpg")).toBe("a @ 1280w.")
  })

  it("an original that is too large for any size is refused in all, until it is replaced", async () => {
    const error = originalTooCostly("500 MB of memory", "its process was ended", Infinity)
    const { core, photos, calls } = openShop((renderer) => refusingOnce(renderer, error), 4)
    expect(await ask(core, "480h/a.jpg")).toBe("original-too-large")
    expect(await ask(core, "1280w/a.jpg")).toBe("original-too-large")
    expect(calls.inspect).toBe(1)
    photos.set("a.jpg", Buffer.from("new"))
    expect(await ask(core, "1280w/a.jpg")).toBe("new @ 1280w.")
  })
})
