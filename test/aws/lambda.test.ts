/** Tests of the function of the direct flow: its response and the stored object, in one piece and streamed. On a real S3 server. */
import { PassThrough, type Writable } from "node:stream"

import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest"

import { shortenedForCdn } from "../../src/aws/cdn-caching.ts"
import type { EventV1, EventV2, ProxyResult } from "../../src/aws/events.ts"
import { loadFunction } from "../../src/aws/function-config.ts"
import { type BufferedHandler, createLambdaHandler, type StreamedHandler } from "../../src/aws/lambda.ts"
import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import type { Renditions } from "../../src/store/store.ts"
import { startFaultyS3 } from "../support/faulty-s3.ts"
import { flat, noise } from "../support/photos.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"
import { fixture } from "./fixture.ts"

let server: S3Server
beforeAll(async () => {
  if (versitygw === undefined) return
  server = await startVersitygw()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})
afterAll(() => server?.stop())

let pairs = 0

interface Buckets {
  readonly originals: string
  readonly renditions: string
}

const newBuckets = async (): Promise<Buckets> => {
  pairs += 1
  const buckets = { originals: `originals-${pairs}`, renditions: `renditions-${pairs}` }
  for (const bucket of Object.values(buckets)) await server.createBucket(bucket)
  return buckets
}

const place = (bucket: string): { bucket: string; endpoint: string; credentials: typeof ROOT } => ({
  bucket,
  endpoint: server.endpoint,
  credentials: ROOT,
})

const handlerOf = (
  { originals, renditions }: Buckets,
  streams = false,
  wrap: (store: Renditions) => Renditions = (store) => store,
  { edgeBasePath, ...more }: Partial<TailorOptions> & { readonly edgeBasePath?: string } = {},
): BufferedHandler | StreamedHandler => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true)
  const options: TailorOptions = {
    originals: s3Originals(place(originals)),
    renditions: wrap(s3Renditions({ ...place(renditions), cacheControl: "public, max-age=60" })),
    cacheControl: "public, max-age=60",
    sizes: ["360x270", "600w"],
    limits: { cacheBytes: 0 },
    ...more,
  }
  const config = resolveConfig(options, environment())
  const grammar = { ...config.grammar, ...(edgeBasePath !== undefined && { basePath: edgeBasePath }) }
  return createLambdaHandler(async () => ({ config: { ...config, grammar }, cdnUrl: "" }), streams)
}

const call = async (handler: BufferedHandler | StreamedHandler, event: EventV1 | EventV2): Promise<ProxyResult> =>
  (handler as BufferedHandler)(event)

const eventOf = (rawPath: string, headers: Readonly<Record<string, string>> = {}): EventV2 => ({
  version: "2.0",
  rawPath,
  headers: { accept: "image/avif,*/*", ...headers },
  requestContext: { domainName: "abc.lambda-url.eu-central-1.on.aws", http: { method: "GET" } },
})

const COMPARED = ["content-type", "content-length", "etag", "x-amz-meta-cache-tag"]

describe.skipIf(versitygw === undefined)("the function of the direct flow", () => {
  it.each(["function-url", "http-api-stage", "rest-api", "http-api-v1", "load-balancer"])(
    "the response to %s is the photo with the headers of the stored object",
    async (name) => {
      const buckets = await newBuckets()
      await server.putObject(buckets.originals, "produs_227613/größe 1+1.jpg", await flat({ width: 800, height: 600 }))
      const result = await call(handlerOf(buckets), await fixture(name))
      expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: true })
      const key = "produs_227613/360x270/größe 1+1.jpg"
      expect(await server.keysIn(buckets.renditions)).toEqual([key])
      const stored = await server.ask(buckets.renditions, key)
      expect(Buffer.from(result.body, "base64")).toEqual(Buffer.from(await stored.arrayBuffer()))
      for (const header of COMPARED)
        expect([header, result.headers?.[header]]).toEqual([header, stored.headers.get(header)])
      // The CDN distinguishes renditions by their URL only.
      expect(result.headers).not.toHaveProperty("vary")
      expect(result.headers).not.toHaveProperty("content-location")
    },
  )

  it("a condition is answered with 304 and a range with 206 if the rendition is stored", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const handler = handlerOf(buckets)
    const first = await call(handler, eventOf("/360x270/a.jpg"))
    const etag = first.headers?.["etag"] ?? ""
    expect(await call(handler, eventOf("/360x270/a.jpg", { "if-none-match": etag }))).toMatchObject({
      statusCode: 304,
      body: "",
    })
    const part = await call(handler, eventOf("/360x270/a.jpg", { range: "bytes=0-3" }))
    expect([part.statusCode, Buffer.from(part.body, "base64").length]).toEqual([206, 4])
  })

  it("the published list and hints contain the base path that the edge function removes", async () => {
    const { originals, renditions } = await newBuckets()
    const env = {
      IMGTAILOR_ORIGINALS: `s3://${originals}`,
      IMGTAILOR_RENDITIONS: `s3://${renditions}`,
      IMGTAILOR_S3_ENDPOINT: server.endpoint,
      IMGTAILOR_SIZES: "360x270,600w",
    }
    vi.spyOn(process.stdout, "write").mockReturnValue(true)
    for (const [path, more] of [
      ["/img/v1", { IMGTAILOR_EDGE_BASE_PATH: "/img/v1" }],
      ["", {}],
    ] as const) {
      const handler = createLambdaHandler(() => loadFunction({ ...env, ...more }), false)
      const result = await call(handler, eventOf("/imgtailor.json"))
      expect(result).toMatchObject({ statusCode: 200, headers: { "cache-control": "public, max-age=300" } })
      const body = Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8").toString()
      expect(JSON.parse(body)).toMatchObject({ sizes: ["360x270", "600w"], basePath: path })
      const etag = result.headers?.["etag"] ?? ""
      expect((await call(handler, eventOf("/imgtailor.json", { "if-none-match": etag }))).statusCode).toBe(304)
      // Hints contain the URL that clients have to request.
      const refused = await call(handler, eventOf("/info/a.jpg"))
      expect([refused.statusCode, refused.body]).toEqual([400, expect.stringContaining(`Try ${path}/info/a.jpg.json.`)])
    }
    const wrong = loadFunction({ ...env, IMGTAILOR_EDGE_BASE_PATH: "img" })
    await expect(wrong).rejects.toThrow("basePath: Expected a path like /img")
  })

  it("an error response has no cache tag", async () => {
    const handler = handlerOf(await newBuckets())
    const missing = await call(handler, eventOf("/360x270/missing.jpg"))
    expect([missing.statusCode, missing.headers?.["x-amz-meta-cache-tag"]]).toEqual([404, undefined])
    expect((await call(handler, eventOf("/361x270/a.jpg"))).statusCode).toBe(400)
  })

  it("a response whose rendition could not be stored is the photo without an ETag, and not cached", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const full = (store: Renditions): Renditions => ({ ...store, put: () => Promise.reject(new Error("full")) })
    const result = await call(handlerOf(buckets, false, full), eventOf("/360x270/a.jpg"))
    expect([result.statusCode, result.headers?.["cache-control"]]).toEqual([200, "no-store"])
    expect(result.headers).not.toHaveProperty("etag")
  })

  it("a CDN may cache a response for five minutes, and the stored object as long as configured", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const cacheControl = "public, max-age=3600, s-maxage=31536000, immutable"
    const store = s3Renditions({ ...place(buckets.renditions), cacheControl })
    const handler = handlerOf(buckets, false, () => store, { cacheControl })
    for (const request of ["rendered", "stored"]) {
      const { headers } = await call(handler, eventOf("/360x270/a.jpg"))
      expect([request, headers?.["cache-control"]]).toEqual([request, "public, max-age=3600, immutable, s-maxage=300"])
    }
    expect((await server.ask(buckets.renditions, "360x270/a.jpg")).headers.get("cache-control")).toBe(cacheControl)
  })

  it.each([
    ["public, max-age=3600, s-maxage=31536000", "public, max-age=3600, s-maxage=300"],
    ["public, max-age=86400", "public, max-age=86400, s-maxage=300"],
    ["public, max-age=300", "public, max-age=300"],
    ["max-age=9, s-maxage=60", "max-age=9, s-maxage=60"],
    ["no-store", "no-store"],
    ["private, max-age=9", "private, max-age=9"],
    ["", "s-maxage=300"],
  ])("shortenedForCdn(%j) is %j", (cacheControl, shortened) => {
    expect(shortenedForCdn(cacheControl)).toBe(shortened)
  })

  it("an original that may not be decrypted is store-denied with the missing permission, not absent", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat())
    const s3 = await startFaultyS3(server.endpoint)
    onTestFinished(s3.close)
    const message = "User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext"
    s3.fail({ kind: "error", status: 403, code: "AccessDenied", message })
    const handler = handlerOf(buckets, false, undefined, {
      originals: s3Originals({ ...place(buckets.originals), endpoint: s3.endpoint }),
    })
    let logged = ""
    vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((logged += String(text))))
    const result = await call(handler, eventOf("/360x270/a.jpg"))
    expect([result.statusCode, result.headers?.["cache-control"]]).toEqual([500, "no-store"])
    expect(logged).toContain("store-denied")
    expect(logged).toContain("Allow kms:Decrypt on the key")
  })

  it("the rendition is stored when the function ends, even if that takes long", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const slow = (store: Renditions): Renditions => ({
      ...store,
      put: async (...given) => {
        await new Promise((done) => setTimeout(done, 2500))
        return store.put(...given)
      },
    })
    await call(handlerOf(buckets, false, slow), eventOf("/360x270/a.jpg"))
    expect(await server.keysIn(buckets.renditions)).toEqual(["360x270/a.jpg"])
  })

  it("an unlisted size is answered with the snapped one, which alone is stored, if unknownSize is snap", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a b.jpg", await flat({ width: 800, height: 600 }))
    const handler = handlerOf(buckets, false, undefined, { unknownSize: "snap" })
    const snapped = await call(handler, eventOf("/300x225/a%20b.jpg"))
    const listed = await call(handler, eventOf("/360x270/a%20b.jpg"))
    expect([snapped.statusCode, snapped.body === listed.body]).toEqual([200, true])
    expect(snapped.headers?.["content-location"]).toBe("/360x270/a%20b.jpg")
    for (const header of COMPARED) expect(snapped.headers?.[header]).toBe(listed.headers?.[header])
    expect(listed.headers).not.toHaveProperty("content-location")
    expect(await server.keysIn(buckets.renditions)).toEqual(["360x270/a b.jpg"])
    expect((await call(handlerOf(buckets), eventOf("/300x225/a%20b.jpg"))).statusCode).toBe(400)
  })

  it("the response to a URL does not depend on Accept", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const result = await call(handlerOf(buckets), eventOf("/360x270/a.jpg", { accept: "IMAGE/WEBP" }))
    expect(result.headers?.["content-type"]).toBe("image/jpeg")
    expect(await server.keysIn(buckets.renditions)).toEqual(["360x270/a.jpg"])
  })

  it("a rendition too long for a response is stored, and redirects to itself", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "dir/ö.png", await noise({ width: 600, height: 600 }))
    const event: EventV1 = {
      httpMethod: "GET",
      path: "/dir/600w/%c3%b6.png",
      headers: {},
      requestContext: { elb: {} },
    }
    const result = await call(handlerOf(buckets), event)
    expect(result).toMatchObject({ statusCode: 302, body: "" })
    expect(result.headers).toMatchObject({ location: "/dir/600w/%C3%B6.png", "cache-control": "no-store" })
    expect(await server.keysIn(buckets.renditions)).toEqual(["dir/600w/ö.png"])
    const behindEdge = await call(handlerOf(buckets, false, undefined, { edgeBasePath: "/img" }), event)
    expect(behindEdge.headers?.["location"]).toBe("/img/dir/600w/%C3%B6.png")
  })

  it("a snapped rendition too long for a response redirects to the listed one, even if it has been stored for long", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "ö.png", await noise({ width: 600, height: 600 }))
    const handler = handlerOf(buckets, false, undefined, { unknownSize: "snap" })
    const ask = async (path: string): Promise<unknown> => {
      const { statusCode, headers } = await call(handler, {
        httpMethod: "GET",
        path,
        headers: {},
        requestContext: { elb: {} },
      })
      return [statusCode, headers?.["location"]]
    }
    expect(await ask("/500w/%c3%b6.png")).toEqual([302, "/600w/%C3%B6.png"])
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000)
    expect(await ask("/500w/%c3%b6.png")).toEqual([302, "/600w/%C3%B6.png"])
    expect(await ask("/600w/%c3%b6.png")).toEqual([508, undefined])
  })
})

/** The part of Lambda's runtime that streams: JSON and eight NULs precede the first byte that is written. */
const runtime = {
  streamifyResponse: (handler: StreamedHandler): StreamedHandler => handler,
  HttpResponseStream: {
    from: (stream: Writable, metadata: object): Writable => {
      const write = stream.write.bind(stream)
      let isBegun = false
      stream.write = ((chunk: Uint8Array | string): boolean => {
        if (!isBegun) write(Buffer.concat([Buffer.from(JSON.stringify(metadata)), Buffer.alloc(8)]))
        isBegun = true
        return write(chunk)
      }) as Writable["write"]
      return stream
    },
  },
}

/** The runtime's stream is an object with some of the methods of a stream. */
const asGiven = (stream: PassThrough): Writable =>
  ({
    write: stream.write.bind(stream),
    end: stream.end.bind(stream),
    on: stream.on.bind(stream),
    once: stream.once.bind(stream),
  }) as unknown as Writable

const withMethod = (method: string, event: EventV2): EventV2 => ({
  ...event,
  requestContext: { ...event.requestContext, http: { method } },
})

interface Streamed {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const stream = async (handler: BufferedHandler | StreamedHandler, event: EventV2): Promise<Streamed> => {
  const out = new PassThrough()
  const chunks: Buffer[] = []
  out.on("data", (chunk: Buffer) => chunks.push(chunk))
  const written = vi.spyOn(out, "write")
  await (handler as StreamedHandler)(event, asGiven(out))
  // On some accounts a response with an empty chunk never ends.
  expect(written.mock.calls.filter(([chunk]) => Buffer.from(chunk as Uint8Array).length === 0)).toEqual([])
  const all = Buffer.concat(chunks)
  const at = all.indexOf(Buffer.alloc(8))
  const prelude = JSON.parse(all.subarray(0, at).toString()) as Omit<Streamed, "body">
  return { ...prelude, body: all.subarray(at + 8) }
}

describe.skipIf(versitygw === undefined)("the streaming function of the direct flow", () => {
  it("a photo of any length is streamed with status and headers, and stored", async () => {
    vi.stubGlobal("awslambda", runtime)
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.png", await noise({ width: 600, height: 600 }))
    const { statusCode, headers, body } = await stream(handlerOf(buckets, true), eventOf("/600w/a.png"))
    const stored = await server.ask(buckets.renditions, "600w/a.png")
    expect([statusCode, headers["etag"]]).toEqual([200, stored.headers.get("etag")])
    expect(body.equals(Buffer.from(await stored.arrayBuffer()))).toBe(true)
  })

  it("every streamed response has a body, for every method and condition", async () => {
    vi.stubGlobal("awslambda", runtime)
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const handler = handlerOf(buckets, true)
    const whole = await stream(handler, eventOf("/360x270/a.jpg"))
    const conditions = { "if-none-match": whole.headers["etag"] ?? "", "if-modified-since": new Date().toUTCString() }
    const unchanged = await stream(handler, eventOf("/360x270/a.jpg", conditions))
    const head = await stream(handler, withMethod("HEAD", eventOf("/360x270/a.jpg", conditions)))
    for (const { statusCode, body } of [unchanged, head])
      expect([statusCode, body.equals(whole.body)]).toEqual([200, true])
    const options = await stream(handler, withMethod("OPTIONS", eventOf("/360x270/a.jpg")))
    expect([options.statusCode, options.headers["allow"], options.body.toString()]).toEqual([
      200,
      "GET, HEAD, OPTIONS",
      "\n",
    ])
    const missing = await stream(handler, withMethod("HEAD", eventOf("/360x270/b.jpg")))
    expect([missing.statusCode, missing.body.length > 0]).toEqual([404, true])
  })

  it("the rendition is stored even if the response could not be sent", async () => {
    vi.stubGlobal("awslambda", runtime)
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    const out = new PassThrough()
    out.on("error", () => {})
    out.destroy(new Error("gone"))
    const handler = handlerOf(buckets, true) as StreamedHandler
    await handler(eventOf("/360x270/a.jpg"), asGiven(out)).catch(() => {})
    expect(await server.keysIn(buckets.renditions)).toEqual(["360x270/a.jpg"])
  })

  it("the response is in one piece if the runtime does not stream", async () => {
    const buckets = await newBuckets()
    await server.putObject(buckets.originals, "a.jpg", await flat({ width: 800, height: 600 }))
    expect(await call(handlerOf(buckets, true), eventOf("/360x270/a.jpg"))).toMatchObject({ statusCode: 200 })
  })
})
