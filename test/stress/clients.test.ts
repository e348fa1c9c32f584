/** A smaller crowd than `npm run stress` brings. */
import { expect, it } from "vitest"

import { clients } from "./clients.ts"
import { tryPart } from "./part.ts"

it.skipIf(process.platform !== "linux")(
  "clients that say nothing, speak slowly or do not read stop nobody, and leave nothing behind",
  async () => {
    const { trials, broken } = await tryPart(clients, { count: 480, seconds: 20, seed: 1 })
    expect(broken).toEqual([])
    expect(trials).toBe(480)
  },
)
