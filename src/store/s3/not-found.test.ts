import { once } from "node:events"

import { describe, expect, it } from "vitest"

import { withDeadline } from "../../tailor/deadline.ts"
import type { S3Call, S3Client } from "./client.ts"
import { createNotFound, type NotFound } from "./not-found.ts"

const DENIED = { status: 403, code: "AccessDenied", message: "Access Denied" }
const PLACE = { bucket: "shop", prefix: "" }

interface FakeBucket {
  readonly notFound: NotFound
  readonly notices: readonly string[]
  readonly calls: readonly S3Call[]
  readonly pass: (ms: number) => void
}

/** A bucket that may not be listed, in which these keys may be read. */
const bucketWith = (readable: Set<string>): FakeBucket => {
  const notices: string[] = []
  const calls: S3Call[] = []
  let nowMs = 0
  const client: S3Client = {
    nameOf: (key) => `s3://shop/${key}`,
    send: async (call) => {
      calls.push(call)
      return readable.has(call.key ?? "")
        ? { reply: { status: 206, headers: {}, body: new Uint8Array(1) } }
        : { failure: DENIED }
    },
  }
  const notFound = createNotFound(
    client,
    PLACE,
    (text) => void notices.push(text),
    () => nowMs,
  )
  return { notFound, notices, calls, pass: (ms) => void (nowMs += ms) }
}

describe("createNotFound", () => {
  it("absentOr counts a forbidden object as absent, and reports that once a minute", async () => {
    const { notFound, notices, pass } = bucketWith(new Set())
    for (const key of ["a.jpg", "b.jpg"]) expect(await notFound.absentOr(DENIED, key, {})).toBeUndefined()
    expect(notices).toEqual([
      expect.stringContaining("s3://shop/a.jpg is missing or may not be read: 403 AccessDenied"),
    ])
    pass(60_000)
    await notFound.absentOr(DENIED, "c.jpg", {})
    expect(notices).toHaveLength(2)
  })

  it("absentOr counts a forbidden object as absent while others can be read, and tries one of them every ten seconds at most", async () => {
    const { notFound, calls, pass } = bucketWith(new Set(["found.jpg"]))
    for (const key of ["other.jpg", "found.jpg"]) notFound.onFound(key)
    const tried = (): number => calls.filter(({ key }) => key === "found.jpg").length
    for (const key of ["a.jpg", "b.jpg", "c.jpg"]) expect(await notFound.absentOr(DENIED, key, {})).toBeUndefined()
    expect(tried()).toBe(1)
    pass(10_000)
    expect(await notFound.absentOr(DENIED, "d.jpg", {})).toBeUndefined()
    expect(tried()).toBe(2)
  })

  it("absentOr throws store-unavailable while objects that could be read before are forbidden too", async () => {
    const readable = new Set(["a.jpg", "b.jpg", "c.jpg"])
    const { notFound, pass } = bucketWith(readable)
    for (const key of readable) notFound.onFound(key)
    readable.clear()
    for (const key of ["a.jpg", "b.jpg", "never-seen.jpg"])
      await expect(notFound.absentOr(DENIED, key, {})).rejects.toMatchObject({
        code: "store-unavailable",
        message: expect.stringContaining("check the policy of the bucket"),
      })
    readable.add("a.jpg")
    pass(10_000)
    expect(await notFound.absentOr(DENIED, "never-seen.jpg", {})).toBeUndefined()
  })

  it("absentOr recovers at once when an object can be read again", async () => {
    const { notFound } = bucketWith(new Set(["b.jpg"]))
    for (const key of ["a.jpg", "b.jpg"]) notFound.onFound(key)
    expect(await notFound.absentOr(DENIED, "a.jpg", {})).toBeUndefined()
    notFound.onFound("b.jpg")
    expect(await notFound.absentOr(DENIED, "c.jpg", {})).toBeUndefined()
  })

  it("absentOr does not try an object against itself: a deleted original of a shop with one is absent", async () => {
    const { notFound } = bucketWith(new Set())
    notFound.onFound("only.jpg")
    expect(await notFound.absentOr(DENIED, "only.jpg", {})).toBeUndefined()
  })

  it("absentOr counts a missing object as absent after the only object that was read has been deleted", async () => {
    const { notFound } = bucketWith(new Set())
    notFound.onFound("deleted.jpg")
    expect(await notFound.absentOr(DENIED, "missing.jpg", {})).toBeUndefined()
  })

  it("absentOr counts an object as absent when S3 names the permission to list, without trying others", async () => {
    const { notFound, notices, calls } = bucketWith(new Set())
    for (const key of ["a.jpg", "b.jpg", "c.jpg"]) notFound.onFound(key)
    const message =
      'User: arn:aws:iam::123456789012:user/shop is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::shop" because no identity-based policy allows the s3:ListBucket action'
    expect(await notFound.absentOr({ ...DENIED, message }, "d.jpg", {})).toBeUndefined()
    expect({ notices, calls }).toEqual({ notices: [], calls: [] })
  })

  it("absentOr counts an archived object as absent, and reports it", async () => {
    const { notFound, notices } = bucketWith(new Set())
    const archived = { status: 403, code: "InvalidObjectState", message: "" }
    expect(await notFound.absentOr(archived, "a.jpg", {})).toBeUndefined()
    expect(notices).toEqual([expect.stringContaining("s3://shop/a.jpg is in an archive storage class")])
  })

  it("absentOr waits no longer than the caller for the list that distinguishes forbidden and missing objects", async () => {
    let signal: AbortSignal | undefined
    const client: S3Client = {
      nameOf: (key) => key,
      send: async (_, options) => {
        signal = options?.signal
        if (signal) await once(signal, "abort")
        return { failure: DENIED }
      },
    }
    const { absentOr } = createNotFound(client, PLACE, () => {})
    const deadline = { deadlineMs: 20, onDisconnect: undefined, dispose: (): void => {} }
    const asked = withDeadline(deadline, (scope) => absentOr(DENIED, "a.jpg", scope))
    await expect(asked).rejects.toMatchObject({ code: "busy" })
    expect(signal?.aborted).toBe(true)
  })
})
