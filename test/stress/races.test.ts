/** Some trials of `npm run stress -- --only races`. */
import { expect, it } from "vitest"

import { tryPart } from "./part.ts"
import { races } from "./races.ts"

it("no request gets a version that was gone before it began, and stored renditions are of the present version, in any order of events", async () => {
  const { trials, broken } = await tryPart(races, { count: 150, seconds: 5, seed: 1 })
  expect(broken).toEqual([])
  expect(trials).toBeGreaterThan(0)
}, 60_000)
