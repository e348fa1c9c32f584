/** Values that are found once for many callers. */
import { EventEmitter, once } from "node:events"

import { expect, it } from "vitest"

import { keepFor } from "./keep-for.ts"

it("callers share one search while its value is kept", async () => {
  let searches = 0
  const find = keepFor(async () => (searches += 1), { keptMs: 3_600_000, waitMs: 3_600_000 })
  expect(await Promise.all([find(), find()])).toEqual([1, 1])
  expect(await find()).toBe(1)
})

it("a value is searched again once its time is over", async () => {
  let searches = 0
  const find = keepFor(async () => (searches += 1), { keptMs: -1, waitMs: 3_600_000 })
  expect([await find(), await find()]).toEqual([1, 2])
})

it("a caller does not wait for a long search, and a later one gets its value", async () => {
  const search = new EventEmitter()
  const find = keepFor(() => once(search, "found"), { keptMs: 3_600_000, waitMs: 5 })
  expect(await find()).toBeUndefined()
  search.emit("found", "mug.jpg")
  expect(await find()).toEqual(["mug.jpg"])
})
