/** Tests of the redirect flow: CDN, website endpoint, API and function, on a real S3 server. */
import sharp from "sharp"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"

import type { EventV1, EventV2, ProxyResult } from "../../src/aws/events.ts"
import { loadRedirect } from "../../src/aws/function-config.ts"
import { createRedirectHandler, type RedirectHandler } from "../../src/aws/redirect.ts"
import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { encodeKey } from "../../src/sizes/key.ts"
import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import { flat, noise } from "../support/photos.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"
import { type Front, type Shape, startApi, startCdn, startWebsite, visit } from "../support/website.ts"

let server: S3Server
const fronts: Front[] = []
beforeAll(async () => {
  if (versitygw === undefined) return
  server = await startVersitygw()
})
afterEach(async () => {
  await Promise.all(fronts.splice(0).map((front) => front.close()))
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
afterAll(() => server?.stop())

const SIZES = "360x270,100h,600w"
const KEY = "produs_227613/360x270/img.AZ70KuRzw9.jpg"
const ORIGINAL = "produs_227613/img.AZ70KuRzw9.jpg"

/** Every log line of the functions. */
const watchLog = (): (() => string) => {
  const written: string[] = []
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean(written.push(String(text))))
  return () => written.join("")
}

const handlerOf = (bucket: string, cdnUrl: string, more: Readonly<Record<string, string>> = {}): RedirectHandler => {
  vi.stubEnv("AWS_KEY", ROOT.accessKeyId)
  vi.stubEnv("AWS_SECRET", ROOT.secretAccessKey)
  const env = { BUCKET: bucket, CDN_URL: cdnUrl, SIZES, IMGTAILOR_S3_ENDPOINT: server.endpoint, ...more }
  return createRedirectHandler(() => loadRedirect(env))
}

const eventOf = (query: string, more: Partial<EventV2> = {}): EventV2 => ({
  version: "2.0",
  rawPath: "/prod/resizer",
  rawQueryString: query,
  headers: { accept: "image/avif,image/webp,*/*" },
  requestContext: { stage: "prod", http: { method: "GET" } },
  ...more,
})

const keyOf = (key: string): string => `key=${encodeKey(key)}`

let buckets = 0

/** A new bucket with one photo. */
const bucketWith = async (photos: Readonly<Record<string, Buffer>> = {}): Promise<string> => {
  const bucket = `shop-${++buckets}`
  await server.createBucket(bucket)
  const all = { [ORIGINAL]: await flat({ width: 800, height: 600 }), ...photos }
  for (const [key, bytes] of Object.entries(all)) await server.putObject(bucket, key, bytes)
  return bucket
}

interface Flow {
  readonly bucket: string
  readonly cdn: string
  readonly log: () => string
}

const startFlow = async (shape: Shape = "http-api", defaultSeconds = 0, photos = {}): Promise<Flow> => {
  const log = watchLog()
  const bucket = await bucketWith(photos)
  let apiUrl = ""
  const website = await startWebsite(server, bucket, () => apiUrl)
  const cdn = await startCdn(website.url, defaultSeconds)
  const api = await startApi(handlerOf(bucket, cdn.url), shape)
  apiUrl = api.url
  fronts.push(website, cdn, api)
  return { bucket, cdn: cdn.url, log }
}

const balancer = async (handler: RedirectHandler, key: string): Promise<ProxyResult> => {
  const event: EventV1 = {
    httpMethod: "GET",
    path: "/resizer",
    headers: {},
    queryStringParameters: { key: encodeKey(key) },
    requestContext: { elb: {} },
  }
  return handler(event)
}

const textOf = ({ statusCode, body }: ProxyResult): string => `${statusCode} ${body}`

describe.skipIf(versitygw === undefined)("the redirect flow", () => {
  it.each<Shape>(["http-api", "rest-api"])(
    "the first request through a %s is answered after two redirects, and later ones directly",
    async (shape) => {
      const { bucket, cdn } = await startFlow(shape)
      const first = await visit(`${cdn}/${KEY}`)
      expect(first.status).toBe(200)
      expect(first.redirects).toEqual([expect.stringContaining("/prod/resizer?key="), `${cdn}/${KEY}`])
      expect(await sharp(first.body).metadata()).toMatchObject({ format: "jpeg", width: 360, height: 270 })
      expect(await server.keysIn(bucket)).toEqual([KEY, ORIGINAL].toSorted())
      expect(first.headers.get("cache-control")).toContain("s-maxage")
      for (let repeat = 0; repeat < 20; repeat++) {
        const again = await visit(`${cdn}/${KEY}`)
        expect([again.status, again.redirects]).toEqual([200, []])
        expect(again.body.equals(first.body)).toBe(true)
      }
    },
  )

  it("a CDN that caches no redirects requests a photo once, and one that caches them requests it every time", async () => {
    const naive = await startFlow("http-api", 86_400)
    for (let repeat = 0; repeat < 5; repeat++) {
      const { status, redirects } = await visit(`${naive.cdn}/${KEY}`)
      // The CDN never sees that the photo is stored: it redirects to the function, which redirects back or answers with the image.
      expect([status, redirects.length > 0]).toEqual([200, true])
    }
    expect(naive.log().match(/"msg":"request"/g)?.length).toBeGreaterThanOrEqual(5)
    expect(naive.log()).toContain("a CDN that caches redirects")

    const correct = await startFlow("http-api", 0)
    for (let repeat = 0; repeat < 5; repeat++) expect((await visit(`${correct.cdn}/${KEY}`)).status).toBe(200)
    expect(correct.log().match(/"msg":"request"/g)?.length).toBe(1)
  })

  it.each(["a b", "a+b", "100%", "größe", "😀", "IMG & Co", "what?", "#1", "a=b", "Ünï'()*!"])(
    "a photo named %s is rendered",
    async (name) => {
      const original = `shop/${name}.JPG`
      const { cdn, bucket } = await startFlow("http-api", 0, { [original]: await flat({ width: 400, height: 400 }) })
      const key = `shop/100h/${name}.JPG`
      const { status, redirects } = await visit(`${cdn}/${encodeKey(key)}`)
      expect([status, redirects.at(-1)]).toEqual([200, `${cdn}/${encodeKey(key)}`])
      expect(await server.keysIn(bucket)).toHaveLength(3)
    },
  )

  it("an unlisted size redirects to the snapped one if unknownSize is snap", async () => {
    const bucket = await bucketWith()
    const handler = handlerOf(bucket, "https://cdn.example", { IMGTAILOR_UNKNOWN_SIZE: "snap" })
    const log = watchLog()
    for (let repeat = 0; repeat < 3; repeat++) {
      const { statusCode, headers } = await handler(eventOf(keyOf("produs_227613/300x225/img.AZ70KuRzw9.jpg")))
      expect([statusCode, headers?.["location"], headers?.["cache-control"]]).toEqual([
        301,
        `https://cdn.example/${encodeKey(KEY)}`,
        "no-store",
      ])
    }
    expect(await server.keysIn(bucket)).toEqual([KEY, ORIGINAL].toSorted())
    expect(log()).not.toContain("a race")
    const refused = await handlerOf(bucket, "https://cdn.example")(eventOf(keyOf("produs_227613/300x225/a.jpg")))
    expect(refused.statusCode).toBe(400)
  })

  it("loadRedirect refuses compat", async () => {
    await expect(
      loadRedirect({ BUCKET: "b", CDN_URL: "https://cdn.example", IMGTAILOR_COMPAT: "ipx" }),
    ).rejects.toThrow(/compat: Expected none/)
  })

  it("a REST API finds photos with spaces and pluses in their names", async () => {
    const photo = await flat({ width: 400, height: 400 })
    const { cdn } = await startFlow("rest-api", 0, { "a b.jpg": photo, "c+d.jpg": photo })
    for (const path of ["a%20b", "c%2Bd", "c+d"]) {
      // The website copies the requested path, so a plus stays a plus, which the API decodes to a space.
      const { status } = await visit(`${cdn}/100h/${path}.jpg`)
      expect([path, status]).toEqual([path, 200])
    }
  })

  it("an error is an error response, not a redirect", async () => {
    const broken = (await flat({ width: 400, height: 400 })).subarray(0, 300)
    const { cdn, bucket } = await startFlow("http-api", 0, {
      "broken.jpg": broken,
      "text.jpg": Buffer.from("no photo"),
    })
    const before = await server.keysIn(bucket)
    for (const [path, status, code] of [
      ["shop/100h/missing.jpg", 404, "original-not-found"],
      ["shop/999x9/a.jpg", 400, "size-not-allowed"],
      ["100h/broken.jpg", 422, "corrupt-original"],
      ["100h/text.jpg", 415, "unsupported-original"],
      ["a.jpg", 400, "bad-url"],
      ["600w/100h/a.jpg", 404, "original-not-found"],
    ] as const) {
      const last = await visit(`${cdn}/${path}`)
      expect([path, last.status, last.redirects.length]).toEqual([path, status, 1])
      expect(last.body.toString()).toContain(code)
      expect(last.headers.get("location")).toBeNull()
    }
    expect(await server.keysIn(bucket)).toEqual(before)
  })
})

describe.skipIf(versitygw === undefined)("the function of the redirect flow", () => {
  const CDN = "https://images.example.com"

  it("the redirect is an uncacheable 301 to the canonical URL", async () => {
    watchLog()
    const bucket = await bucketWith({ "shop/a+b.jpg": await flat({ width: 200, height: 200 }) })
    const handler = handlerOf(bucket, `${CDN}/`)
    const result = await handler(eventOf("key=shop/100h/a+b.jpg", { rawPath: "/resize" }))
    expect(result).toMatchObject({ statusCode: 301, body: "" })
    expect(result.headers).toMatchObject({ location: `${CDN}/shop/100h/a%2Bb.jpg`, "cache-control": "no-store" })
  })

  it("a plus in the key is read as a plus if such a photo exists, else as a space", async () => {
    watchLog()
    const photo = await flat({ width: 200, height: 200 })
    const bucket = await bucketWith({ "a+b.jpg": photo, "a b.jpg": photo, "c d.jpg": photo })
    const handler = handlerOf(bucket, CDN)
    expect((await handler(eventOf("key=100h/a+b.jpg"))).headers?.["location"]).toBe(`${CDN}/100h/a%2Bb.jpg`)
    expect((await handler(eventOf("key=100h/c+d.jpg"))).headers?.["location"]).toBe(`${CDN}/100h/c%20d.jpg`)
    expect(textOf(await handler(eventOf("key=100h/e+f.jpg")))).toMatch(/^404 .*e\+f/)
  })

  it("the stored format depends on the key and not on Accept", async () => {
    watchLog()
    const bucket = await bucketWith()
    const handler = handlerOf(bucket, CDN)
    await handler(eventOf(keyOf(KEY)))
    expect(await server.keysIn(bucket)).toEqual([KEY, ORIGINAL].toSorted())
    await handler(eventOf(keyOf(`${KEY}.webp`)))
    expect((await server.ask(bucket, `${KEY}.webp`)).headers.get("content-type")).toBe("image/webp")
  })

  it.each([
    ["", "400 bad-url"],
    ["size=100h", "400 bad-url"],
    ["key=", "404 no-image"],
    ["key=100h/a&b.jpg", "400 bad-url"],
    ["key=100h/100%.jpg", "400 bad-url"],
    ["key=/100h/a.jpg", "400 bad-url"],
    ["key=100h/../a.jpg", "400 bad-url"],
    ["key=100h/a%00.jpg", "400 bad-url"],
    ["key=360x270/100h/a.jpg", "404 original-not-found"],
    ["key=info/100h/a.jpg", "404 original-not-found"],
  ])("the query %j is refused before any request to the bucket", async (query, refusal) => {
    watchLog()
    // The bucket does not exist, so a request to it would be another error.
    const handler = handlerOf("no-such-bucket", CDN)
    expect(textOf(await handler(eventOf(query)))).toContain(refusal)
  })

  it("the published list is answered without a redirect", async () => {
    watchLog()
    const result = await handlerOf(await bucketWith(), CDN)(eventOf("key=imgtailor.json"))
    expect(result).toMatchObject({ statusCode: 200, headers: { "content-type": "application/json" } })
    expect(textOf(result)).toContain(JSON.stringify({ sizes: SIZES.split(",") }).slice(1, -1))
  })

  it("other paths and methods are refused", async () => {
    watchLog()
    const handler = handlerOf("no-such-bucket", CDN)
    expect(textOf(await handler(eventOf(keyOf(KEY), { rawPath: "/prod/other" })))).toContain("400 bad-url")
    const http = { stage: "prod", http: { method: "POST" } }
    expect(textOf(await handler(eventOf(keyOf(KEY), { requestContext: http })))).toContain("405 method-not-allowed")
  })

  it("a stored rendition is answered with its bytes, uncacheable, and logged", async () => {
    const log = watchLog()
    const bucket = await bucketWith()
    const handler = handlerOf(bucket, CDN)
    await handler(eventOf(keyOf(KEY)))
    const again = await handler(eventOf(keyOf(KEY), { headers: { range: "bytes=0-1", "if-none-match": "*" } }))
    expect(again).toMatchObject({ statusCode: 200, isBase64Encoded: true, headers: { "cache-control": "no-store" } })
    expect(await sharp(Buffer.from(again.body, "base64")).metadata()).toMatchObject({ width: 360 })
    expect(log()).toContain("a race, or a CDN that caches redirects")
  })

  it("a stored rendition of a replaced photo is rendered again", async () => {
    watchLog()
    const bucket = await bucketWith()
    const handler = handlerOf(bucket, CDN)
    await handler(eventOf(keyOf(KEY)))
    const before = (await server.ask(bucket, KEY)).headers.get("etag")
    await server.putObject(bucket, ORIGINAL, await flat({ width: 800, height: 600, colour: [1, 2, 3] }))
    expect((await handler(eventOf(keyOf(KEY)))).statusCode).toBe(301)
    expect((await server.ask(bucket, KEY)).headers.get("etag")).not.toBe(before)
  })

  it("a rendition that cannot be stored is answered itself, or with an error if it is too long", async () => {
    const log = watchLog()
    const bucket = await bucketWith({ "noise.png": await noise({ width: 600, height: 600 }) })
    const reader = await server.createUser(`reader-${buckets}`)
    const Resource = [`arn:aws:s3:::${bucket}/*`]
    await server.setPolicy(bucket, [
      { Effect: "Allow", Principal: { AWS: reader.accessKeyId }, Action: "s3:GetObject", Resource },
    ])
    const place = { bucket, endpoint: server.endpoint, credentials: reader }
    const stores = { originals: s3Originals(place), renditions: s3Renditions(place), sharedStore: true }
    const config = resolveConfig({ ...stores, sizes: SIZES.split(",") }, environment())
    const handler = createRedirectHandler(async () => ({ config, cdnUrl: CDN }))
    const short = await handler(eventOf(keyOf(KEY)))
    expect(short).toMatchObject({ statusCode: 200, isBase64Encoded: true, headers: { "cache-control": "no-store" } })
    expect(log()).toContain("storeFailure")
    expect(textOf(await balancer(handler, "600w/noise.png"))).toContain("502 store-unavailable")
    expect(await server.keysIn(bucket)).toEqual(["noise.png", ORIGINAL])
  })

  it("a rendition too long for a response redirects while it is new, and is a loop later", async () => {
    const log = watchLog()
    const bucket = await bucketWith({ "noise.png": await noise({ width: 600, height: 600 }) })
    const handler = handlerOf(bucket, CDN)
    for (let request = 0; request < 2; request++)
      expect(await balancer(handler, "600w/noise.png")).toMatchObject({ statusCode: 301, body: "" })

    const stored = await server.ask(bucket, "600w/noise.png")
    const old = String(Date.now() - 61_000)
    const record = [...stored.headers].filter(([name]) => /^x-amz-meta-|^content-type$/.test(name))
    const headers = { ...Object.fromEntries(record), "x-amz-meta-modified": old }
    const body = new Uint8Array(await stored.arrayBuffer())
    expect((await server.ask(bucket, "600w/noise.png", { method: "PUT", headers, body })).ok).toBe(true)
    expect(textOf(await balancer(handler, "600w/noise.png"))).toContain("508 redirect-loop")
    expect(log()).toContain("redirect-loop")
  })

  it("mistakes in the settings are logged and not in the response", async () => {
    const log = watchLog()
    const call = (env: Record<string, string>): Promise<ProxyResult> =>
      createRedirectHandler(() => loadRedirect(env))(eventOf(keyOf(KEY)))
    expect(textOf(await call({}))).toBe("500 500 internal: An internal error occurred.\n")
    expect(log()).toContain("BUCKET: Expected")
    expect(log()).toContain("CDN_URL: Expected")
    await call({ BUCKET: "shop", CDN_URL: "images.example.com", SIZES })
    expect(log()).toContain("Expected a URL such as https://images.example.com")
    await call({ BUCKET: "shop", CDN_URL: CDN, SIZES: "360x", AWS_REGION: "eu-central-1" })
    expect(log()).toContain("sizes.0")
  })
})
