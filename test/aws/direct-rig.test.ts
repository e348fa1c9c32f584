/**
 * The direct flow as a whole: nginx as CloudFront with the functions at the edge, a real S3, and the packaged functions in Node 24 under
 * Lambda's emulator (test/rig/direct.ts). Every claim about the flow is tried where visitors are.
 */
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readlink, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { afterAll, beforeAll, describe as group, expect, it } from "vitest"

import { type DirectRig, startDirectRig } from "../rig/direct.ts"
import { eventOf } from "../rig/function-url.ts"
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

const found = findTools("nginx", "versitygw", "aws-lambda-rie", "node24")
const tools = found && loadNjs(found.nginx) !== undefined ? found : undefined

/** More than Lambda takes in one piece. */
const LONG = { width: 1280, height: 1800 }
const PHOTO = "produs_227613/img.AZ70KuRzw9.jpg"

/** Names that something on the way may read as something else, each with a colour of its own. */
const AWKWARD: Readonly<Record<string, Colour>> = {
  "două cuvinte/un poză.jpg": RED,
  "doua%20cuvinte/a+b.jpg": GREEN,
  "doua cuvinte/a+b.jpg": BLUE,
  "doua cuvinte/a b.jpg": YELLOW,
  "100% & more/x&y=1?#.jpg": RED,
  "caf\u00e9.jpg": GREEN,
  "cafe\u0301.jpg": BLUE,
  "\u8336\u{1fad6}.jpg": YELLOW,
  "LOUD.JPEG": RED,
  "loud.jpeg": GREEN,
  "it's (1)*!~.jpg": BLUE,
  "a.jpg.webp.jpg": YELLOW,
}

const originals = async (): Promise<Readonly<Record<string, Uint8Array>>> => ({
  [PHOTO]: await quadrants({ width: 4000, height: 3000 }),
  "plain.jpg": await flat({ width: 800, height: 600, colour: RED }),
  "parallel.jpg": await noise({ width: 1600, height: 1200, format: "jpeg" }),
  "stepping.jpg": await flat({ width: 800, height: 600, colour: RED }),
  "staying.jpg": await flat({ width: 800, height: 600, colour: GREEN }),
  "busy-1.jpg": await flat({ width: 800, height: 600, colour: RED }),
  "busy-2.jpg": await flat({ width: 800, height: 600, colour: GREEN }),
  "busy-3.jpg": await flat({ width: 800, height: 600, colour: BLUE }),
  "broken.jpg": (await noise({ width: 800, height: 600, format: "jpeg" })).subarray(0, 20_000),
  "drawing.svg": Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  "long.png": await noise(LONG),
  ...Object.fromEntries(
    await Promise.all(
      Object.entries(AWKWARD).map(async ([key, colour]) => [key, await flat({ width: 480, height: 360, colour })]),
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
  rig = await startDirectRig({ originals: folder, places: 2, secondPassMs: 2000, node: tools.node24 })
}, 60_000)

afterAll(async () => {
  await rig?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

const ask = async (url: string, init: RequestInit = {}): Promise<Reply> => {
  const response = await fetch(url, { redirect: "manual", ...init })
  const { status, headers } = response
  return { status, headers, body: Buffer.from(await response.arrayBuffer()) }
}

const see = (path: string, init?: RequestInit): Promise<Reply> => ask(rig.url + path, init)

const isHit = ({ headers }: Reply): boolean => headers.get("cache-status") === "nginx; hit"

/** Address of an original's rendition. */
const at = (key: string, size: string): string => {
  const segments = key.split("/").map(encodeURIComponent)
  return `/${[...segments.slice(0, -1), size, segments.at(-1)].join("/")}`
}

/** Key of an original's rendition. */
const renditionOf = (key: string, size: string): string => decodeURIComponent(at(key, size).slice(1))

const stored = async (): Promise<ReadonlySet<string>> => new Set(await rig.s3.keysIn("renditions"))

/** Nothing has been called from here on. */
const clear = (): void => {
  rig.takeCalls()
  rig.origin.takeLog()
  rig.functionS3.takeLog()
}

group.skipIf(!tools)("the direct flow", () => {
  /** Asked for at the beginning, put meanwhile, looked for at the end. */
  const LATE = "late.jpg"
  it("a missing original is 404, whether S3 says so or forbids to look, and is kept no longer than it says", async () => {
    const missing = await see(at(LATE, "360x270"))
    expect([missing.status, missing.headers.get("cache-control"), missing.headers.get("location")]).toEqual([
      404,
      "public, max-age=10",
      null,
    ])
    expect(missing.body.toString()).toContain("original-not-found")
    expect(isHit(await see(at(LATE, "360x270")))).toBe(true)
    const lookUp = async (): Promise<number> => (await ask(`${rig.origin.endpoint}/renditions/none`)).status
    expect(await lookUp()).toBe(403)
    rig.origin.heal()
    rig.functionS3.heal()
    expect(await lookUp()).toBe(404)
    expect((await see("/360x270/other.jpg")).status).toBe(404)
    for (const s3 of [rig.origin, rig.functionS3]) s3.fail({ kind: "forbidden instead of missing" })
    await rig.s3.putObject("originals", LATE, await flat())
  })

  it("runs the packaged functions in Node 24", async () => {
    const programs = await Promise.all(
      (await rig.processes()).map((pid) => readlink(`/proc/${pid}/exe`).catch(() => "")),
    )
    const node24 = await realpath(tools?.node24 ?? "")
    expect(programs.filter((program) => program === node24)).toHaveLength(3)
  })

  it("a cold address is answered with the picture by one call, then by the CDN, then by the bucket", async () => {
    clear()
    const cold = await see(at(PHOTO, "360x270"))
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
    const hit = await see(at(PHOTO, "360x270"))
    expect([isHit(hit), hit.body.equals(cold.body), rig.origin.takeLog()]).toEqual([true, true, []])

    await rig.forget()
    const kept = await see(at(PHOTO, "360x270"))
    expect([kept.status, isHit(kept), kept.body.equals(cold.body)]).toEqual([200, false, true])
    expect([rig.origin.takeLog(), rig.takeCalls()]).toEqual([[`GET /renditions${at(PHOTO, "360x270")}`], []])
  })

  it("function and bucket answer the same, in every kind of rendition", async () => {
    const names = ["content-type", "content-length", "cache-control", "etag", "x-amz-meta-cache-tag", "vary"]
    const paths = [at(PHOTO, "480h"), `${at(PHOTO, "480h")}.webp`, `${at(PHOTO, "480h")}.avif`, "/info/plain.jpg.json"]
    for (const path of paths) {
      clear()
      const made = await see(path)
      await rig.forget()
      const kept = await see(path)
      expect(rig.takeCalls(), `calls for ${path}`).toEqual([path])
      const headersOf = ({ headers }: Reply): readonly (string | null)[] => names.map((name) => headers.get(name))
      expect([made.status, kept.status]).toEqual([200, 200])
      expect(headersOf(made)).toEqual(headersOf(kept))
      expect(headersOf(made)).not.toContain(null)
      expect(made.body.equals(kept.body)).toBe(true)
    }
  })

  it("eight at once in two places make one object, and all get it", async () => {
    clear()
    const path = at("parallel.jpg", "1280w")
    const replies = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(`${rig.urls[n % 2]}${path}`)))
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(new Set(replies.map(({ body }) => body.toString("base64"))).size).toBe(1)
    expect([1, 2]).toContain(rig.takeCalls().length)
    const kept = await rig.s3.ask("renditions", "1280w/parallel.jpg")
    expect(Buffer.from(await kept.arrayBuffer()).equals(replies[0]?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it("a size that is not listed is refused at the edge, and by the function without a look at S3", async () => {
    clear()
    const refused = await see(at(PHOTO, "400x300"))
    expect([refused.status, refused.headers.get("cache-control")]).toEqual([400, "public, max-age=60"])
    expect(refused.body.toString()).toContain("The nearest is 360x270")
    expect([rig.takeCalls(), rig.origin.takeLog()]).toEqual([[], []])
    const direct = await rig.call(eventOf(at(PHOTO, "400x300")))
    expect([direct.status, direct.body.toString()]).toEqual([400, refused.body.toString()])
    expect(rig.functionS3.takeLog()).toEqual([])
  })

  it("the list comes from the function, then from the CDN, and a bucket never holds it", async () => {
    clear()
    const first = await see("/imgtailor.json?v=1")
    expect(JSON.parse(first.body.toString())).toMatchObject({ sizes: ["360x270", "480h", "1280w"], basePath: "" })
    expect([first.status, first.headers.get("content-type")]).toEqual([200, "application/json"])
    const again = await see("/imgtailor.json")
    expect([again.body.toString(), isHit(again)]).toEqual([first.body.toString(), true])
    const etag = first.headers.get("etag") ?? ""
    expect((await see("/imgtailor.json", { headers: { "if-none-match": etag } })).status).toBe(304)
    expect(rig.takeCalls()).toEqual(["/imgtailor.json"])
    expect(await stored()).not.toContain("imgtailor.json")
  })

  it("what cannot be rendered is refused, stored nowhere, and kept as CloudFront keeps such a status", async () => {
    clear()
    const before = await stored()
    for (const [key, status, code] of [
      ["broken.jpg", 422, "corrupt-original"],
      ["drawing.svg", 415, "unsupported-original"],
    ] as const) {
      const refused = await see(at(key, "360x270"))
      expect([refused.status, refused.headers.get("cache-control")]).toEqual([status, "public, max-age=60"])
      expect(refused.headers.get("content-type")).toBe("text/plain; charset=utf-8")
      expect(refused.body.toString()).toContain(code)
      // CloudFront keeps no 422.
      expect(isHit(await see(at(key, "360x270")))).toBe(status === 415)
    }
    expect(await stored()).toEqual(before)
  })

  it("a store that fails is 502, and forgotten at once", async () => {
    rig.functionS3.fail({ kind: "error", status: 503, code: "SlowDown" })
    const failed = await see(at("plain.jpg", "360x270"))
    rig.functionS3.fail({ kind: "forbidden instead of missing" })
    expect([failed.status, failed.headers.get("cache-control")]).toEqual([502, "no-store"])
    expect((await see(at("plain.jpg", "360x270"))).status).toBe(200)
  })

  it("more than 6 MB is streamed", async () => {
    const long = await see(at("long.png", "1280w"))
    expect([long.status, long.headers.get("content-type")]).toEqual([200, "image/png"])
    expect(long.body.length).toBeGreaterThan(6_500_000)
    expect(await headerOf(long.body)).toMatchObject(LONG)
    const kept = await rig.s3.ask("renditions", "1280w/long.png")
    expect(Buffer.from(await kept.arrayBuffer()).equals(long.body)).toBe(true)
  })

  it("HEAD, conditions and ranges are answered, other methods are not; query and cookies change nothing", async () => {
    const path = at("plain.jpg", "480h")
    clear()
    const whole = await see(path)
    const head = await see(path, { method: "HEAD" })
    expect([head.status, head.body.length, head.headers.get("content-length")]).toEqual([
      200,
      0,
      String(whole.body.length),
    ])
    const etag = whole.headers.get("etag") ?? ""
    expect((await see(path, { headers: { "if-none-match": etag } })).status).toBe(304)
    const part = await see(path, { headers: { range: "bytes=10-19" } })
    expect([part.status, part.body]).toEqual([206, whole.body.subarray(10, 20)])
    const other = await see(`${path}?size=9999&key=../../x`, { headers: { cookie: "size=9999" } })
    expect([other.status, isHit(other), other.headers.get("etag")]).toEqual([200, true, etag])
    const posted = await see(path, { method: "POST", body: "x" })
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"])
    expect(rig.takeCalls()).toEqual([path])
  })

  it("Accept chooses among addresses, each of which is stored and kept for itself", async () => {
    clear()
    const path = at("plain.jpg", "1280w")
    const types = []
    for (const accept of ["image/avif,image/webp,*/*;q=0.8", "image/webp,*/*", "*/*"]) {
      const reply = await see(path, { headers: { accept } })
      types.push([reply.headers.get("content-type"), reply.headers.get("vary")])
    }
    expect(types).toEqual(["image/avif", "image/webp", "image/jpeg"].map((type) => [type, "Accept"]))
    expect(rig.takeCalls()).toEqual([`${path}.avif`, `${path}.webp`, path])
  })

  it("awkward names arrive, in every spelling of their addresses", async () => {
    for (const [key, colour] of Object.entries(AWKWARD)) {
      const path = at(key, "360x270")
      clear()
      const made = await see(path)
      expect([made.status, key]).toEqual([200, key])
      expect(colourDistance(await colourAt(made.body, 0.5, 0.5), colour), `colour of ${key}`).toBeLessThan(20)
      const spelt = path.replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
      expect(isHit(await see(spelt)), `a hit for ${spelt}`).toBe(true)
      await rig.forget()
      const kept = await see(path)
      expect(kept.body.equals(made.body), `bytes of ${key}`).toBe(true)
      expect(rig.takeCalls(), `calls for ${key}`).toHaveLength(1)
    }
  })

  it("a replaced original shows: deleted and invalidated by its tag once a pass, in both places, and nothing else is", async () => {
    const colourIn = async (place: string): Promise<Colour> =>
      colourAt((await ask(place + at("stepping.jpg", "360x270"))).body, 0.5, 0.5)
    for (const place of rig.urls) expect(colourDistance(await colourIn(place), RED)).toBeLessThan(20)
    await see(`${at("stepping.jpg", "480h")}.webp`)
    const staying = await see(at("staying.jpg", "360x270"))
    const { headers } = await see(at("stepping.jpg", "360x270"))
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
    // Whatever the deletions gave rise to has come by then: events are dealt with in their order.
    await rig.s3.putObject("originals", "marker.jpg", await flat())
    const passed: string[] = []
    await expect
      .poll(() => passed.push(...rig.takeSyncs().flatMap(({ originals: keys = [] }) => keys)) && passed.at(-1), {
        timeout: 5000,
      })
      .toBe("marker.jpg")
    takeOurs()
    expect(seen).toEqual([[tag], [tag]])
    expect(passed.filter((key) => key !== "marker.jpg" && key !== LATE)).toEqual(["stepping.jpg", "stepping.jpg"])
    const still = await see(at("staying.jpg", "360x270"))
    expect([isHit(still), still.body.equals(staying.body)]).toEqual([true, true])
  })

  it("with every environment busy the answer is 429, which nobody keeps", async () => {
    clear()
    rig.functionS3.fail({ kind: "silence" })
    const waiting = [see(at("busy-1.jpg", "360x270")), see(at("busy-2.jpg", "360x270"))]
    const log: string[] = []
    await expect.poll(() => log.push(...rig.functionS3.takeLog()), { timeout: 5000, interval: 20 }).toBe(2)
    expect((await see(at("busy-3.jpg", "360x270"))).status).toBe(429)

    rig.functionS3.fail({ kind: "forbidden instead of missing" })
    await rig.functionS3.close()
    await rig.functionS3.open()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    const now = await see(at("busy-3.jpg", "360x270"))
    expect(now.status).toBe(200)
    expect(colourDistance(await colourAt(now.body, 0.5, 0.5), BLUE)).toBeLessThan(20)
  })

  it("an original that comes late is found once its 404 has passed", async () => {
    await expect.poll(async () => (await see(at(LATE, "360x270"))).status, { timeout: 12_000, interval: 250 }).toBe(200)
  })
})

group.skipIf(!tools)("the direct flow without streaming", () => {
  it("what is too long is stored and asked for again; and of the whole rig nothing is left in the end", async () => {
    const long = await mkdtemp(join(folder, "long-"))
    await writeFile(join(long, "long.png"), await noise(LONG))
    const buffered = await startDirectRig({ originals: long, streams: false, made: rig.made })
    const processes = await buffered.processes()
    try {
      const cold = await ask(`${buffered.url}/1280w/long.png`)
      expect([cold.status, cold.headers.get("location"), cold.headers.get("cache-control")]).toEqual([
        302,
        "/1280w/long.png",
        "no-store",
      ])
      const again = await ask(`${buffered.url}/1280w/long.png`)
      expect([again.status, again.body.length > 6_500_000]).toEqual([200, true])
      expect(buffered.takeCalls()).toEqual(["/1280w/long.png"])
    } finally {
      await buffered.stop()
    }
    // nginx, versitygw, and three emulators with a runtime each; those that packaged have ended before.
    expect(processes).toHaveLength(8)
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
