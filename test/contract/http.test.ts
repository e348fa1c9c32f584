/** Tests originals on servers of HTTP with the public contract, with every kind of validator, and with features missing that some servers lack. */
import { gzipSync } from "node:zlib"

import { afterEach, describe, expect, it } from "vitest"

import { httpOriginals, type HttpOriginalsOptions } from "../../src/store/http/http.ts"
import type { Originals } from "../../src/store/store.ts"
import { originalsContract } from "../../src/testing/store-contract.ts"
import { type PhotoServer, type PhotoServerOptions, startPhotoServer } from "../support/http-photos.ts"

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const start = async (options?: PhotoServerOptions): Promise<PhotoServer> => {
  const server = await startPhotoServer(options)
  stops.push(server.stop)
  return server
}

const open = (baseUrl: string, options: Partial<HttpOriginalsOptions> = {}): Originals =>
  httpOriginals({ baseUrl, retries: { baseMs: 1 }, ...options })

/** HTTP has no listing. */
const CASES = originalsContract.filter(({ name }) => !name.startsWith("list "))

const SERVERS: readonly (readonly [string, PhotoServerOptions])[] = [
  ["a server with ETag and Last-Modified", {}],
  ["a server with exact ETags only", { validators: "etag" }],
  ["a server with weak ETags", { validators: "weak etag" }],
  ["a server with Last-Modified only", { validators: "time" }],
  ["a server without validators", { validators: "none" }],
  ["a server without HEAD", { hasHead: false }],
  ["a server without lengths", { hasLength: false }],
  ["a server with photos at its root", { path: "" }],
]

describe.each(SERVERS)("originals on %s", (_, options) => {
  it.each(CASES)("$name", async ({ run }) => {
    const server = await start(options)
    const subject = {
      originals: open(server.baseUrl),
      write: async (key: string, bytes: Uint8Array) => server.set(key, bytes),
      remove: async (key: string) => server.remove(key),
    }
    await expect(run(subject)).resolves.toBeUndefined()
  })
})

describe("requests for originals over HTTP", () => {
  it("each character of a key is encoded once", async () => {
    const server = await start()
    const originals = open(server.baseUrl)
    for (const key of ["a b.jpg", "a+b.jpg", "a%20b.jpg", "100%.jpg", "a?b#c.jpg", "é/中.jpg"]) {
      server.set(key, text(key))
      expect(Buffer.from((await originals.get(key))?.bytes ?? []).toString()).toBe(key)
    }
    expect(server.takeLog()).toEqual([
      "GET /media/a%20b.jpg 200",
      "GET /media/a%2Bb.jpg 200",
      "GET /media/a%2520b.jpg 200",
      "GET /media/100%25.jpg 200",
      "GET /media/a%3Fb%23c.jpg 200",
      "GET /media/%C3%A9/%E4%B8%AD.jpg 200",
    ])
  })

  it("a lookup of a known original is conditional, and costs no body", async () => {
    const server = await start({ validators: "etag" })
    server.set("a.jpg", text("first"))
    const originals = open(server.baseUrl)
    const before = await originals.head("a.jpg")
    expect(await originals.head("a.jpg")).toEqual(before)
    server.set("a.jpg", text("second"))
    expect((await originals.head("a.jpg"))?.version).not.toBe(before?.version)
    expect(server.takeLog()).toEqual(["HEAD /media/a.jpg 200", "HEAD /media/a.jpg 304", "HEAD /media/a.jpg 200"])
  })

  it("a server without HEAD gets requests for one byte from then on", async () => {
    const server = await start({ hasHead: false })
    server.set("a.jpg", text("photo"))
    const originals = open(server.baseUrl)
    await originals.head("a.jpg")
    await originals.head("a.jpg")
    expect(server.takeLog()).toEqual(["HEAD /media/a.jpg 405", "GET /media/a.jpg 200", "GET /media/a.jpg 304"])
  })

  it("configured headers are sent, and a fresh lookup passes caches", async () => {
    const server = await start()
    server.set("a.jpg", text("photo"))
    const seen: unknown[] = []
    server.intercept(({ headers }) => {
      seen.push([headers.authorization, headers["cache-control"]])
      return false
    })
    const originals = open(server.baseUrl, { headers: { authorization: "Bearer token" } })
    await originals.head("a.jpg")
    await originals.head("a.jpg", { fresh: true })
    await originals.get("a.jpg")
    expect(seen).toEqual([
      ["Bearer token", undefined],
      ["Bearer token", "no-cache"],
      ["Bearer token", undefined],
    ])
  })

  it("a compressed original is decompressed within the limit", async () => {
    const server = await start()
    const photo = text("a photo that repeats itself ".repeat(100))
    server.set("a.jpg", gzipSync(photo), { encoding: "gzip" })
    const originals = open(server.baseUrl)
    expect(Buffer.from((await originals.get("a.jpg"))?.bytes ?? [])).toEqual(Buffer.from(photo))
    expect((await originals.head("a.jpg"))?.byteLength).toBe(photo.length)
    await expect(originals.get("a.jpg", { maxBytes: 100 })).rejects.toMatchObject({ code: "original-too-large" })
  })

  it("an ETag that differs although time and length are the same has the same weak version", async () => {
    const server = await start()
    const modifiedMs = Date.now() - 60_000
    server.set("a.jpg", text("photo"), { modifiedMs })
    const originals = open(server.baseUrl)
    const first = await originals.head("a.jpg")
    server.intercept((_, response) => {
      response.setHeader("etag", '"of another server"')
      return false
    })
    expect(first).toMatchObject({ isStable: true })
    expect((await originals.head("a.jpg"))?.weakVersion).toBe(first?.weakVersion)
  })

  it("a server whose originals change twice in a second reports them as not stable", async () => {
    const server = await start()
    server.set("a.jpg", text("first"))
    const originals = open(server.baseUrl)
    expect(await originals.head("a.jpg")).toMatchObject({ isStable: false })
    server.set("a.jpg", text("first"), { modifiedMs: Date.now() - 10_000 })
    expect(await originals.head("a.jpg")).toMatchObject({ isStable: true })
  })
})

describe("redirects of originals over HTTP", () => {
  const redirectTo = (server: PhotoServer, location: (url: string) => string): void =>
    server.intercept(({ url = "" }, response) => {
      if (!url.startsWith("/media/old/")) return false
      response.writeHead(302, { location: location(url) }).end()
      return true
    })

  it("a redirect within the origin is followed, also to another path", async () => {
    const server = await start()
    server.set("new/a.jpg", text("photo"))
    redirectTo(server, (url) => url.replace("/old/", "/new/"))
    expect((await open(server.baseUrl).get("old/a.jpg"))?.bytes.length).toBe(5)
  })

  it("a redirect to another origin is not followed: the original is absent, and a notice is sent", async () => {
    const [server, other] = [await start(), await start()]
    other.set("old/a.jpg", text("secret"))
    redirectTo(server, (url) => other.origin + url)
    const notices: string[] = []
    const originals = open(server.baseUrl, { onNotice: (notice) => void notices.push(notice) })
    expect(await originals.get("old/a.jpg")).toBeUndefined()
    expect(await originals.isGone?.("old/a.jpg")).toBe(false)
    expect(other.takeLog()).toEqual([])
    expect(notices).toEqual([
      expect.stringContaining(`302 to ${other.origin}/media/old/a.jpg, which is another origin`),
    ])
  })

  it("a redirect loop is unavailable", async () => {
    const server = await start()
    redirectTo(server, (url) => url)
    await expect(open(server.baseUrl).head("old/a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })
})

describe("failures of servers of originals", () => {
  const refuse = (server: PhotoServer, status: number, only = /./): void =>
    server.intercept(({ url = "" }, response) => {
      if (!only.test(url)) return false
      response.writeHead(status).end()
      return true
    })

  it("a refused original is absent and is not gone", async () => {
    const server = await start()
    server.set("a.jpg", text("photo"))
    const notices: string[] = []
    const originals = open(server.baseUrl, { onNotice: (notice) => void notices.push(notice) })
    await originals.get("a.jpg")
    refuse(server, 403, /closed/)
    expect(await originals.head("closed.jpg")).toBeUndefined()
    expect(await originals.isGone?.("closed.jpg")).toBe(false)
    expect(notices).toEqual([expect.stringContaining("/media/closed.jpg is not used: the server answered 403")])
  })

  it("a server that refuses photos it served before is unavailable", async () => {
    const server = await start()
    server.set("a.jpg", text("photo"))
    server.set("b.jpg", text("photo"))
    const originals = open(server.baseUrl)
    await originals.get("a.jpg")
    refuse(server, 403)
    await expect(originals.head("b.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("wrong credentials are store-denied", async () => {
    const server = await start()
    refuse(server, 401)
    const originals = open(server.baseUrl)
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
    expect(await originals.check?.()).toMatchObject({ isPermanent: true })
  })

  it("a missing original is gone only while another one is still served, or after 410", async () => {
    const server = await start()
    server.set("a.jpg", text("photo"))
    const originals = open(server.baseUrl)
    expect(await originals.isGone?.("missing.jpg")).toBe(false)
    await originals.get("a.jpg")
    expect(await originals.isGone?.("missing.jpg")).toBe(true)
    expect(await originals.isGone?.("a.jpg")).toBe(false)
    refuse(server, 404)
    expect(await originals.isGone?.("missing.jpg")).toBe(false)
    refuse(server, 410)
    expect(await originals.isGone?.("missing.jpg")).toBe(true)
  })

  it.each([429, 500, 502, 503, 504])("a status of %d is repeated", async (status) => {
    const server = await start()
    server.set("a.jpg", text("photo"))
    let remaining = 2
    server.intercept((_, response) => {
      if (remaining === 0) return false
      remaining -= 1
      response.writeHead(status).end()
      return true
    })
    expect((await open(server.baseUrl).get("a.jpg"))?.bytes.length).toBe(5)
  })

  it("a body that ends early is never an original", async () => {
    const server = await start()
    server.intercept((_, response) => {
      response.writeHead(200, { "content-length": "100", etag: '"a"' })
      response.write("part of a photo", () => response.destroy())
      return true
    })
    await expect(open(server.baseUrl).get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("a silent server and a slow one are unavailable within the limits", async () => {
    const server = await start()
    server.intercept(() => true)
    const silent = open(server.baseUrl, { timeouts: { idleMs: 30 }, retries: { attempts: 2, baseMs: 1 } })
    await expect(silent.get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    server.intercept((_, response) => {
      response.writeHead(200, { "content-length": "100000" })
      const timer = setInterval(() => response.write("x"), 5)
      response.once("close", () => clearInterval(timer))
      return true
    })
    const slow = open(server.baseUrl, { timeouts: { attemptMs: 60 }, retries: { attempts: 1 } })
    await expect(slow.get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("a server that is not there may come back", async () => {
    const server = await start()
    const originals = open(server.baseUrl, { retries: { attempts: 1 } })
    await server.stop()
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await originals.check?.()).toMatchObject({ isPermanent: false })
  })

  it("a list is empty, and says why", async () => {
    const server = await start()
    const skipped: string[] = []
    for await (const key of open(server.baseUrl).list("", { onSkip: (message) => void skipped.push(message) }))
      expect(key).toBe("")
    expect(skipped).toEqual([`${server.baseUrl} cannot be listed. Name its originals one by one.`])
  })

  it.each([
    "cms.example.com",
    "https://a:b@cms.example.com",
    "https://cms.example.com/?a",
    "https://cms.example.com//",
  ])("httpOriginals refuses the base URL %s", (baseUrl) => {
    expect(() => open(baseUrl)).toThrow("Expected a URL like https://cms.example.com/media")
  })
})
