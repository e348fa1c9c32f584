/** Render slots: the number of renders that run at once, and renders that give their slot away. */
import { setImmediate as nextTurn } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { createRenderSlots } from "./render-slots.ts"

const NEVER = new AbortController().signal

/** Requests slots and records the functions that release them. */
const start = async (limits: { readonly renders: number; readonly queue: number }, count: number) => {
  const slots = createRenderSlots(limits)
  const held: (() => void)[] = []
  for (let n = 0; n < count; n++) void slots.acquire(1, NEVER).then((release) => held.push(release))
  await nextTurn()
  return { slots, held }
}

describe("createRenderSlots", () => {
  it("gives a slot to the next render after its release", async () => {
    const { held } = await start({ renders: 2, queue: 10 }, 4)
    expect(held.length).toBe(2)
    held[0]?.()
    await nextTurn()
    expect(held.length).toBe(3)
  })

  it("counts a slot once, however often it is released", async () => {
    const { held } = await start({ renders: 1, queue: 10 }, 3)
    held[0]?.()
    held[0]?.()
    await nextTurn()
    expect(held.length).toBe(2)
  })

  it("refuses a render that would make the queue too long", async () => {
    const { slots } = await start({ renders: 1, queue: 0 }, 1)
    await expect(slots.acquire(1, NEVER)).rejects.toMatchObject({ code: "busy" })
  })

  it("lets the render of a small original overtake that of a large one", async () => {
    const { slots, held } = await start({ renders: 1, queue: 10 }, 1)
    const order: string[] = []
    void slots.acquire(5_000_000, NEVER).then(() => order.push("large"))
    void slots.acquire(1000, NEVER).then((release) => {
      order.push("small")
      release()
    })
    held[0]?.()
    await nextTurn()
    expect(order).toEqual(["small", "large"])
  })
})
