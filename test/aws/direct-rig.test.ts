/**
 * The whole direct flow: nginx as CloudFront with the edge functions, a real S3 server, and the packaged functions in Node 24 under
 * Lambda's emulator (test/rig/direct.ts). Tests request images from the CDN, as visitors do.
 */
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readlink, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import sharp from "sharp"
import { afterAll, beforeAll, describe as group, expect, it } from "vitest"

import { shortenedForCdn } from "../../src/aws/cdn-caching.ts"
import { type DirectRig, startDirectRig } from "../rig/direct.ts"
import { eventOf } from "../rig/function-url.ts"
import { runDoctor } from "../support/doctor.ts"
import { loadNjs } from "../support/njs-edge.ts"
import {
  BLUE,
  type Colour,
  colourAt,
  colourDistance,
  describe as headerOf,
  flat,
  GREEN,
  noise,
  quadrants,
  RED,
  YELLOW,
} from "../support/photos.ts"
import { ensureBuilt } from "../support/process.ts"
import { findTools } from "../support/tools.ts"

const installed = findTools("nginx", "versitygw", "aws-lambda-rie", "node24")
const tools = installed && loadNjs(installed.nginx) !== undefined ? installed : undefined

/** Its renditions are longer than Lambda accepts in one piece. */
const LONG = { width: 1280, height: 1800 }
const PHOTO = "produs_227613/img.AZ70KuRzw9.jpg"

/** Names that a server on the way may take for another name, or sign differently. */
const AWKWARD: readonly string[] = [
  "două cuvinte/un poză.jpg",
  "doua%20cuvinte/a+b.jpg",
  "doua cuvinte/a+b.jpg",
  "doua cuvinte/a b.jpg",
  "doua cuvinte/a%2Bb.jpg",
  "doua cuvinte/a%20b.jpg",
  "poză (1).jpg",
  "100% & more/x&y=1?#.jpg",
  "100%.jpg",
  "50%25.jpg",
  "caf\u00e9.jpg",
  "cafe\u0301.jpg",
  "\u8336\u{1fad6}.jpg",
  "\u{1f408}\u200d\u2b1b.jpg",
  "写真/猫.jpg",
  "LOUD.JPEG",
  "loud.jpeg",
  "it's (1)*!~.jpg",
  "a.jpg.webp.jpg",
  "semi;colon,comma.jpg",
  "at@sign.jpg",
  "dollar$.jpg",
  "colon:.jpg",
  "[brackets].jpg",
  "{braces}.jpg",
  "less<more>.jpg",
  "pipe|.jpg",
  "caret^.jpg",
  "back\u0060tick.jpg",
  'quote".jpg',
  "equals=.jpg",
  "question?mark.jpg",
  "hash#tag.jpg",
  "a&b.jpg",
  "space/ /folder.jpg",
  "dots../in../names..jpg",
  "-minus_underscore~.jpg",
  " leading space.jpg",
  "trailing space .jpg",
  "no extension",
]

/** A colour for each name, so that no photo is taken for another. */
const colourOf = (index: number): Colour => [40 + 25 * (index % 8), 40 + 25 * Math.floor(index / 8), 128]

/** Its decoded pixels would take more than the memory of the function. */
const HUGE_AVIF = { width: 6000, height: 10_000, channels: 3, background: "#c81e1e" } as const

const originals = async (): Promise<Readonly<Record<string, Uint8Array>>> => ({
  [PHOTO]: await quadrants({ width: 4000, height: 3000 }),
  "plain.jpg": await flat({ width: 800, height: 600, colour: RED }),
  "parallel.jpg": await noise({ width: 1600, height: 1200, format: "jpeg" }),
  "stepping.jpg": await flat({ width: 800, height: 600, colour: RED }),
  "staying.jpg": await flat({ width: 800, height: 600, colour: GREEN }),
  "busy-1.jpg": await flat({ width: 800, height: 600, colour: RED }),
  "busy-2.jpg": await flat({ width: 800, height: 600, colour: GREEN }),
  "busy-3.jpg": await flat({ width: 800, height: 600, colour: BLUE }),
  "unstored.jpg": await flat({ width: 800, height: 600, colour: BLUE }),
  "encrypted.jpg": await flat({ width: 800, height: 600, colour: BLUE }),
  "huge.avif": await sharp({ create: HUGE_AVIF }).avif({ effort: 0 }).toBuffer(),
  "broken.jpg": (await noise({ width: 800, height: 600, format: "jpeg" })).subarray(0, 20_000),
  "drawing.svg": Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  "long.png": await noise(LONG),
  ...Object.fromEntries(
    await Promise.all(
      AWKWARD.map(async (key, index) => [
        key,
        await flat({ width: 48, height: 36, colour: colourOf(index), format: "png" }),
      ]),
    ),
  ),
})

let folder: string
let rig: DirectRig

beforeAll(async () => {
  if (!tools) return
  await ensureBuilt()
  folder = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  for (const [key, bytes] of Object.entries(await originals())) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), bytes)
  }
  rig = await startDirectRig({ originals: folder, places: 2, concurrency: 2, secondPassMs: 2000, node: tools.node24 })
}, 120_000)

afterAll(async () => {
  await rig?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

const send = async (url: string, init: RequestInit = {}): Promise<Reply> => {
  const response = await fetch(url, { redirect: "manual", ...init })
  const { status, headers } = response
  return { status, headers, body: Buffer.from(await response.arrayBuffer()) }
}

const get = (path: string, init?: RequestInit): Promise<Reply> => send(rig.url + path, init)

const isHit = ({ headers }: Reply): boolean => headers.get("cache-status") === "nginx; hit"

/** URL path of an original's rendition. */
const at = (key: string, size: string): string => {
  const segments = key.split("/").map(encodeURIComponent)
  return `/${[...segments.slice(0, -1), size, segments.at(-1)].join("/")}`
}

/** Key of an original's rendition. */
const renditionOf = (key: string, size: string): string => decodeURIComponent(at(key, size).slice(1))

const stored = async (): Promise<ReadonlySet<string>> => new Set(await rig.s3.keysIn("renditions"))

/** Forgets the calls so far. */
const clear = (): void => {
  rig.takeCalls()
  rig.origin.takeLog()
  rig.functionS3.takeLog()
}

const HIDING = { kind: "forbidden instead of missing" } as const

group.skipIf(!tools)("the direct flow", () => {
  /** Missing at the beginning, uploaded meanwhile, requested again at the end. */
  const LATE = "late.jpg"
  it("answers 404 for a missing original, whether S3 answers 404 or 403, and caches it for ten seconds", async () => {
    const missing = await get(at(LATE, "360x270"))
    expect([missing.status, missing.headers.get("cache-control"), missing.headers.get("location")]).toEqual([
      404,
      "public, max-age=10",
      null,
    ])
    expect(missing.body.toString()).toContain("original-not-found")
    expect(isHit(await get(at(LATE, "360x270")))).toBe(true)
    rig.origin.heal()
    rig.functionS3.heal()
    expect((await get("/360x270/other.jpg")).status).toBe(404)
    for (const s3 of [rig.origin, rig.functionS3]) s3.fail(HIDING)
    await rig.s3.putObject("originals", LATE, await flat())
  })

  it("runs the packaged functions in Node 24", async () => {
    const programs = await Promise.all(
      (await rig.processes()).map((pid) => readlink(`/proc/${pid}/exe`).catch(() => "")),
    )
    const node24 = await realpath(tools?.node24 ?? "")
    expect(programs.filter((program) => program === node24).length).toBeGreaterThanOrEqual(2)
  })

  // Before the tests of faults, which the health of the function reports.
  it("passes every check of doctor, also those of replaced and removed photos", async () => {
    const { accessKeyId, secretAccessKey } = rig.s3.keys
    const upload = ["--upload", "s3://originals", "--s3-endpoint", rig.s3.endpoint, "--s3-region", "us-east-1"]
    const { code, problems, skipped } = await runDoctor([rig.url, ...upload, "--function-url", rig.functionUrl], {
      cwd: folder,
      env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    })
    expect([code, problems, skipped]).toEqual([0, [], []])
  })

  it("answers the first request with the image by one call, the next ones from the CDN, then from the bucket", async () => {
    clear()
    const cold = await get(at(PHOTO, "360x270"))
    expect([cold.status, cold.headers.get("content-type"), isHit(cold)]).toEqual([200, "image/jpeg", false])
    expect(await headerOf(cold.body)).toMatchObject({ width: 360, height: 270, format: "jpeg" })
    const corners = [
      [0.25, 0.25, RED],
      [0.75, 0.25, GREEN],
      [0.25, 0.75, BLUE],
      [0.75, 0.75, YELLOW],
    ] as const
    for (const [x, y, colour] of corners)
      expect(colourDistance(await colourAt(cold.body, x, y), colour)).toBeLessThan(20)
    expect(rig.takeCalls()).toEqual([at(PHOTO, "360x270")])
    expect(await stored()).toContain(renditionOf(PHOTO, "360x270"))

    rig.origin.takeLog()
    const hit = await get(at(PHOTO, "360x270"))
    expect([isHit(hit), hit.body.equals(cold.body), rig.origin.takeLog()]).toEqual([true, true, []])

    await rig.emptyCaches()
    const kept = await get(at(PHOTO, "360x270"))
    expect([kept.status, isHit(kept), kept.body.equals(cold.body)]).toEqual([200, false, true])
    expect([rig.origin.takeLog(), rig.takeCalls()]).toEqual([[`GET /renditions${at(PHOTO, "360x270")}`], []])
  })

  it("answers from function and bucket with the same headers, but caches the answer of the function for five minutes", async () => {
    const names = ["content-type", "content-length", "etag", "x-amz-meta-cache-tag", "vary"]
    const paths = [at(PHOTO, "480h"), `${at(PHOTO, "480h")}.webp`, `${at(PHOTO, "480h")}.avif`, "/info/plain.jpg.json"]
    for (const path of paths) {
      clear()
      const first = await get(path)
      await rig.emptyCaches()
      const kept = await get(path)
      expect(rig.takeCalls(), `calls for ${path}`).toEqual([path])
      const headersOf = ({ headers }: Reply): readonly (string | null)[] => names.map((name) => headers.get(name))
      expect([first.status, kept.status]).toEqual([200, 200])
      expect(headersOf(first)).toEqual(headersOf(kept))
      expect(headersOf(first)).not.toContain(null)
      const [short, long] = [first, kept].map(({ headers }) => headers.get("cache-control") ?? "")
      expect(short).toContain("s-maxage=300")
      expect(short).toBe(shortenedForCdn(long ?? ""))
      expect(short).not.toBe(long)
      expect(first.body.equals(kept.body)).toBe(true)
    }
  })

  it("renders once or twice for eight simultaneous requests in two places, and answers all", async () => {
    clear()
    const path = at("parallel.jpg", "1280w")
    const replies = await Promise.all(Array.from({ length: 8 }, (_, n) => send(`${rig.urls[n % 2]}${path}`)))
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(new Set(replies.map(({ body }) => body.toString("base64"))).size).toBe(1)
    expect([1, 2]).toContain(rig.takeCalls().length)
    const kept = await rig.s3.ask("renditions", "1280w/parallel.jpg")
    expect(Buffer.from(await kept.arrayBuffer()).equals(replies[0]?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it("refuses an unlisted size at the edge, and in the function without a request to S3", async () => {
    clear()
    const refused = await get(at(PHOTO, "400x300"))
    expect([refused.status, refused.headers.get("cache-control")]).toEqual([400, "public, max-age=60"])
    expect(refused.body.toString()).toContain("The nearest is 360x270")
    expect([rig.takeCalls(), rig.origin.takeLog()]).toEqual([[], []])
    const direct = await rig.call(eventOf(at(PHOTO, "400x300")))
    expect([direct.status, direct.body.toString()]).toEqual([400, refused.body.toString()])
    // The second pass over the photo that doctor removed comes after some seconds.
    expect(rig.functionS3.takeLog().filter((line) => !line.includes("/imgtailor-doctor-"))).toEqual([])
  })

  it("publishes the list from the function, caches it, and never stores it", async () => {
    clear()
    const first = await get("/imgtailor.json?v=1")
    expect(JSON.parse(first.body.toString())).toMatchObject({ sizes: ["360x270", "480h", "1280w"], basePath: "" })
    expect([first.status, first.headers.get("content-type")]).toEqual([200, "application/json"])
    const again = await get("/imgtailor.json")
    expect([again.body.toString(), isHit(again)]).toEqual([first.body.toString(), true])
    const etag = first.headers.get("etag") ?? ""
    expect((await get("/imgtailor.json", { headers: { "if-none-match": etag } })).status).toBe(304)
    expect(rig.takeCalls()).toEqual(["/imgtailor.json"])
    expect(await stored()).not.toContain("imgtailor.json")
  })

  it("refuses an original that cannot be rendered, stores nothing, and caches the error as CloudFront does", async () => {
    clear()
    const before = await stored()
    for (const [key, status, code] of [
      ["broken.jpg", 422, "corrupt-original"],
      ["drawing.svg", 415, "unsupported-original"],
      ["huge.avif", 413, "original-too-large"],
    ] as const) {
      const refused = await get(at(key, "360x270"))
      expect([refused.status, key]).toEqual([status, key])
      expect(refused.headers.get("content-type")).toBe("text/plain; charset=utf-8")
      expect(refused.body.toString()).toContain(code)
      // CloudFront never caches 413 and 422.
      expect(isHit(await get(at(key, "360x270")))).toBe(status === 415)
    }
    expect(await stored()).toEqual(before)
  })

  it("answers 502 if the store fails, and does not cache it", async () => {
    rig.functionS3.fail({ kind: "error", status: 503, code: "SlowDown" })
    const failed = await get(at("plain.jpg", "360x270"))
    rig.functionS3.fail(HIDING)
    expect([failed.status, failed.headers.get("cache-control")]).toEqual([502, "no-store"])
    expect((await get(at("plain.jpg", "360x270"))).status).toBe(200)
  })

  it("does not let the CDN cache an image that could not be stored", async () => {
    clear()
    const path = at("unstored.jpg", "360x270")
    rig.functionS3.fail({ kind: "error", status: 403, code: "AccessDenied" }, { methods: ["PUT"] })
    const [first, second] = [await get(path), await get(path)]
    rig.functionS3.fail(HIDING)
    for (const reply of [first, second])
      expect([reply.status, reply.headers.get("cache-control"), reply.headers.get("etag"), isHit(reply)]).toEqual([
        200,
        "no-store",
        null,
        false,
      ])
    expect(rig.takeCalls()).toEqual([path, path])
    expect((await get(path)).headers.get("cache-control")).toContain("s-maxage=300")
  })

  it("answers 500 if a key of KMS is denied, never 404, and logs the missing permission", async () => {
    const message =
      "User: arn:aws:sts::123456789012:assumed-role/renderer is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/a because no identity-based policy allows the kms:Decrypt action"
    rig.functionS3.fail({ kind: "error", status: 403, code: "AccessDenied", message }, { urls: /^\/originals\// })
    const denied = await get(at("encrypted.jpg", "360x270"))
    rig.functionS3.fail(HIDING)
    expect([denied.status, denied.headers.get("cache-control")]).toEqual([500, "no-store"])
    expect(denied.body.toString()).toContain("store-denied")
    await expect.poll(rig.log).toContain("kms:Decrypt")
    expect((await get(at("encrypted.jpg", "360x270"))).status).toBe(200)
  })

  it("streams more than 6 MB", async () => {
    const long = await get(at("long.png", "1280w"))
    expect([long.status, long.headers.get("content-type")]).toEqual([200, "image/png"])
    expect(long.body.length).toBeGreaterThan(6_500_000)
    expect(await headerOf(long.body)).toMatchObject(LONG)
    const kept = await rig.s3.ask("renditions", "1280w/long.png")
    expect(Buffer.from(await kept.arrayBuffer()).equals(long.body)).toBe(true)
  })

  it("answers HEAD, conditions and ranges, and ignores query and cookies", async () => {
    const path = at("plain.jpg", "480h")
    clear()
    const whole = await get(path)
    const head = await get(path, { method: "HEAD" })
    expect([head.status, head.body.length, head.headers.get("content-length")]).toEqual([
      200,
      0,
      String(whole.body.length),
    ])
    const etag = whole.headers.get("etag") ?? ""
    expect((await get(path, { headers: { "if-none-match": etag } })).status).toBe(304)
    const part = await get(path, { headers: { range: "bytes=10-19" } })
    expect([part.status, part.body]).toEqual([206, whole.body.subarray(10, 20)])
    const other = await get(`${path}?size=9999&key=../../x`, { headers: { cookie: "size=9999" } })
    expect([other.status, isHit(other), other.headers.get("etag")]).toEqual([200, true, etag])
    const posted = await get(path, { method: "POST", body: "x" })
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"])
    expect(rig.takeCalls()).toEqual([path])
  })

  it("sends a body in every answer of the function, since Lambda may never end a stream without one", async () => {
    const call = async (path: string, method: string, headers: Record<string, string> = {}): Promise<number> => {
      const { requestContext, ...event } = eventOf(path, headers)
      const answer = await rig.call({ ...event, requestContext: { ...requestContext, http: { method } } })
      expect(answer.body.length, `the body of ${method} ${path}`).toBeGreaterThan(0)
      return answer.status
    }
    const path = at("plain.jpg", "480h")
    const etag = (await get(path)).headers.get("etag") ?? ""
    expect(await call(path, "HEAD")).toBe(200)
    expect(await call(path, "GET", { "if-none-match": etag })).toBe(200)
    expect(await call(at("none.jpg", "480h"), "HEAD")).toBe(404)
    expect(await call(path, "OPTIONS")).toBe(200)
    expect(await call("/healthz", "HEAD")).toBe(200)
  })

  it("chooses the format by Accept at the edge, and stores and caches each at its own URL", async () => {
    clear()
    const path = at("plain.jpg", "1280w")
    const types = []
    for (const accept of ["image/avif,image/webp,*/*;q=0.8", "image/webp,*/*", "*/*"]) {
      const reply = await get(path, { headers: { accept } })
      types.push([reply.headers.get("content-type"), reply.headers.get("vary")])
    }
    expect(types).toEqual(["image/avif", "image/webp", "image/jpeg"].map((type) => [type, "Accept"]))
    expect(rig.takeCalls()).toEqual([`${path}.avif`, `${path}.webp`, path])
  })

  it(
    "finds 40 awkward names: URL, signature and stored key agree, in every encoding of a URL",
    { timeout: 60_000 },
    async () => {
      expect(AWKWARD.length).toBeGreaterThanOrEqual(40)
      for (const [index, key] of AWKWARD.entries()) {
        const path = at(key, "360x270")
        clear()
        const first = await get(path)
        expect([first.status, key]).toEqual([200, key])
        expect(colourDistance(await colourAt(first.body, 0.5, 0.5), colourOf(index)), `colour of ${key}`).toBeLessThan(
          4,
        )
        const object = await rig.s3.ask("renditions", renditionOf(key, "360x270"))
        expect(
          [object.status, Buffer.from(await object.arrayBuffer()).equals(first.body)],
          `the key of ${key}`,
        ).toEqual([200, true])
        const encoded = path.replaceAll(/[!'()*~]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
        expect(isHit(await get(encoded)), `a hit for ${encoded}`).toBe(true)
        await rig.emptyCaches()
        rig.origin.takeLog()
        const kept = await get(path)
        expect([kept.status, kept.body.equals(first.body)], `${key} from the bucket`).toEqual([200, true])
        expect(rig.takeCalls(), `calls for ${key}`).toHaveLength(1)
      }
    },
  )

  it("accepts only requests that CloudFront signed, in the canonical encoding", async () => {
    const unsigned = await send(rig.functionUrl + at("plain.jpg", "360x270"))
    expect([unsigned.status, unsigned.body.toString()]).toEqual([403, expect.stringContaining("signature")])
    expect((await send(`${rig.signedFunctionUrl}/360x270/a%2Bb.jpg`)).status).toBe(404)
    expect((await send(`${rig.signedFunctionUrl}/360x270/a+b.jpg`)).status).toBe(403)
    expect((await send(`${rig.origin.endpoint}/renditions${at("plain.jpg", "480h")}`)).status).toBe(403)
  })

  it("repeats a request to an origin that resets the connection, and calls the function after three failures", async () => {
    const path = at("plain.jpg", "480h")
    await get(path)
    await rig.emptyCaches()
    clear()
    rig.origin.fail({ kind: "reset" }, { times: 2 })
    expect((await get(path)).status).toBe(200)
    expect([rig.origin.takeLog().length, rig.takeCalls()]).toEqual([3, []])

    await rig.emptyCaches()
    rig.origin.fail({ kind: "reset" }, { times: 3 })
    expect((await get(path)).status).toBe(200)
    expect([rig.origin.takeLog().length, rig.takeCalls()]).toEqual([3, [path]])
    rig.origin.fail(HIDING)
  })

  it("shows a replaced original in both places after one invalidation a pass, though every event comes twice", async () => {
    const colourIn = async (place: string): Promise<Colour> =>
      colourAt((await send(place + at("stepping.jpg", "360x270"))).body, 0.5, 0.5)
    for (const place of rig.urls) expect(colourDistance(await colourIn(place), RED)).toBeLessThan(20)
    await get(`${at("stepping.jpg", "480h")}.webp`)
    const staying = await get(at("staying.jpg", "360x270"))
    const { headers } = await get(at("stepping.jpg", "360x270"))
    const tag = `#${headers.get("x-amz-meta-cache-tag")}`
    rig.takeInvalidations()
    rig.takeSyncs()

    await rig.s3.putObject("originals", "stepping.jpg", await flat({ width: 800, height: 600, colour: BLUE }))
    const seen: (readonly string[])[] = []
    const takeOurs = (): number => seen.push(...rig.takeInvalidations().filter((paths) => paths.includes(tag)))
    await expect.poll(takeOurs, { timeout: 5000, interval: 20 }).toBe(1)
    for (const place of rig.urls) expect(colourDistance(await colourIn(place), BLUE)).toBeLessThan(20)
    expect((await stored()).has("480h/stepping.jpg.webp")).toBe(false)

    await expect.poll(takeOurs, { timeout: 10_000, interval: 50 }).toBe(2)
    // Events are delivered one after the other: after the last one, there is nothing left to invalidate.
    await rig.s3.putObject("originals", "marker.jpg", await flat())
    const changed: string[] = []
    await expect
      .poll(() => changed.push(...rig.takeSyncs().flatMap(({ originals: keys = [] }) => keys)) && changed.at(-1), {
        timeout: 5000,
      })
      .toBe("marker.jpg")
    takeOurs()
    expect(seen).toEqual([[tag], [tag]])
    expect(changed.filter((key) => key !== "marker.jpg" && key !== LATE)).toEqual(["stepping.jpg", "stepping.jpg"])
    const still = await get(at("staying.jpg", "360x270"))
    expect([isHit(still), still.body.equals(staying.body)]).toEqual([true, true])
  })

  it("invalidates nothing for a new original", async () => {
    rig.takeInvalidations()
    rig.takeSyncs()
    await rig.s3.putObject("originals", "new.jpg", await flat())
    const changed: string[] = []
    await expect
      .poll(() => changed.push(...rig.takeSyncs().flatMap(({ originals: done = [] }) => done)), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(2)
    expect(changed).toContain("new.jpg")
    expect(rig.takeInvalidations()).toEqual([])
  })

  it("answers 429 if all environments are busy, and does not cache it", async () => {
    clear()
    rig.functionS3.fail({ kind: "silence" })
    const waiting = [get(at("busy-1.jpg", "360x270")), get(at("busy-2.jpg", "360x270"))]
    const calls: string[] = []
    await expect.poll(() => calls.push(...rig.takeCalls()), { timeout: 5000, interval: 20 }).toBe(2)
    expect((await get(at("busy-3.jpg", "360x270"))).status).toBe(429)

    rig.functionS3.fail(HIDING)
    await rig.functionS3.close()
    await rig.functionS3.open()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    const now = await get(at("busy-3.jpg", "360x270"))
    expect(now.status).toBe(200)
    expect(colourDistance(await colourAt(now.body, 0.5, 0.5), BLUE)).toBeLessThan(20)
  })

  it("finds an original that was uploaded after its 404, when that expires", async () => {
    await expect.poll(async () => (await get(at(LATE, "360x270"))).status, { timeout: 12_000, interval: 250 }).toBe(200)
  })
})

group.skipIf(!tools)("the direct flow without streaming", () => {
  it("redirects to a stored rendition that is too long, and leaves no process and no file when it stops", async () => {
    const long = await mkdtemp(join(folder, "long-"))
    await writeFile(join(long, "long.png"), await noise(LONG))
    const buffered = await startDirectRig({ originals: long, isStreaming: false, deployment: rig.deployment })
    const processes = await buffered.processes()
    try {
      const cold = await send(`${buffered.url}/1280w/long.png`)
      expect([cold.status, cold.headers.get("location"), cold.headers.get("cache-control")]).toEqual([
        302,
        "/1280w/long.png",
        "no-store",
      ])
      const again = await send(`${buffered.url}/1280w/long.png`)
      expect([again.status, again.body.length > 6_500_000]).toEqual([200, true])
      expect(buffered.takeCalls()).toEqual(["/1280w/long.png"])
    } finally {
      await buffered.stop()
    }
    // nginx, versitygw, and two emulators with a runtime each.
    expect(processes).toHaveLength(6)
    const left = processes.filter((pid) => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    })
    expect(left).toEqual([])
    expect(existsSync(buffered.folder)).toBe(false)
    await expect(fetch(buffered.url)).rejects.toThrow("fetch failed")
  })
})
