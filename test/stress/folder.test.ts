/** Some trials of `npm run stress -- --only folder`. */
import { expect, it } from "vitest"

import { folder } from "./folder.ts"
import { tryPart } from "./part.ts"

it("photos in a folder that change while they are requested are served in their present version", async () => {
  const { trials, broken } = await tryPart(folder, { count: 8, seconds: 3, seed: 1 })
  expect(broken).toEqual([])
  expect(trials).toBeGreaterThan(0)
}, 60_000)
