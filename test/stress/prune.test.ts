/** Some trials of `npm run stress -- --only prune`. */
import { expect, it } from "vitest"

import { tryPart } from "./part.ts"
import { prune } from "./prune.ts"

it("prune of a compressed inventory is interrupted and continued, and deletes the unlisted renditions alone", async () => {
  const { trials, broken } = await tryPart(prune, { count: 20_000, seconds: 30, seed: 1 })
  expect([trials, broken]).toEqual([20_000, []])
}, 60_000)
