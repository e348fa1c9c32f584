/** The server from the point of view of a client: real folders, a real socket, and requests sent exactly as written here. */
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

/** A server with one photo in four colours, `shop/a.jpg`. */
const startShop = async (options: ServerOptions = {}): Promise<RunningServer> => {
  const shop = await startServer(options)
  await shop.write("shop/a.jpg", await PHOTO)
  return shop
}

const URL_PATH = "/shop/480h/a.jpg"

/** Headers that must be equal for two responses with the same rendition. */
const stableHeaders = ({ headers }: RawResponse): Readonly<Record<string, string>> => {
  const { date: _date, "cache-status": _status, "server-timing": _timing, ...others } = headers
  return others
}

describe("a rendition", () => {
  it("a rendition has the requested size, and the headers that caches and pages need", async () => {
    const shop = await startShop()
    const response = await shop.get("/shop/360x270/a.jpg")
    expect(response.status).toBe(200)
    expect(await describeImage(response.body)).toMatchObject({ format: "jpeg", width: 360, height: 270 })
    expect(response.headers).toMatchObject({
      "content-type": "image/jpeg",
      "content-length": String(response.body.length),
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=3600, s-maxage=31536000",
      vary: "Accept",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "content-security-policy": "default-src 'none'",
      "timing-allow-origin": "*",
      "x-content-type-options": "nosniff",
    })
    expect(response.headers["etag"]).toMatch(/^"[\x21\x23-\x7e]+"$/)
    expect(Date.parse(response.headers["last-modified"] ?? "")).toBeLessThanOrEqual(Date.now())
    expect(response.headers).not.toHaveProperty("transfer-encoding")
    expect(response.headers).not.toHaveProperty("x-powered-by")
  })

  it("a rendition is stored under its URL path, with the bytes of the response", async () => {
    const shop = await startShop()
    const response = await shop.get(URL_PATH)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
    expect(await readFile(join(shop.renditions, "files", "shop/480h/a.jpg"))).toEqual(response.body)
  })

  it.each([
    ["the base format", "/shop/480h/a.jpg", "image/jpeg"],
    ["WebP", "/shop/480h/a.jpg.webp", "image/webp"],
    ["AVIF", "/shop/480h/a.jpg.avif", "image/avif"],
    ["info", "/shop/info/a.jpg.json", "application/json"],
  ])(
    "a rendition in %s has the same headers when rendered, when stored, after a restart and for HEAD",
    async (_, path, type) => {
      const shop = await startShop()
      const rendered = await shop.get(path)
      expect({ status: rendered.status, type: rendered.headers["content-type"] }).toEqual({ status: 200, type })
      const stored = await shop.get(path)
      await shop.tailor.idle()
      const restarted = await startServer({ photos: shop, renditions: shop.renditions })
      const later = await restarted.get(path)
      const head = await restarted.send(path, { method: "HEAD" })
      for (const other of [stored, later, head]) {
        expect(other.status).toBe(200)
        expect(stableHeaders(other)).toEqual(stableHeaders(rendered))
      }
      for (const other of [stored, later]) expect(other.body.equals(rendered.body)).toBe(true)
      expect(head.body.length).toBe(0)
    },
  )

  it("a rendition is rendered by HEAD, too, with the headers of GET", async () => {
    const shop = await startShop()
    const head = await shop.send(URL_PATH, { method: "HEAD" })
    const get = await shop.get(URL_PATH)
    expect({ head: head.status, get: get.status }).toEqual({ head: 200, get: 200 })
    expect(stableHeaders(head)).toEqual(stableHeaders(get))
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("a named size is found by its name only", async () => {
    const shop = await startShop({ sizes: [{ size: "120x90", name: "thumb" }] })
    expect(await describeImage((await shop.get("/shop/thumb/a.jpg")).body)).toMatchObject({ width: 120, height: 90 })
    expect((await shop.get("/shop/120x90/a.jpg")).status).toBe(400)
  })

  it("a response says whether its rendition was rendered, stored or stale", async () => {
    const shop = await startShop()
    const rendered = await shop.get(URL_PATH)
    expect(rendered.headers["cache-status"]).toBe("imgtailor; fwd=uri-miss")
    expect(rendered.headers["server-timing"]).toMatch(
      /^wait;dur=\d+\.\d, fetch;dur=\d+\.\d, render;dur=\d+\.\d, store;dur=\d+\.\d$/,
    )
    expect((await shop.get(URL_PATH)).headers["cache-status"]).toBe("imgtailor; hit")
    await shop.write("shop/a.jpg", await flat({ colour: BLUE }))
    expect((await shop.get(URL_PATH)).headers["cache-status"]).toBe("imgtailor; fwd=stale")
    expect(shop.reports.map(({ outcome }) => outcome)).toEqual(["miss", "hit", "miss"])
  })

  it("a response says that its rendition was rendered for another request", async () => {
    const originals = memoryOriginals()
    originals.set("a.jpg", await flat({ width: 3000, height: 2000 }))
    const shop = await startServer({ originals })
    const responses = await Promise.all(Array.from({ length: 8 }, () => shop.get("/480h/a.jpg")))
    const statuses = responses.map(({ headers }) => headers["cache-status"] ?? "")
    expect(statuses.filter((status) => status === "imgtailor; fwd=uri-miss")).toHaveLength(1)
    // A late request on a busy machine finds it stored.
    expect(statuses.filter((status) => status === "imgtailor; fwd=uri-miss; collapsed").length).toBeGreaterThan(3)
    expect(new Set(responses.map(({ body }) => body.toString("base64"))).size).toBe(1)
  })

  it("a target in absolute form is answered as its path", async () => {
    const shop = await startShop()
    const plain = await shop.get(URL_PATH)
    for (const origin of ["http://example.com", "HTTPS://user@example.com:8080"])
      expect(stableHeaders(await shop.get(origin + URL_PATH))).toEqual(stableHeaders(plain))
    for (const target of ["ftp://example.com/shop/480h/a.jpg", `x${URL_PATH}`])
      expect((await shop.get(target)).status, `for ${target}`).toBe(400)
  })

  it("a query does not change the rendition", async () => {
    const shop = await startShop()
    const plain = await shop.get(URL_PATH)
    for (const query of ["?", "?v=2", "?f=%0d%0aX-Injected:%20y", "?format=../../x", "?a=/480h/b.jpg", "??", "?%zz"]) {
      const response = await shop.get(URL_PATH + query)
      expect(response.status, `for ${query}`).toBe(200)
      expect(stableHeaders(response)).toEqual(stableHeaders(plain))
    }
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("a rendition has the Cache-Control of its size, or the configured one", async () => {
    const shop = await startShop({
      sizes: [{ size: "360x270", name: "card", cacheControl: "public, max-age=5" }, "480h"],
      cacheControl: "public, max-age=60",
    })
    for (const [path, expected] of [
      ["/shop/card/a.jpg", "public, max-age=5"],
      ["/shop/card/a.jpg.webp", "public, max-age=5"],
      [URL_PATH, "public, max-age=60"],
      ["/shop/info/a.jpg.json", "public, max-age=60"],
    ] as const) {
      // Rendered, then stored.
      for (let repeat = 0; repeat < 2; repeat++)
        expect([path, (await shop.get(path)).headers["cache-control"]]).toEqual([path, expected])
    }
  })

  it("the report of a request that needs no rendition has the outcome other", async () => {
    const shop = await startShop()
    for (const path of ["/healthz", "/readyz", "/imgtailor.json"]) expect((await shop.get(path)).status).toBe(200)
    await shop.send(URL_PATH, { method: "OPTIONS" })
    expect(shop.reports.map(({ outcome }) => outcome)).toEqual(["other", "other", "other", "other"])
    await shop.get("/imgtailor.json", { "if-match": '"other"' })
    expect(shop.reports.at(-1)?.outcome).toBe("refused")
  })
})

describe("a conditional request", () => {
  it("a conditional request with the ETag in any form is answered 304, without a body and with the headers that caches store", async () => {
    const shop = await startShop()
    const full = await shop.get(URL_PATH)
    const etag = full.headers["etag"] ?? ""
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, `"a,b" , W/${etag}`, "*"]) {
      const response = await shop.get(URL_PATH, { "if-none-match": value })
      expect(response.status, `for ${value}`).toBe(304)
      for (const name of ["etag", "cache-control", "vary", "last-modified", "access-control-allow-origin"])
        expect(response.headers[name], `for ${name}`).toBe(full.headers[name])
    }
    expect((await shop.send(URL_PATH, { method: "HEAD", headers: { "if-none-match": etag } })).status).toBe(304)
  })

  it("a conditional request with another or a malformed ETag is answered with the rendition", async () => {
    const shop = await startShop()
    for (const value of ['"other"', 'W/"other"', "", "etag", '"'])
      expect((await shop.get(URL_PATH, { "if-none-match": value })).status, `for ${value}`).toBe(200)
  })

  it("a conditional request with a date is answered by the date, unless it has an ETag, too", async () => {
    const shop = await startShop()
    const { headers } = await shop.get(URL_PATH)
    const modified = headers["last-modified"] ?? ""
    const [before, after] = [-1000, 1000].map((ms) => new Date(Date.parse(modified) + ms).toUTCString())
    const statusOf = async (conditions: Record<string, string>): Promise<number> =>
      (await shop.get(URL_PATH, conditions)).status
    expect(await statusOf({ "if-modified-since": modified })).toBe(304)
    expect(await statusOf({ "if-modified-since": after ?? "" })).toBe(304)
    expect(await statusOf({ "if-modified-since": before ?? "" })).toBe(200)
    expect(await statusOf({ "if-modified-since": "yesterday" })).toBe(200)
    expect(await statusOf({ "if-modified-since": modified, "if-none-match": '"other"' })).toBe(200)
  })

  it("a conditional request for another rendition is answered 412", async () => {
    const shop = await startShop()
    const { headers } = await shop.get(URL_PATH)
    const [etag, modified] = [headers["etag"] ?? "", headers["last-modified"] ?? ""]
    const long = new Date(0).toUTCString()
    const statusOf = async (conditions: Record<string, string>): Promise<number> =>
      (await shop.get(URL_PATH, conditions)).status
    expect(await statusOf({ "if-match": '"other"' })).toBe(412)
    // A weak tag does not match where the bytes must be equal.
    expect(await statusOf({ "if-match": `W/${etag}` })).toBe(412)
    expect(await statusOf({ "if-unmodified-since": long })).toBe(412)
    expect(await statusOf({ "if-match": etag, "if-unmodified-since": long })).toBe(200)
    expect(await statusOf({ "if-match": `"other", ${etag}` })).toBe(200)
    expect(await statusOf({ "if-match": "*" })).toBe(200)
    expect(await statusOf({ "if-unmodified-since": modified })).toBe(200)
    expect(await statusOf({ "if-match": etag, "if-none-match": etag })).toBe(304)
  })

  it("a conditional request with the ETag of a replaced original is answered with the new rendition", async () => {
    const shop = await startShop()
    const old = await shop.get(URL_PATH)
    await shop.write("shop/a.jpg", await flat({ colour: BLUE }))
    const response = await shop.get(URL_PATH, { "if-none-match": old.headers["etag"] ?? "" })
    expect(response.status).toBe(200)
    expect(response.headers["etag"]).not.toBe(old.headers["etag"])
  })
})

describe("a range", () => {
  it.each([
    ["bytes=0-9", 0, 10],
    ["bytes=5-", 5, undefined],
    ["bytes=-7", -7, undefined],
    ["BYTES=0-0", 0, 1],
    ["bytes=0-99999999", 0, undefined],
  ])("a request with Range: %s is answered 206 with that part", async (range, start, end) => {
    const shop = await startShop()
    const { body } = await shop.get(URL_PATH)
    const response = await shop.get(URL_PATH, { range })
    expect(response.status).toBe(206)
    expect(response.body.equals(body.subarray(start, end))).toBe(true)
    const from = start < 0 ? body.length + start : start
    expect(response.headers["content-range"]).toBe(`bytes ${from}-${from + response.body.length - 1}/${body.length}`)
  })

  it("a range after the end is answered 416 with the length", async () => {
    const shop = await startShop()
    const { body } = await shop.get(URL_PATH)
    const response = await shop.get(URL_PATH, { range: `bytes=${body.length}-` })
    expect(response.status).toBe(416)
    expect(response.headers["content-range"]).toBe(`bytes */${body.length}`)
    expect(response.headers["cache-control"]).toBe("no-store")
  })

  it("several ranges, another unit and malformed ranges are ignored", async () => {
    const shop = await startShop()
    for (const range of ["bytes=0-1,5-6", "pixels=0-1", "bytes=a-b", "bytes", ""])
      expect((await shop.get(URL_PATH, { range })).status, `for ${range}`).toBe(200)
  })

  it("a range is sent only of the rendition that If-Range names", async () => {
    const shop = await startShop()
    const { headers } = await shop.get(URL_PATH)
    const [etag, modified] = [headers["etag"] ?? "", headers["last-modified"] ?? ""]
    const statusOf = async (ifRange: string): Promise<number> =>
      (await shop.get(URL_PATH, { range: "bytes=0-9", "if-range": ifRange })).status
    expect(await statusOf(etag)).toBe(206)
    expect(await statusOf(modified)).toBe(206)
    expect(await statusOf('"other"')).toBe(200)
    expect(await statusOf(`W/${etag}`)).toBe(200)
    expect(await statusOf(new Date(0).toUTCString())).toBe(200)
  })

  it("a range is ignored for HEAD", async () => {
    const shop = await startShop()
    const response = await shop.send(URL_PATH, { method: "HEAD", headers: { range: "bytes=0-9" } })
    expect(response.status).toBe(200)
    expect(response.headers).not.toHaveProperty("content-range")
  })

  it("a range of a rendition that is too large for memory is read from the disk", async () => {
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

  it.each(CASES)(
    "a base URL with Accept: %o is answered with %s and the URL path of that rendition",
    async (accept, type) => {
      const shop = await startShop()
      const response = await shop.get(URL_PATH, accept === undefined ? {} : { accept })
      expect(response.status).toBe(200)
      expect(response.headers["content-type"]).toBe(type)
      expect(response.headers["vary"]).toBe("Accept")
      const ending = type === "image/jpeg" ? "" : `.${type.slice("image/".length)}`
      expect(response.headers["content-location"]).toBe(ending ? `${URL_PATH}${ending}` : undefined)
      expect(await shop.stored()).toEqual([`shop/480h/a.jpg${ending}`])
    },
  )

  it("the format of one client is not sent to another, in any order", async () => {
    const shop = await startShop()
    const typeOf = async (accept: string): Promise<string | undefined> =>
      (await shop.get(URL_PATH, { accept })).headers["content-type"]
    for (let round = 0; round < 2; round++) {
      expect(await typeOf("image/avif")).toBe("image/avif")
      expect(await typeOf("image/webp")).toBe("image/webp")
      expect(await typeOf("*/*")).toBe("image/jpeg")
    }
  })

  it("explicit URLs, info and names without an image extension are not negotiated", async () => {
    const shop = await startShop()
    await shop.write("shop/plain", await flat())
    await shop.write("shop/own.webp", await flat({ format: "webp" }))
    const accept = "image/avif,image/webp"
    for (const [path, type] of [
      ["/shop/480h/a.jpg.webp", "image/webp"],
      ["/shop/info/a.jpg.json", "application/json"],
      ["/shop/480h/plain", "image/jpeg"],
      ["/shop/480h/own.webp", "image/webp"],
    ]) {
      const { headers } = await shop.get(path ?? "", { accept })
      expect(headers["content-type"], `for ${path}`).toBe(type)
      expect(headers, `for ${path}`).not.toHaveProperty("vary")
      expect(headers, `for ${path}`).not.toHaveProperty("content-location")
    }
  })

  it("Content-Location has the canonical spelling and the base path", async () => {
    const shop = await startServer({ basePath: "/img" })
    await shop.write("a b+c/d é.jpg", await flat())
    const response = await shop.get("/img/a%20b+c/480h/d%20%C3%A9.jpg", { accept: "image/webp" })
    expect(response.headers["content-location"]).toBe("/img/a%20b%2Bc/480h/d%20%C3%A9.jpg.webp")
    expect((await shop.get(response.headers["content-location"] ?? "")).body.equals(response.body)).toBe(true)
  })
})

describe("a method", () => {
  it("OPTIONS is answered 204 with the allowed methods, also for preflights", async () => {
    const shop = await startShop()
    for (const target of [URL_PATH, "/", "*"]) {
      const response = await shop.send(target, {
        method: "OPTIONS",
        headers: { origin: "https://shop.example", "access-control-request-method": "GET" },
      })
      expect(response.status).toBe(204)
      expect(response.headers).toMatchObject({
        allow: "GET, HEAD, OPTIONS",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-max-age": "86400",
      })
    }
  })

  it.each(["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])("%s is answered 405 and has no effect", async (method) => {
    const shop = await startShop()
    const response = await shop.send(URL_PATH, { method, headers: { "content-length": "0" } })
    expect(response.status).toBe(405)
    expect(response.headers["allow"]).toBe("GET, HEAD, OPTIONS")
    expect(response.text).toContain("method-not-allowed")
    expect(await shop.stored()).toEqual([])
  })
})

describe("an error", () => {
  it("an error is one line of text, or JSON where Accept requests it, with the same code", async () => {
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

  it("an error has the cache time of its code, varies by Accept, and can be read by other origins", async () => {
    const shop = await startShop({ limits: { pixels: 1_000_000 } })
    await shop.write("text.jpg", Buffer.from("this is not an image"))
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
      const response = await shop.get(target, { origin: "https://shop.example" })
      expect(response.status, `for ${target}`).toBe(status)
      expect(response.text, `for ${target}`).toContain(code)
      expect(response.headers, `for ${target}`).toMatchObject({
        "cache-control": cacheControl,
        vary: "Accept",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
        "cache-status": `imgtailor; detail=${code}`,
      })
    }
    expect(await shop.stored()).toEqual([])
  })

  it("an error for a name that ends in a format only explains how formats are requested", async () => {
    const shop = await startShop()
    expect((await shop.get("/shop/480h/a.webp")).text).toBe(
      '404 original-not-found: No original "shop/a.webp" was found. The format follows the whole file name, for example a.jpg.webp.\n',
    )
    expect((await shop.get("/shop/480h/b.jpg.webp")).text).not.toContain("follows")
  })

  it("an error has no paths, stacks or messages of libraries", async () => {
    const shop = await startShop()
    for (const target of ["/480h/absent.jpg", "/999x999/a.jpg", "/480h/%zz", "/480h/a.jpg.gif"]) {
      const { text } = await shop.get(target)
      expect(text).not.toContain(shop.folder)
      expect(text).not.toContain(shop.renditions)
      expect(text).not.toMatch(/\bat \S+:\d+|node_modules|ENOENT|vips/i)
    }
  })

  it("an error for HEAD has no body", async () => {
    const shop = await startShop()
    const response = await shop.send("/480h/absent.jpg", { method: "HEAD" })
    expect(response.status).toBe(404)
    expect(response.body.length).toBe(0)
  })

  it("an error of an original ends as soon as the original is complete", async () => {
    const shop = await startServer()
    const whole = await noise({ width: 300, height: 200, format: "jpeg" })
    await shop.write("a.jpg", whole.subarray(0, 20_000))
    expect((await shop.get("/480h/a.jpg")).status).toBe(422)
    expect((await shop.get("/480h/a.jpg")).status).toBe(422)
    await shop.write("a.jpg", whole)
    expect((await shop.get("/480h/a.jpg")).status).toBe(200)
  })
})

describe("an unlisted size", () => {
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
  ])("the unlisted size %s is refused with the nearest one, %s, and with the list", async (requested, nearest) => {
    const shop = await startShop()
    const response = await shop.get(`/shop/${requested}/a.jpg`)
    expect(response.status).toBe(400)
    expect(response.text).toContain("size-not-allowed")
    expect(response.text).toContain(`The nearest is ${nearest}.`)
    expect(response.text).toContain("Allowed: 360x270, 480h, 1280w.")
    expect(await shop.stored()).toEqual([])
  })

  it("a segment that does not look like a size is refused with the list", async () => {
    const shop = await startShop()
    for (const requested of ["large", "1e3w", "-480h", "__proto__", "constructor", "toString", "360x270x1"]) {
      const response = await shop.get(`/shop/${requested}/a.jpg`)
      expect(response.status, `for ${requested}`).toBe(400)
      expect(response.text, `for ${requested}`).toContain("Allowed: 360x270, 480h, 1280w.")
    }
    expect(await shop.stored()).toEqual([])
  })
})

describe("a base path", () => {
  it("a base path is required in URLs, and is not part of stored keys", async () => {
    const shop = await startShop({ basePath: "/img/v1" })
    const response = await shop.get(`/img/v1${URL_PATH}`)
    expect(response.status).toBe(200)
    expect(colourDistance(await colourAt(response.body, 0.25, 0.25), RED)).toBeLessThan(20)
    for (const target of [URL_PATH, `/img${URL_PATH}`, `/img/v1${URL_PATH.slice(1)}`, `/img/v12${URL_PATH}`])
      expect((await shop.get(target)).status, `for ${target}`).toBe(400)
    for (const target of ["/", "/img/v1", "/img/v1/"])
      expect((await shop.get(target)).status, `for ${target}`).toBe(404)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })
})
