/** Some of the hostile originals of `npm run stress`. */
import { expect, it } from "vitest"

import { hostile } from "./hostile-files.ts"
import { tryPart } from "./part.ts"

it.skipIf(process.platform !== "linux")(
  "hostile originals are answered in time within limits of memory, change no other rendition, and do not stop SIGTERM",
  async () => {
    const { trials, broken } = await tryPart(hostile, { count: 7, seconds: 60, seed: 1 })
    expect(broken).toEqual([])
    expect(trials).toBeGreaterThan(6)
  },
  60_000,
)
