/** The server as a client sees it: real folders, a real socket, and requests that go out byte by byte as they are written here. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { memoryOriginals } from "../../src/store/memory.ts"
import {
  BLUE,
  colourAt,
  colourDistance,
  describe as describeImage,
  flat,
  noise,
  quadrants,
  RED,
} from "../support/photos.ts"
import { type RawResponse, type RunningServer, startServer, type ServerOptions } from "../support/server.ts"

const PHOTO = quadrants({ width: 600, height: 450 })

/** A server with one photo of four colours, `shop/a.jpg`. */
const startShop = async (options: ServerOptions = {}): Promise<RunningServer> => {
  const shop = await startServer(options)
  await shop.write("shop/a.jpg", await PHOTO)
  return shop
}

const ADDRESS = "/shop/480h/a.jpg"

/** Headers that may differ between two answers with the same rendition. */
const lasting = ({ headers }: RawResponse): Readonly<Record<string, string>> => {
  const { date: _date, "cache-status": _status, "server-timing": _timing, ...others } = headers
  return others
}

describe("a rendition", () => {
  it("is answered in the size that was asked for, with what caches and pages need", async () => {
    const shop = await startShop()
    const answer = await shop.get("/shop/360x270/a.jpg")
    expect(answer.status).toBe(200)
    expect(await describeImage(answer.body)).toMatchObject({ format: "jpeg", width: 360, height: 270 })
    expect(answer.headers).toMatchObject({
      "content-type": "image/jpeg",
      "content-length": String(answer.body.length),
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=3600, s-maxage=31536000",
      vary: "Accept",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "timing-allow-origin": "*",
      "x-content-type-options": "nosniff",
    })
    expect(answer.headers["etag"]).toMatch(/^"[\x21\x23-\x7e]+"$/)
    expect(Date.parse(answer.headers["last-modified"] ?? "")).toBeLessThanOrEqual(Date.now())
    expect(answer.headers).not.toHaveProperty("transfer-encoding")
    expect(answer.headers).not.toHaveProperty("x-powered-by")
  })

  it("is stored under its address, byte for byte as it was answered", async () => {
    const shop = await startShop()
    const answer = await shop.get(ADDRESS)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
    expect(await readFile(join(shop.renditions, "files", "shop/480h/a.jpg"))).toEqual(answer.body)
  })

  it.each([
    ["the base", "/shop/480h/a.jpg", "image/jpeg"],
    ["WebP", "/shop/480h/a.jpg.webp", "image/webp"],
    ["AVIF", "/shop/480h/a.jpg.avif", "image/avif"],
    ["facts", "/shop/info/a.jpg.json", "application/json"],
  ])("in %s has the same headers when made, when stored, after a restart and for HEAD", async (_, address, type) => {
    const shop = await startShop()
    const made = await shop.get(address)
    expect({ status: made.status, type: made.headers["content-type"] }).toEqual({ status: 200, type })
    const stored = await shop.get(address)
    await shop.tailor.idle()
    const restarted = await startServer({ photos: shop, renditions: shop.renditions })
    const later = await restarted.get(address)
    const head = await restarted.send(address, { method: "HEAD" })
    for (const other of [stored, later, head]) {
      expect(other.status).toBe(200)
      expect(lasting(other)).toEqual(lasting(made))
    }
    for (const other of [stored, later]) expect(other.body.equals(made.body)).toBe(true)
    expect(head.body.length).toBe(0)
  })

  it("is made by HEAD too, with the headers of GET", async () => {
    const shop = await startShop()
    const head = await shop.send(ADDRESS, { method: "HEAD" })
    const get = await shop.get(ADDRESS)
    expect({ head: head.status, get: get.status }).toEqual({ head: 200, get: 200 })
    expect(lasting(head)).toEqual(lasting(get))
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("of a photo named by a size's own name is found by that name only", async () => {
    const shop = await startShop({ sizes: [{ size: "120x90", name: "thumb" }] })
    expect(await describeImage((await shop.get("/shop/thumb/a.jpg")).body)).toMatchObject({ width: 120, height: 90 })
    expect((await shop.get("/shop/120x90/a.jpg")).status).toBe(400)
  })

  it("says why it is what it is: made, stored, or stored but not in step", async () => {
    const shop = await startShop()
    const made = await shop.get(ADDRESS)
    expect(made.headers["cache-status"]).toBe("imgtailor; fwd=uri-miss")
    expect(made.headers["server-timing"]).toMatch(
      /^wait;dur=\d+\.\d, fetch;dur=\d+\.\d, render;dur=\d+\.\d, store;dur=\d+\.\d$/,
    )
    expect((await shop.get(ADDRESS)).headers["cache-status"]).toBe("imgtailor; hit")
    await shop.write("shop/a.jpg", await flat({ colour: BLUE }))
    expect((await shop.get(ADDRESS)).headers["cache-status"]).toBe("imgtailor; fwd=stale")
    expect(shop.reports.map(({ outcome }) => outcome)).toEqual(["miss", "hit", "miss"])
  })

  it("says that it was waited for together with others", async () => {
    const originals = memoryOriginals()
    originals.set("a.jpg", await flat({ width: 3000, height: 2000 }))
    const shop = await startServer({ originals })
    const answers = await Promise.all(Array.from({ length: 8 }, () => shop.get("/480h/a.jpg")))
    const statuses = answers.map(({ headers }) => headers["cache-status"] ?? "")
    expect(statuses.filter((status) => status === "imgtailor; fwd=uri-miss")).toHaveLength(1)
    // One that came late, on a busy machine, finds it stored.
    expect(statuses.filter((status) => status === "imgtailor; fwd=uri-miss; collapsed").length).toBeGreaterThan(3)
    expect(new Set(answers.map(({ body }) => body.toString("base64"))).size).toBe(1)
  })

  it("is whatever the query says", async () => {
    const shop = await startShop()
    const plain = await shop.get(ADDRESS)
    for (const query of ["?", "?v=2", "?f=%0d%0aX-Injected:%20y", "?format=../../x", "?a=/480h/b.jpg", "??", "?%zz"]) {
      const answer = await shop.get(ADDRESS + query)
      expect(answer.status, `for ${query}`).toBe(200)
      expect(lasting(answer)).toEqual(lasting(plain))
    }
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("is kept for as long as is configured", async () => {
    const shop = await startShop({ cacheControl: "public, max-age=60" })
    expect((await shop.get(ADDRESS)).headers["cache-control"]).toBe("public, max-age=60")
  })
})

describe("a conditional request", () => {
  it("with the rendition's ETag in any form is answered 304, without a body and with what caches keep", async () => {
    const shop = await startShop()
    const full = await shop.get(ADDRESS)
    const etag = full.headers["etag"] ?? ""
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, `"a,b" , W/${etag}`, "*"]) {
      const answer = await shop.get(ADDRESS, { "if-none-match": value })
      expect(answer.status, `for ${value}`).toBe(304)
      for (const name of ["etag", "cache-control", "vary", "last-modified", "access-control-allow-origin"])
        expect(answer.headers[name], `for ${name}`).toBe(full.headers[name])
    }
    expect((await shop.send(ADDRESS, { method: "HEAD", headers: { "if-none-match": etag } })).status).toBe(304)
  })

  it("with another ETag, or none that parses, is answered in full", async () => {
    const shop = await startShop()
    for (const value of ['"other"', 'W/"other"', "", "etag", '"'])
      expect((await shop.get(ADDRESS, { "if-none-match": value })).status, `for ${value}`).toBe(200)
  })

  it("with a date is answered by it, unless there is an ETag too", async () => {
    const shop = await startShop()
    const { headers } = await shop.get(ADDRESS)
    const modified = headers["last-modified"] ?? ""
    const [before, after] = [-1000, 1000].map((ms) => new Date(Date.parse(modified) + ms).toUTCString())
    const statusOf = async (conditions: Record<string, string>): Promise<number> =>
      (await shop.get(ADDRESS, conditions)).status
    expect(await statusOf({ "if-modified-since": modified })).toBe(304)
    expect(await statusOf({ "if-modified-since": after ?? "" })).toBe(304)
    expect(await statusOf({ "if-modified-since": before ?? "" })).toBe(200)
    expect(await statusOf({ "if-modified-since": "yesterday" })).toBe(200)
    expect(await statusOf({ "if-modified-since": modified, "if-none-match": '"other"' })).toBe(200)
  })

  it("that demands another rendition is answered 412", async () => {
    const shop = await startShop()
    const { headers } = await shop.get(ADDRESS)
    const [etag, modified] = [headers["etag"] ?? "", headers["last-modified"] ?? ""]
    const long = new Date(0).toUTCString()
    const statusOf = async (conditions: Record<string, string>): Promise<number> =>
      (await shop.get(ADDRESS, conditions)).status
    expect(await statusOf({ "if-match": '"other"' })).toBe(412)
    // A weak tag never matches where the bytes must be the same.
    expect(await statusOf({ "if-match": `W/${etag}` })).toBe(412)
    expect(await statusOf({ "if-unmodified-since": long })).toBe(412)
    expect(await statusOf({ "if-match": etag, "if-unmodified-since": long })).toBe(200)
    expect(await statusOf({ "if-match": `"other", ${etag}` })).toBe(200)
    expect(await statusOf({ "if-match": "*" })).toBe(200)
    expect(await statusOf({ "if-unmodified-since": modified })).toBe(200)
    expect(await statusOf({ "if-match": etag, "if-none-match": etag })).toBe(304)
  })

  it("names the picture before last in vain once the original was replaced", async () => {
    const shop = await startShop()
    const old = await shop.get(ADDRESS)
    await shop.write("shop/a.jpg", await flat({ colour: BLUE }))
    const answer = await shop.get(ADDRESS, { "if-none-match": old.headers["etag"] ?? "" })
    expect(answer.status).toBe(200)
    expect(answer.headers["etag"]).not.toBe(old.headers["etag"])
  })
})

describe("a range", () => {
  it.each([
    ["bytes=0-9", 0, 10],
    ["bytes=5-", 5, undefined],
    ["bytes=-7", -7, undefined],
    ["BYTES=0-0", 0, 1],
    ["bytes=0-99999999", 0, undefined],
  ])("%s is answered 206 with that part", async (range, start, end) => {
    const shop = await startShop()
    const { body } = await shop.get(ADDRESS)
    const answer = await shop.get(ADDRESS, { range })
    expect(answer.status).toBe(206)
    expect(answer.body.equals(body.subarray(start, end))).toBe(true)
    const from = start < 0 ? body.length + start : start
    expect(answer.headers["content-range"]).toBe(`bytes ${from}-${from + answer.body.length - 1}/${body.length}`)
  })

  it("behind the end is answered 416 with the length", async () => {
    const shop = await startShop()
    const { body } = await shop.get(ADDRESS)
    const answer = await shop.get(ADDRESS, { range: `bytes=${body.length}-` })
    expect(answer.status).toBe(416)
    expect(answer.headers["content-range"]).toBe(`bytes */${body.length}`)
    expect(answer.headers["cache-control"]).toBe("no-store")
  })

  it("that is several, of another unit or no range at all is ignored", async () => {
    const shop = await startShop()
    for (const range of ["bytes=0-1,5-6", "pixels=0-1", "bytes=a-b", "bytes", ""])
      expect((await shop.get(ADDRESS, { range })).status, `for ${range}`).toBe(200)
  })

  it("is sent only of the rendition that If-Range names", async () => {
    const shop = await startShop()
    const { headers } = await shop.get(ADDRESS)
    const [etag, modified] = [headers["etag"] ?? "", headers["last-modified"] ?? ""]
    const statusOf = async (ifRange: string): Promise<number> =>
      (await shop.get(ADDRESS, { range: "bytes=0-9", "if-range": ifRange })).status
    expect(await statusOf(etag)).toBe(206)
    expect(await statusOf(modified)).toBe(206)
    expect(await statusOf('"other"')).toBe(200)
    expect(await statusOf(`W/${etag}`)).toBe(200)
    expect(await statusOf(new Date(0).toUTCString())).toBe(200)
  })

  it("asked of HEAD is ignored", async () => {
    const shop = await startShop()
    const answer = await shop.send(ADDRESS, { method: "HEAD", headers: { range: "bytes=0-9" } })
    expect(answer.status).toBe(200)
    expect(answer.headers).not.toHaveProperty("content-range")
  })

  it("of a rendition too large to be held in memory is read from the disk", async () => {
    const shop = await startServer({ limits: { cacheBytes: 0 } })
    await shop.write("large.png", await noise({ width: 1000, height: 600 }))
    const { body } = await shop.get("/1280w/large.png")
    expect(body.length).toBeGreaterThan(1_500_000)
    expect((await shop.get("/1280w/large.png")).body.equals(body)).toBe(true)
    for (const [start, end] of [
      [0, 0],
      [1_000_000, 1_400_000],
      [body.length - 1, body.length - 1],
    ] as const) {
      const part = await shop.get("/1280w/large.png", { range: `bytes=${start}-${end}` })
      expect(part.status).toBe(206)
      expect(part.body.equals(body.subarray(start, end + 1))).toBe(true)
    }
    const behind = await shop.get("/1280w/large.png", { range: `bytes=${body.length}-` })
    expect(behind.status).toBe(416)
    const { headers } = await shop.send("/1280w/large.png", { method: "HEAD" })
    expect(headers["content-length"]).toBe(String(body.length))
    expect((await shop.get("/1280w/large.png", { "if-none-match": headers["etag"] ?? "" })).status).toBe(304)
    expect((await shop.get("/1280w/large.png", { "if-match": '"other"' })).status).toBe(412)
  })
})

describe("negotiation", () => {
  const CASES: readonly (readonly [accept: string | undefined, type: string])[] = [
    ["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "image/avif"],
    ["image/webp,*/*", "image/webp"],
    ["IMAGE/WEBP", "image/webp"],
    ["image/png,image/*;q=0.8", "image/jpeg"],
    ["*/*", "image/jpeg"],
    ["image/*", "image/jpeg"],
    ["text/html", "image/jpeg"],
    [undefined, "image/jpeg"],
    ["", "image/jpeg"],
    ["image/webp;q=0, */*", "image/jpeg"],
    ["image/webp;q=0.0", "image/jpeg"],
    ["image/jpeg, image/webp;q=0.5", "image/jpeg"],
    ["image/avif;q=0.2, image/webp;q=0.9", "image/webp"],
    ["image/webp;q=nonsense, image/avif;q=2", "image/jpeg"],
  ]

  it.each(CASES)("of a base address by %o gives %s, and the address that it is stored under", async (accept, type) => {
    const shop = await startShop()
    const answer = await shop.get(ADDRESS, accept === undefined ? {} : { accept })
    expect(answer.status).toBe(200)
    expect(answer.headers["content-type"]).toBe(type)
    expect(answer.headers["vary"]).toBe("Accept")
    const ending = type === "image/jpeg" ? "" : `.${type.slice("image/".length)}`
    expect(answer.headers["content-location"]).toBe(ending ? `${ADDRESS}${ending}` : undefined)
    expect(await shop.stored()).toEqual([`shop/480h/a.jpg${ending}`])
  })

  it("never gives one client's format to another, whoever asked first", async () => {
    const shop = await startShop()
    const typeOf = async (accept: string): Promise<string | undefined> =>
      (await shop.get(ADDRESS, { accept })).headers["content-type"]
    for (let round = 0; round < 2; round++) {
      expect(await typeOf("image/avif")).toBe("image/avif")
      expect(await typeOf("image/webp")).toBe("image/webp")
      expect(await typeOf("*/*")).toBe("image/jpeg")
    }
  })

  it("leaves explicit addresses, facts and names without an image extension alone", async () => {
    const shop = await startShop()
    await shop.write("shop/plain", await flat())
    await shop.write("shop/own.webp", await flat({ format: "webp" }))
    const accept = "image/avif,image/webp"
    for (const [address, type] of [
      ["/shop/480h/a.jpg.webp", "image/webp"],
      ["/shop/info/a.jpg.json", "application/json"],
      ["/shop/480h/plain", "image/jpeg"],
      ["/shop/480h/own.webp", "image/webp"],
    ]) {
      const { headers } = await shop.get(address ?? "", { accept })
      expect(headers["content-type"], `for ${address}`).toBe(type)
      expect(headers, `for ${address}`).not.toHaveProperty("vary")
      expect(headers, `for ${address}`).not.toHaveProperty("content-location")
    }
  })

  it("names the address in its canonical spelling, with the path before it", async () => {
    const shop = await startServer({ basePath: "/img" })
    await shop.write("a b+c/d é.jpg", await flat())
    const answer = await shop.get("/img/a%20b+c/480h/d%20%C3%A9.jpg", { accept: "image/webp" })
    expect(answer.headers["content-location"]).toBe("/img/a%20b%2Bc/480h/d%20%C3%A9.jpg.webp")
    expect((await shop.get(answer.headers["content-location"] ?? "")).body.equals(answer.body)).toBe(true)
  })
})

describe("a method", () => {
  it("OPTIONS is answered 204 with what is allowed, preflights too", async () => {
    const shop = await startShop()
    for (const target of [ADDRESS, "/", "*"]) {
      const answer = await shop.send(target, {
        method: "OPTIONS",
        headers: { origin: "https://shop.example", "access-control-request-method": "GET" },
      })
      expect(answer.status).toBe(204)
      expect(answer.headers).toMatchObject({
        allow: "GET, HEAD, OPTIONS",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-max-age": "86400",
      })
    }
  })

  it.each(["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])("%s is answered 405, and does nothing", async (method) => {
    const shop = await startShop()
    const answer = await shop.send(ADDRESS, { method, headers: { "content-length": "0" } })
    expect(answer.status).toBe(405)
    expect(answer.headers["allow"]).toBe("GET, HEAD, OPTIONS")
    expect(answer.text).toContain("method-not-allowed")
    expect(await shop.stored()).toEqual([])
  })
})

describe("an error", () => {
  it("is one line of text, or JSON where it is asked for, with the same code", async () => {
    const shop = await startShop()
    const text = await shop.get("/shop/480h/absent.jpg")
    expect(text.status).toBe(404)
    expect(text.headers["content-type"]).toBe("text/plain; charset=utf-8")
    expect(text.text).toMatch(/^404 original-not-found: .*\n$/)
    for (const accept of [
      "application/json",
      "application/problem+json, */*",
      "text/html, application/ld+json;q=0.9",
    ]) {
      const json = await shop.get("/shop/480h/absent.jpg", { accept })
      expect(json.headers["content-type"]).toBe("application/problem+json")
      expect(JSON.parse(json.text)).toMatchObject({ status: 404, code: "original-not-found" })
      expect(Object.keys(JSON.parse(json.text) as object).toSorted()).toEqual(
        ["type", "title", "status", "detail", "code"].toSorted(),
      )
    }
  })

  it("is cached for as long as its kind may be, varies, and can be read by other origins", async () => {
    const shop = await startShop({ limits: { pixels: 1_000_000 } })
    await shop.write("text.jpg", Buffer.from("this is no picture"))
    await shop.write("svg.jpg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'))
    await shop.write("empty.jpg", new Uint8Array())
    await shop.write("cut.jpg", (await noise({ width: 300, height: 200, format: "jpeg" })).subarray(0, 20_000))
    await shop.write("huge.png", await flat({ width: 1001, height: 1000, format: "png" }))
    const rows: readonly (readonly [target: string, status: number, code: string, cacheControl: string])[] = [
      ["/480h/absent.jpg", 404, "original-not-found", "public, max-age=10"],
      ["/481h/a.jpg", 400, "size-not-allowed", "public, max-age=60"],
      ["/480h/a.jpg.gif", 400, "format-not-allowed", "public, max-age=60"],
      ["/480h/", 400, "bad-url", "public, max-age=60"],
      ["/480h/text.jpg", 415, "unsupported-original", "public, max-age=60"],
      ["/480h/svg.jpg", 415, "unsupported-original", "public, max-age=60"],
      ["/480h/empty.jpg", 415, "unsupported-original", "public, max-age=60"],
      ["/480h/cut.jpg", 422, "corrupt-original", "public, max-age=60"],
      ["/480h/huge.png", 413, "original-too-large", "public, max-age=60"],
    ]
    for (const [target, status, code, cacheControl] of rows) {
      const answer = await shop.get(target, { origin: "https://shop.example" })
      expect(answer.status, `for ${target}`).toBe(status)
      expect(answer.text, `for ${target}`).toContain(code)
      expect(answer.headers, `for ${target}`).toMatchObject({
        "cache-control": cacheControl,
        vary: "Accept",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
        "cache-status": `imgtailor; detail=${code}`,
      })
    }
    expect(await shop.stored()).toEqual([])
  })

  it("says what is wrong and what would be right, and nothing of our insides", async () => {
    const shop = await startShop()
    for (const target of ["/480h/absent.jpg", "/999x999/a.jpg", "/480h/%zz", "/480h/a.jpg.gif"]) {
      const { text } = await shop.get(target)
      expect(text).not.toContain(shop.folder)
      expect(text).not.toContain(shop.renditions)
      expect(text).not.toMatch(/\bat \S+:\d+|node_modules|ENOENT|vips/i)
    }
  })

  it("asked for by HEAD has no body", async () => {
    const shop = await startShop()
    const answer = await shop.send("/480h/absent.jpg", { method: "HEAD" })
    expect(answer.status).toBe(404)
    expect(answer.body.length).toBe(0)
  })

  it("of an original is over as soon as the original is whole", async () => {
    const shop = await startServer()
    const whole = await noise({ width: 300, height: 200, format: "jpeg" })
    await shop.write("a.jpg", whole.subarray(0, 20_000))
    expect((await shop.get("/480h/a.jpg")).status).toBe(422)
    expect((await shop.get("/480h/a.jpg")).status).toBe(422)
    await shop.write("a.jpg", whole)
    expect((await shop.get("/480h/a.jpg")).status).toBe(200)
  })
})

describe("a size that is not listed", () => {
  it.each([
    ["361x270", "360x270"],
    ["400h", "480h"],
    ["1281w", "1280w"],
    ["9999w", "1280w"],
    ["300%C3%97300", "360x270"],
    ["360X270", "360x270"],
    ["0360x270", "360x270"],
    ["360x270%20", "360x270"],
    ["+480h", "480h"],
    ["480H", "480h"],
  ])("%s is refused with the nearest, %s, and with the list", async (asked, nearest) => {
    const shop = await startShop()
    const answer = await shop.get(`/shop/${asked}/a.jpg`)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain("size-not-allowed")
    expect(answer.text).toContain(`The nearest is ${nearest}.`)
    expect(answer.text).toContain("Allowed: 360x270, 480h, 1280w.")
    expect(await shop.stored()).toEqual([])
  })

  it("and does not look like one is refused with the list", async () => {
    const shop = await startShop()
    for (const asked of ["large", "1e3w", "-480h", "__proto__", "constructor", "toString", "360x270x1"]) {
      const answer = await shop.get(`/shop/${asked}/a.jpg`)
      expect(answer.status, `for ${asked}`).toBe(400)
      expect(answer.text, `for ${asked}`).toContain("Allowed: 360x270, 480h, 1280w.")
    }
    expect(await shop.stored()).toEqual([])
  })
})

describe("the state of health", () => {
  it("is told at /healthz with what was done, never cached", async () => {
    const shop = await startShop()
    await shop.get(ADDRESS)
    await shop.get(ADDRESS)
    await shop.get("/shop/480h/absent.jpg")
    const answer = await shop.get("/healthz?now")
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ "content-type": "application/json", "cache-control": "no-store" })
    expect(JSON.parse(answer.text)).toEqual({
      status: "ok",
      requests: { hit: 1, miss: 1, coalesced: 0, refused: 1, notStored: 0 },
    })
    expect((await shop.send("/healthz", { method: "HEAD" })).body.length).toBe(0)
  })
})

describe("a path before every address", () => {
  it("is required, and is no part of what is stored", async () => {
    const shop = await startShop({ basePath: "/img/v1" })
    const answer = await shop.get(`/img/v1${ADDRESS}`)
    expect(answer.status).toBe(200)
    expect(colourDistance(await colourAt(answer.body, 0.25, 0.25), RED)).toBeLessThan(20)
    for (const target of [
      ADDRESS,
      `/img${ADDRESS}`,
      `/img/v1${ADDRESS.slice(1)}`,
      `/img/v12${ADDRESS}`,
      "/img/v1",
      "/img/v1/",
    ])
      expect((await shop.get(target)).status, `for ${target}`).toBe(400)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })
})
