/** Whether a forbidden object is there is asked on behalf of somebody, and for no longer than they wait. */
import { once } from "node:events"

import { expect, it } from "vitest"

import { withDeadline } from "../../tailor/deadline.ts"
import type { S3Client } from "./client.ts"
import { createAbsentOr } from "./not-found.ts"

it("asks for no longer than whoever waits for the object", async () => {
  let signal: AbortSignal | undefined
  const client: S3Client = {
    nameOf: (key) => key,
    send: async (_, options) => {
      signal = options?.signal
      if (signal) await once(signal, "abort")
      return { failure: { status: 403, code: "AccessDenied", message: "" } }
    },
  }
  const absentOr = createAbsentOr(client, { bucket: "shop", prefix: "" }, () => {})
  const failure = { status: 403, code: "AccessDenied", message: "" }
  const asked = withDeadline({ deadlineMs: 20, getClientSignal: undefined, dispose: () => {} }, (patience) =>
    absentOr(failure, "a.jpg", patience),
  )
  await expect(asked).rejects.toMatchObject({ code: "busy" })
  expect(signal?.aborted).toBe(true)
})
