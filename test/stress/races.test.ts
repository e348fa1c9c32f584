/** Some trials of `npm run stress -- --only races`. */
import { expect, it } from "vitest"

import { tryPart } from "./part.ts"
import { races } from "./races.ts"

it("whatever happens in whatever order, nobody is told what was gone before, and what is stored is what is", async () => {
  const { trials, broken } = await tryPart(races, { count: 150, seconds: 5, seed: 1 })
  expect(broken).toEqual([])
  expect(trials).toBeGreaterThan(0)
}, 60_000)
