/** Render slots: how many renders run at once, and how slow ones give way. */
import { setImmediate as nextTurn } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { createRenderSlots, type RenderSlot, type RenderSlots } from "./render-slots.ts"

const NEVER = new AbortController().signal

/** Requests slots and records those that were given. */
const createRenders = (slots: RenderSlots): { readonly held: RenderSlot[]; readonly start: () => void } => {
  const held: RenderSlot[] = []
  return { held, start: () => void slots.acquire(1, NEVER).then((slot) => held.push(slot)) }
}

describe("createRenderSlots", () => {
  it("gives the slot of a slow render to the next one", async () => {
    const { held, start } = createRenders(createRenderSlots({ renders: 1, queue: 10 }))
    for (let n = 0; n < 2; n++) start()
    await nextTurn()
    expect(held.length).toBe(1)
    held[0]?.giveWay()
    await nextTurn()
    expect(held.length).toBe(2)
  })

  it("lets at most as many slow renders run as ordinary ones, and further slow ones keep their slot", async () => {
    const { held, start } = createRenders(createRenderSlots({ renders: 2, queue: 10 }))
    for (let n = 0; n < 6; n++) start()
    for (let n = 0; n < 4; n++) {
      await nextTurn()
      held[n]?.giveWay()
    }
    await nextTurn()
    expect(held.length).toBe(4)
    // A slow one ends: the next slow one takes its place and gives way.
    held[0]?.release()
    await nextTurn()
    expect(held.length).toBe(5)
    // An ordinary slot is released by a render that waits for a slow slot.
    held[3]?.release()
    await nextTurn()
    expect(held.length).toBe(6)
  })

  it("counts a slot once, however often it is released or gives way", async () => {
    const { held, start } = createRenders(createRenderSlots({ renders: 1, queue: 10 }))
    for (let n = 0; n < 4; n++) start()
    await nextTurn()
    held[0]?.giveWay()
    held[0]?.giveWay()
    held[0]?.release()
    held[0]?.release()
    held[0]?.giveWay()
    await nextTurn()
    expect(held.length).toBe(2)
    held[1]?.release()
    await nextTurn()
    expect(held.length).toBe(3)
  })

  it("keeps a slow slot free when a render ends in the moment in which it becomes slow", async () => {
    const { held, start } = createRenders(createRenderSlots({ renders: 1, queue: 10 }))
    for (let n = 0; n < 3; n++) start()
    await nextTurn()
    held[0]?.giveWay()
    held[0]?.release()
    await nextTurn()
    held[1]?.giveWay()
    await nextTurn()
    expect(held.length).toBe(3)
  })

  it("refuses a render that would make the queue too long", async () => {
    const slots = createRenderSlots({ renders: 1, queue: 0 })
    await slots.acquire(1, NEVER)
    await expect(slots.acquire(1, NEVER)).rejects.toMatchObject({ code: "busy" })
  })
})
