/** Fewer clients than in `npm run stress`. */
import { expect, it } from "vitest"

import { clients } from "./clients.ts"
import { tryPart } from "./part.ts"

it.skipIf(process.platform !== "linux")(
  "clients that are silent, slow or do not read delay no other client, and leave no connection open",
  async () => {
    const { trials, broken } = await tryPart(clients, { count: 480, seconds: 20, seed: 1 })
    expect(broken).toEqual([])
    expect(trials).toBe(480)
  },
)
