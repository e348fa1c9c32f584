/** Deletions one by one, some of which fail. */
import { setImmediate as nextTurn } from "node:timers/promises"

import { expect, it } from "vitest"

import { removeEach } from "./remove-each.ts"

const KEYS = Array.from({ length: 100 }, (_, at) => String(at))

it("removeEach deletes the other keys after one that fails, and rejects when no deletion runs any more", async () => {
  const removed = new Set<string>()
  const removing = removeEach(KEYS, async (key) => {
    if (key === "0") throw new Error("denied")
    await nextTurn()
    removed.add(key)
    return true
  })
  await expect(removing).rejects.toThrow("denied")
  expect(removed.size).toBe(99)
})

it("removeEach gives up after ten failures", async () => {
  let calls = 0
  const remove = async (): Promise<boolean> => {
    calls += 1
    throw new Error("denied")
  }
  await expect(removeEach(KEYS, remove, 1)).rejects.toThrow("denied")
  expect(calls).toBe(10)
})
