/**
 * Tests the S3 stores on servers that differ from Amazon's, as public reports describe MinIO, Ceph, Garage, Backblaze B2, Wasabi, R2 and
 * gateways.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest"

import { s3Originals, type S3Options, s3Renditions } from "../../src/store/s3/s3.ts"
import type { Originals, RenditionMeta, Renditions } from "../../src/store/store.ts"
import { type Quirk, type QuirkyResponse, type QuirkyS3, startQuirkyS3 } from "../support/quirky-s3.ts"

let server: QuirkyS3
beforeEach(async () => {
  server = await startQuirkyS3()
})
afterEach(() => server.stop())

const notices: string[] = []
const options = (): S3Options => ({
  bucket: "shop",
  endpoint: server.endpoint,
  credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  retries: { attempts: 3, baseMs: 1 },
  onNotice: (text) => void notices.push(text),
})
const originals = (): Originals => s3Originals(options())
const renditions = (): Renditions => s3Renditions(options())

const META: RenditionMeta = {
  original: "a.jpg",
  version: "1",
  kind: "jpeg",
  recipeId: "r",
  etag: '"ours"',
  contentType: "image/jpeg",
  modifiedMs: 1_700_000_000_000,
}
const BYTES = new TextEncoder().encode("picture")

/** Stores an object before the server behaves unusually. */
const given = async (key: string, quirk: Quirk): Promise<void> => {
  await renditions().put(key, BYTES, META)
  server.setQuirk(quirk)
}

const change =
  (changes: Readonly<Record<string, string | undefined>>): Quirk =>
  ({ headers }) => {
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) delete headers[name]
      else headers[name] = value
    }
  }

const fail =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Quirk =>
  (response) =>
    void Object.assign(response, { status, body, headers } satisfies QuirkyResponse)

const errorOf = async (promise: Promise<unknown>): Promise<{ readonly code: unknown; readonly message: string }> =>
  promise.then(
    () => ({ code: undefined, message: "no error" }),
    (error: Error & { code?: unknown }) => ({ code: error.code, message: error.message }),
  )

describe("ETags of S3-compatible servers", () => {
  it("an original without an ETag (old objects of MinIO) has its time and length as version", async () => {
    await given("a.jpg", change({ etag: undefined }))
    const stat = await originals().head("a.jpg")
    expect(stat).toMatchObject({ byteLength: BYTES.length, isStable: true })
    expect(stat?.version).toContain("GMT")
    expect((await originals().get("a.jpg"))?.stat).toEqual(stat)
  })

  it("an original without an ETag that was just written is not stable", async () => {
    const now = new Date().toUTCString()
    await given("a.jpg", change({ etag: undefined, "last-modified": now }))
    expect(await originals().head("a.jpg")).toMatchObject({ isStable: false })
  })

  it("an ETag without quotes (Ceph) is quoted in responses", async () => {
    await given("480h/a.jpg", change({ etag: "abc", "x-amz-meta-etag": undefined }))
    expect((await renditions().head("480h/a.jpg"))?.etag).toBe('"abc"')
    expect((await originals().head("480h/a.jpg"))?.version).toBe("abc")
  })

  it.each(['"d41d8cd98f00b204e9800998ecf8427e-3"', 'W/"abc"', '"00000000-0000-0000-0000-000000000001-1"'])(
    "the ETag %s of a multipart upload or a gateway is a version",
    async (etag) => {
      await given("a.jpg", change({ etag }))
      expect((await originals().head("a.jpg"))?.version).toBe(etag.replace("W/", "").replaceAll('"', ""))
    },
  )
})

describe("missing objects on S3-compatible servers", () => {
  it.each([
    ["without a body", fail(404, "")],
    ["with an HTML page", fail(404, "<!doctype html><p>not found</p><br>", { "content-type": "text/html" })],
    ["with another code", fail(404, "<Error><Code>NotFound</Code></Error>")],
    [
      "with a namespace and no message",
      fail(404, '<Error xmlns="http://s3.amazonaws.com/doc/"><Code>NoSuchKey</Code></Error>'),
    ],
    ["with leading white space", fail(404, "\n  <Error><Code>NoSuchKey</Code></Error>")],
  ])("a 404 %s is a missing original", async (_, quirk) => {
    server.setQuirk(quirk)
    expect(await originals().head("a.jpg")).toBeUndefined()
    expect(await originals().get("a.jpg")).toBeUndefined()
    expect(await renditions().get("480h/a.jpg")).toBeUndefined()
  })

  it("a missing original is gone only with the code NoSuchKey", async () => {
    server.setQuirk(fail(404, ""))
    expect(await originals().isGone?.("a.jpg")).toBe(false)
    server.setQuirk(fail(404, "<Error><Code>NoSuchKey</Code></Error>"))
    expect(await originals().isGone?.("a.jpg")).toBe(true)
  })

  it("a missing bucket is not a missing original", async () => {
    server.setQuirk(fail(404, "<Error><Code>NoSuchBucket</Code></Error>"))
    expect(await errorOf(originals().head("a.jpg"))).toMatchObject({ code: "store-unavailable" })
  })
})

describe("errors of S3-compatible servers", () => {
  it.each([
    [
      "503 of Backblaze B2",
      fail(503, "<Error><Code>ServiceUnavailable</Code><Message>no tomes available</Message></Error>"),
    ],
    ["500 of Backblaze B2", fail(500, "<Error><Code>InternalError</Code></Error>")],
    ["503 of a starting MinIO", fail(503, "<Error><Code>XMinioServerNotInitialized</Code></Error>")],
    ["429 without a body", fail(429, "")],
  ])("a %s is repeated", async (_, quirk) => {
    await renditions().put("a.jpg", BYTES, META)
    let remaining = 2
    server.setQuirk((response, request) => {
      if (remaining-- > 0) quirk(response, request)
    })
    expect((await originals().get("a.jpg"))?.bytes.length).toBe(BYTES.length)
  })

  it("the region of Garage is named in the error for a wrong one", async () => {
    const body =
      "<Error><Code>AuthorizationHeaderMalformed</Code><Message>unexpected scope</Message><Region>garage</Region></Error>"
    server.setQuirk(fail(400, body))
    const error = await errorOf(originals().head("a.jpg"))
    expect(error.code).toBe("store-denied")
    expect(error.message).toContain("The bucket is in region garage: set s3Region")
  })

  it.each([
    [
      "301 with a region in a header, without a body",
      fail(301, "", { "x-amz-bucket-region": "eu-central-2" }),
      "region eu-central-2",
    ],
    [
      "301 with another endpoint (Wasabi)",
      fail(301, "<Error><Code>PermanentRedirect</Code><Endpoint>s3.eu-central-1.wasabisys.com</Endpoint></Error>"),
      "The bucket is at s3.eu-central-1.wasabisys.com: set s3Endpoint",
    ],
    [
      "307 with another endpoint",
      fail(307, "<Error><Code>TemporaryRedirect</Code><Endpoint>shop.s3.example.com</Endpoint></Error>"),
      "The bucket is at shop.s3.example.com",
    ],
  ])("%s is denied, and says where the bucket is", async (_, quirk, text) => {
    server.setQuirk(quirk)
    const error = await errorOf(originals().get("a.jpg"))
    expect(error.code).toBe("store-denied")
    expect(error.message).toContain(text)
  })
})

describe("objects on S3-compatible servers", () => {
  it("a server that ignores ranges sends whole objects to lookups", async () => {
    await given("a.jpg", (response) => {
      if (response.status !== 206) return
      response.status = 200
      response.body = BYTES
      delete response.headers["content-range"]
    })
    expect(await originals().head("a.jpg")).toMatchObject({ byteLength: BYTES.length })
  })

  it("a server that drops metadata is noticed, and its objects are not taken for those of other programs", async () => {
    notices.length = 0
    server.setQuirk(({ headers }) => {
      for (const name of Object.keys(headers)) if (name.startsWith("x-amz-meta-")) delete headers[name]
    })
    const store = renditions()
    await store.put("480h/a.jpg", BYTES, META)
    expect(await store.get("480h/a.jpg")).toBeUndefined()
    expect(await store.head("480h/b.jpg")).toBeUndefined()
    expect(notices).toEqual([expect.stringContaining("does not store x-amz-meta-* headers")])
  })

  it("metadata whose names come back in capitals are found", async () => {
    await given("480h/a.jpg", (response) => {
      const entries = Object.entries(response.headers)
      response.headers = Object.fromEntries(
        entries.map(([name, value]) => [name.replace(/^x-amz-meta-./, (text) => text.toUpperCase()), value]),
      )
    })
    expect(await renditions().head("480h/a.jpg")).toMatchObject({ original: "a.jpg", recipeId: "r" })
  })
})

describe("lists of S3-compatible servers", () => {
  const listAll = async (): Promise<readonly string[]> => {
    const keys: string[] = []
    for await (const key of originals().list("")) keys.push(key)
    return keys
  }
  const KEYS = ["a.jpg", "b c.jpg", "d.jpg", "e.jpg", "f.jpg"]
  beforeEach(async () => {
    for (const key of KEYS) await renditions().put(key, BYTES, META)
  })

  it("pages are continued by their token", async () => {
    expect(await listAll()).toEqual(KEYS)
  })

  it("pages without a token are continued after their last key", async () => {
    server.setQuirk((response) => {
      response.body = String(response.body).replace(/<NextContinuationToken>.*<\/NextContinuationToken>/, "")
    })
    expect(await listAll()).toEqual(KEYS)
  })

  it("a server that repeats a page ends the list", async () => {
    const page =
      "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a.jpg</Key></Contents></ListBucketResult>"
    server.setQuirk(fail(200, page))
    expect(new Set(await listAll())).toEqual(new Set(["a.jpg"]))
  })

  it("keys that a server did not encode, without naming an encoding, are not decoded", async () => {
    const page = "<ListBucketResult><Contents><Key>100%25 a+b.jpg</Key></Contents></ListBucketResult>"
    server.setQuirk(fail(200, page))
    expect(await listAll()).toEqual(["100%25 a+b.jpg"])
  })
})
