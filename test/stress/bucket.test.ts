/** Some trials of `npm run stress -- --only bucket`. */
import { expect, it } from "vitest"

import { bucket } from "./bucket.ts"
import { tryPart } from "./part.ts"

it("photos in a bucket that change while S3 fails are served in their present version", async () => {
  const { trials, broken, skipped } = await tryPart(bucket, { count: 4, seconds: 3, seed: 1 })
  expect(broken).toEqual([])
  expect(trials > 0).toBe(skipped === undefined)
}, 60_000)
