/** Some trials of `npm run stress -- --only crashes`. */
import { expect, it } from "vitest"

import { crashes } from "./crashes.ts"
import { tryPart } from "./part.ts"

it("a killed process leaves no truncated or stale rendition, in a folder or in a bucket", async () => {
  const { trials, broken } = await tryPart(crashes, { count: 2, seconds: 8, seed: 1 })
  expect(broken).toEqual([])
  expect(trials).toBeGreaterThan(0)
}, 60_000)
