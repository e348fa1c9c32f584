/** Tests of the parts of the client for whole pages and builds: versions, known originals, art direction, preloads, and descriptions. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

import { describe, expect, it, onTestFinished } from "vitest"

import type { Format } from "../sizes/format.ts"
import type { SizeInput } from "../sizes/list.ts"
import { artDirected, createClient, photoElements, preload } from "./client.ts"

const SIZES = ["320w", "640w", "1600x400", "800x200", "400x400", "200x200"] as const
const INFO = { width: 4000, height: 3000, format: "jpeg" } as const
const photos = createClient({ baseUrl: "/img", sizes: SIZES, formats: ["webp"] })

describe("version", () => {
  it("every URL of a client has the version, and is parsed without it", () => {
    const versioned = createClient({ baseUrl: "/img", sizes: SIZES, version: "3 a" })
    expect(versioned.url("shop/a.jpg", "320w", "webp")).toBe("/img/shop/320w/a.jpg.webp?v=3%20a")
    expect(versioned.srcset("a.jpg", { shape: "320w" })).toBe(
      "/img/320w/a.jpg?v=3%20a 320w, /img/640w/a.jpg?v=3%20a 640w",
    )
    expect(versioned.parse("/img/320w/a.jpg?v=3%20a")).toEqual([{ original: "a.jpg", size: "320w", format: undefined }])
  })

  it("each original can have its own version, or none", () => {
    const versions: Readonly<Record<string, number>> = { "a.jpg": 7 }
    const versioned = createClient({ baseUrl: "", sizes: SIZES, version: (original) => versions[original] })
    expect([versioned.url("a.jpg", "320w"), versioned.url("b.jpg", "320w")]).toEqual(["/320w/a.jpg?v=7", "/320w/b.jpg"])
  })
})

describe("infos", () => {
  const known = createClient({ baseUrl: "/img", sizes: SIZES, infos: { "a.jpg": { width: 400, height: 300 } } })

  it("known originals give true widths and reserve space without a request", async () => {
    expect(known.srcset("a.jpg", { shape: "640w" })).toBe("/img/320w/a.jpg 320w, /img/640w/a.jpg 400w")
    expect(known.img("a.jpg", { shape: "640w" })).toMatchObject({ width: 400, height: 300 })
    expect(await known.info("a.jpg")).toEqual({ width: 400, height: 300 })
  })

  it("the info of a call takes precedence, and an unknown original needs one", () => {
    expect(known.img("a.jpg", { shape: "640w", info: { width: 800, height: 200 } })).toMatchObject({ width: 800 })
    expect(() => known.img("b.jpg", { shape: "640w" })).toThrow("Expected info")
  })

  it("an info that is undefined, as of a photo that a page did not find, is that of the list", () => {
    expect(known.srcset("a.jpg", { shape: "640w", info: undefined })).toBe(known.srcset("a.jpg", { shape: "640w" }))
  })
})

describe("formats", () => {
  const sizes: readonly SizeInput[] = [
    "640w",
    { size: "360x270", name: "card", formats: ["webp"] },
    { size: "80x80", name: "icon", format: "png" },
  ]
  const formats: readonly Format[] = ["avif", "webp"]
  const listed = createClient({ baseUrl: "/img", sizes, formats })

  it.each([
    ["640w", "png"],
    ["card", "avif"],
  ] as const)("the size %s does not exist as %s, so no URL, attributes or elements are made", (shape, format) => {
    const message = `"${format}" is not listed.`
    const options = { shape, format, info: INFO }
    expect(() => listed.url("a.jpg", shape, format)).toThrow(message)
    expect(() => listed.img("a.jpg", options)).toThrow(message)
    expect(() => photoElements(listed, "a.jpg", options)).toThrow(message)
  })

  it("a size with a forced format has that one for any format", () => {
    expect(listed.url("a.jpg", "icon", "webp")).toBe("/img/icon/a.jpg.png")
  })
})

describe("artDirected", () => {
  it("each media query has a source for each format and one without, with its dimensions; then come the others", () => {
    const { sources, img } = artDirected(photos, "a.jpg", {
      shape: "1600x400",
      info: INFO,
      sources: [{ media: "(max-width: 600px)", shape: "400x400" }],
    })
    const small = { media: "(max-width: 600px)", width: 400, height: 400 }
    expect(sources).toMatchObject([
      { ...small, type: "image/webp", srcset: "/img/200x200/a.jpg.webp 200w, /img/400x400/a.jpg.webp 400w" },
      { ...small, srcset: "/img/200x200/a.jpg 200w, /img/400x400/a.jpg 400w" },
      { type: "image/webp", srcset: "/img/800x200/a.jpg.webp 800w, /img/1600x400/a.jpg.webp 1600w" },
    ])
    expect(sources[1]).not.toHaveProperty("type")
    expect(img).toMatchObject({ src: "/img/1600x400/a.jpg", width: 1600, height: 400 })
  })

  it("without sources it is the client's picture", () => {
    const options = { shape: "320w", info: INFO } as const
    expect(artDirected(photos, "a.jpg", options)).toEqual(photos.picture("a.jpg", options))
  })
})

describe("preload", () => {
  const hero = { shape: "640w", info: INFO, priority: true } as const

  it("preload of a picture names its first format, with the srcset and sizes of the source", () => {
    const picture = photos.picture("a.jpg", hero)
    expect(preload(picture)).toEqual([
      {
        rel: "preload",
        as: "image",
        imagesrcset: picture.sources[0]?.srcset,
        imagesizes: picture.img.sizes,
        type: "image/webp",
        fetchpriority: "high",
      },
    ])
  })

  it("preload of an image has no type", () => {
    const img = photos.img("a.jpg", hero)
    expect(preload(img)).toMatchObject([{ imagesrcset: img.srcset }])
    expect(preload(img)[0]).not.toHaveProperty("type")
  })

  it("preloads of a picture with several sources exclude each other", () => {
    const sources = [
      { media: "(max-width: 600px)", shape: "400x400" },
      { media: "(max-width: 900px), print", shape: "800x200" },
    ] as const
    const links = preload(artDirected(photos, "a.jpg", { shape: "1600x400", priority: true, sources }))
    expect(links.map(({ media }) => media)).toEqual([
      "(max-width: 600px)",
      "(not ((max-width: 600px))) and (max-width: 900px), print",
      "(not ((max-width: 600px))) and (not ((max-width: 900px) or print))",
    ])
    expect(links.every(({ type }) => type === "image/webp")).toBe(true)
  })
})

describe("info", () => {
  /** A server that counts the requests in progress. */
  const start = async (
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<{ readonly baseUrl: string; readonly most: () => number }> => {
    let [running, most] = [0, 0]
    const server = createServer((request, response) => {
      running += 1
      most = Math.max(most, running)
      response.once("close", () => (running -= 1))
      setTimeout(() => answer(request, response), 5)
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    onTestFinished(async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    })
    return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, most: () => most }
  }

  it("many descriptions are requested a few at a time", async () => {
    const { baseUrl, most } = await start(({ url }, response) => response.end(JSON.stringify({ url })))
    const { info } = createClient({ baseUrl, sizes: SIZES })
    const infos = await Promise.all(Array.from({ length: 60 }, (_, at) => info(`${at}.jpg`)))
    expect(infos.map((one) => (one as unknown as { url: string }).url)).toEqual(
      Array.from({ length: 60 }, (_, at) => `/info/${at}.jpg.json`),
    )
    expect(most()).toBeLessThanOrEqual(8)
    expect(most()).toBeGreaterThan(1)
  })

  it("info requests a busy server again after the time that it names", async () => {
    let count = 0
    const { baseUrl } = await start((_, response) => {
      count += 1
      if (count < 3) response.writeHead(503, { "retry-after": "0.01" }).end("busy")
      else response.end("{}")
    })
    expect(await createClient({ baseUrl, sizes: SIZES }).info("a.jpg")).toEqual({})
    expect(count).toBe(3)
  })

  it("an error is thrown with the server's message, and later descriptions are still fetched", async () => {
    const { baseUrl } = await start(({ url }, response) => {
      if (url?.includes("bad")) response.writeHead(404).end("404 original-not-found")
      else response.end("{}")
    })
    const { info } = createClient({ baseUrl, sizes: SIZES })
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => info(at % 2 ? "bad.jpg" : "a.jpg")))
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10)
    await expect(info("bad.jpg")).rejects.toThrow("404 original-not-found")
  })
})
