/** Tests of createRenewals: the order, the wait for requests, and failures. */
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import type { MissRequest } from "./product.ts"
import { createRenewals } from "./renewals.ts"

const request = (key: string): MissRequest => ({ key }) as unknown as MissRequest

const start = ({ renew = async () => {} }: { readonly renew?: (key: string) => Promise<void> } = {}) => {
  const slots = { running: 0, waiting: 0 }
  const renewed: string[] = []
  const renewals = createRenewals({
    slots: { state: () => slots },
    renew: async ({ key }) => {
      renewed.push(key)
      await renew(key)
    },
  })
  return { slots, renewed, renewals }
}

describe("createRenewals", () => {
  it("createRenewals renders nothing while a request has or awaits a slot, and then the most requested first", async () => {
    const { slots, renewed, renewals } = start()
    slots.running = 1
    for (const key of ["a", "b", "c", "b", "c", "b"]) renewals.add(request(key))
    await sleep(120)
    expect([renewed, renewals.waiting()]).toEqual([[], 3])
    slots.running = 0
    await expect.poll(() => renewed).toEqual(["b", "c", "a"])
    expect(renewals.waiting()).toBe(0)
  })

  it("createRenewals renders one at a time", async () => {
    let running = 0
    const counts: number[] = []
    const { renewals, renewed } = start({
      renew: async () => {
        counts.push((running += 1))
        await sleep(1)
        running -= 1
      },
    })
    for (const key of "abcdef") renewals.add(request(key))
    await expect.poll(() => renewed.length).toBe(6)
    expect(new Set(counts)).toEqual(new Set([1]))
  })

  it("createRenewals continues after a failure, and renders a key again that is requested again", async () => {
    const { renewals, renewed } = start({
      renew: async (key) => {
        if (key === "a") throw new Error("no space")
      },
    })
    renewals.add(request("a"))
    renewals.add(request("b"))
    await expect.poll(() => renewed).toEqual(["a", "b"])
    renewals.add(request("a"))
    await expect.poll(() => renewed).toEqual(["a", "b", "a"])
  })

  it("createRenewals forgets waiting renditions", async () => {
    const { slots, renewed, renewals } = start()
    slots.waiting = 1
    renewals.add(request("a"))
    renewals.clear()
    slots.waiting = 0
    await sleep(120)
    expect(renewed).toEqual([])
  })
})
