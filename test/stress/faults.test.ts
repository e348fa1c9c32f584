/** Some trials of `npm run stress -- --only faults`. */
import { expect, it } from "vitest"

import { faults } from "./faults.ts"
import { tryPart } from "./part.ts"

it("a failing file system fails only the requests that need it, and leaves no partial rendition", async () => {
  const { trials, broken, skipped } = await tryPart(faults, { count: 14, seconds: 6, seed: 1 })
  expect(broken).toEqual([])
  expect(trials > 0 || skipped !== undefined).toBe(true)
}, 60_000)
