/**
 * Unlisted URLs on the wire: sizes that are snapped, and the URLs of Nuxt Image and unpic. Each is answered with the bytes of the listed URL
 * and names it, and nothing is stored under any other key.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { generate } from "unpic/providers/ipx"
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest"

import { flat, RED } from "../support/photos.ts"
import {
  createPhotos,
  type RawResponse,
  type RunningServer,
  type ServerOptions,
  startServer,
} from "../support/server.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  const { write } = await createPhotos(folder)
  for (const name of ["bag.jpg", "shop/a b+ș.jpg"])
    await write(name, await flat({ width: 1600, height: 1200, colour: RED }))
  // Files are stable then. A rendition of a file that is not yet may be written again, which changes its ETag.
  await sleep(2100)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const startShop = async (options: ServerOptions): Promise<RunningServer> =>
  startServer({ photos: await createPhotos(folder), ...options })

/** Headers that may differ between an alias and its listed URL. */
const DIFFERENT = new Set(["date", "content-location", "server-timing", "cache-status", "cache-control"])

/** The parts of a response that must equal those of the listed URL. */
const commonParts = ({ status, headers, body }: RawResponse): object => {
  const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => !DIFFERENT.has(name)))
  return { status, rest, body: body.toString("base64") }
}

const expectSame = async (shop: RunningServer, alias: string, listed: string, accept?: string): Promise<void> => {
  const headers = accept === undefined ? {} : { accept }
  const [response, expected] = [await shop.get(alias, headers), await shop.get(listed, headers)]
  expect([alias, commonParts(response)]).toEqual([alias, commonParts(expected)])
  expect(expected.status).toBe(200)
  expect(response.headers["cache-control"]).toBe("public, max-age=300")
  expect(expected.headers["cache-control"]).toBe("public, max-age=3600, s-maxage=31536000")
}

describe("an unlisted size", () => {
  it("an unlisted size is refused by default", async () => {
    const shop = await startShop({})
    const response = await shop.get("/361x271/bag.jpg")
    expect([response.status, response.text.includes("The nearest is 360x270.")]).toEqual([400, true])
    expect((await shop.get("/_ipx/w_300/bag.jpg")).status).toBe(400)
  })

  it("an unlisted size is answered with the bytes of the listed one, which alone is stored", async () => {
    const shop = await startShop({ unknownSize: "snap", basePath: "/img" })
    for (const [alias, listed] of [
      ["/img/300x225/bag.jpg", "/img/360x270/bag.jpg"],
      ["/img/4000w/bag.jpg.webp", "/img/1280w/bag.jpg.webp"],
      ["/img/shop/77h/a%20b+%c8%99.jpg?v=2", "/img/shop/480h/a%20b%2B%C8%99.jpg"],
      ["/img/shop/%377h/a%20b+%c8%99.jpg", "/img/shop/480h/a%20b%2B%C8%99.jpg"],
    ] as const) {
      expect((await shop.get(alias)).headers["content-location"]).toBe(listed)
      await expectSame(shop, alias, listed)
      expect((await shop.get(listed)).headers).not.toHaveProperty("content-location")
    }
    expect(await shop.stored()).toEqual(["1280w/bag.jpg.webp", "360x270/bag.jpg", "shop/480h/a b+ș.jpg"])
  })

  it.each([
    ["no-store", "no-store"],
    ["private, max-age=60", "private, max-age=60"],
    ["public,max-age=31536000,immutable", "public,max-age=300"],
    ["s-maxage=60, max-age=600, stale-while-revalidate=9", "max-age=300"],
    ["public, s-maxage=31536000", "public, max-age=300"],
    ["immutable", "max-age=300"],
    ["no-store", "no-store"],
  ])(
    "an unlisted size with Cache-Control %s is cached for five minutes at most: %s",
    async (cacheControl, expected) => {
      const shop = await startShop({ unknownSize: "snap", cacheControl })
      expect((await shop.get("/300x225/bag.jpg")).headers["cache-control"]).toBe(expected)
      expect((await shop.get("/360x270/bag.jpg")).headers["cache-control"]).toBe(cacheControl)
    },
  )

  it("an unlisted size is negotiated like the listed one, and the headers of aliases and explicit URLs are kept apart", async () => {
    const shop = await startShop({ unknownSize: "snap" })
    // The same rendition three times: with and without Vary, with and without Content-Location.
    for (let repeat = 0; repeat < 2; repeat++) {
      const snapped = await shop.get("/300x225/bag.jpg", { accept: "image/webp" })
      const explicit = await shop.get("/300x225/bag.jpg.webp", { accept: "image/webp" })
      const listed = await shop.get("/360x270/bag.jpg.webp", { accept: "image/webp" })
      const named = [snapped, explicit, listed].map(({ headers }) => [headers["vary"], headers["content-location"]])
      expect(named).toEqual([
        ["Accept", "/360x270/bag.jpg.webp"],
        [undefined, "/360x270/bag.jpg.webp"],
        [undefined, undefined],
      ])
      await expectSame(shop, "/300x225/bag.jpg", "/360x270/bag.jpg", "image/webp")
    }
    expect(await shop.stored()).toEqual(["360x270/bag.jpg.webp"])
  })

  it("an unlisted size supports conditions, ranges and HEAD", async () => {
    const shop = await startShop({ unknownSize: "snap" })
    const { headers, body } = await shop.get("/360x270/bag.jpg")
    const etag = headers["etag"] ?? ""
    expect((await shop.get("/300x225/bag.jpg", { "if-none-match": etag })).status).toBe(304)
    expect((await shop.get("/300x225/bag.jpg", { range: "bytes=2-5" })).body).toEqual(body.subarray(2, 6))
    const head = await shop.send("/300x225/bag.jpg", { method: "HEAD" })
    expect([head.status, head.headers["content-length"]]).toEqual([200, String(body.length)])
  })

  it("a retired size and a shape that is not listed are refused, and nothing is stored", async () => {
    const shop = await startShop({ unknownSize: "snap", sizes: ["360x270"], retired: { sizes: ["300x225"] } })
    for (const path of ["/300x225/bag.jpg", "/300w/bag.jpg", "/0300x225/bag.jpg", "/..%2f1x1/bag.jpg"])
      expect([path, (await shop.get(path)).status]).toEqual([path, 400])
    expect((await shop.get("/300x225/bag.jpg")).text).toContain("is retired")
    expect(await shop.stored()).toEqual([])
  })
})

describe("an ipx URL", () => {
  it.each(["", "/img"])(
    "an ipx URL below %j is answered with the bytes of the listed one, which alone is stored",
    async (basePath) => {
      const shop = await startShop({ compat: ["ipx"], basePath })
      const baseURL = `${basePath}/_ipx`
      for (const [alias, listed] of [
        // Nuxt Image
        [`${baseURL}/_/bag.jpg`, "/1280w/bag.jpg"],
        [`${baseURL}/f_webp&q_80&s_300x225/bag.jpg`, "/360x270/bag.jpg.webp"],
        [`${baseURL}/fit_cover&h_300/shop/a%20b+%C8%99.jpg`, "/shop/480h/a%20b%2B%C8%99.jpg"],
        // unpic
        [generate("/bag.jpg", { width: 300, height: 225 }, { baseURL }), "/360x270/bag.jpg"],
        [generate("/bag.jpg", { width: 300, quality: 80, format: "avif" }, { baseURL }), "/1280w/bag.jpg.avif"],
        [generate("/shop/a b+ș.jpg", { width: 300 }, { baseURL }), "/shop/1280w/a%20b%2B%C8%99.jpg"],
      ] as const) {
        expect((await shop.get(alias)).headers["content-location"]).toBe(basePath + listed)
        await expectSame(shop, alias, basePath + listed)
      }
      await expectSame(shop, `${baseURL}/f_auto,w_300/bag.jpg`, `${basePath}/1280w/bag.jpg`, "image/webp")
      expect(await shop.stored()).toEqual(
        [
          "1280w/bag.jpg",
          "1280w/bag.jpg.avif",
          "1280w/bag.jpg.webp",
          "360x270/bag.jpg",
          "360x270/bag.jpg.webp",
          "shop/1280w/a b+ș.jpg",
          "shop/480h/a b+ș.jpg",
        ].toSorted(),
      )
    },
  )

  it("a malformed ipx URL is refused with the expected form, and nothing is stored", async () => {
    const shop = await startShop({ compat: ["ipx"] })
    for (const [path, message] of [
      ["w_abc/bag.jpg", "/_ipx/w_300,h_200/shop/bag.jpg"],
      ["w_300", "no original"],
      ["w_300/https://other.example/a.jpg", "compatOrigins"],
      ["w_300/%2e%2e/%2e%2e/etc/passwd", 'the segment ".."'],
      ["w_300/..%2fbag.jpg", "an escaped slash"],
    ] as const) {
      const response = await shop.get(`/_ipx/${path}`)
      expect([path, response.status, response.text.includes(message)]).toEqual([path, 400, true])
    }
    expect((await shop.get("/_ipx/w_300/none.jpg")).status).toBe(404)
    expect(await shop.stored()).toEqual([])
    // Other URLs are not affected, and are not snapped.
    expect((await shop.get("/360x270/bag.jpg")).status).toBe(200)
    expect((await shop.get("/361x270/bag.jpg")).status).toBe(400)
  })
})

describe("the code for ipx URLs", () => {
  it("the code for ipx URLs is loaded with the first one, and never where they are not accepted", async () => {
    let loaded = 0
    vi.doMock("../../src/compat/ipx.ts", (original) => {
      loaded += 1
      return original()
    })
    onTestFinished(() => {
      vi.doUnmock("../../src/compat/ipx.ts")
    })
    const plain = await startShop({})
    const shop = await startShop({ compat: ["ipx"] })
    expect((await plain.get("/_ipx/w_300/bag.jpg")).status).toBe(400)
    expect((await shop.get("/360x270/bag.jpg")).status).toBe(200)
    expect(loaded).toBe(0)
    const statuses = await Promise.all(
      [1, 2, 3].map(async (side) => (await shop.get(`/_ipx/w_${side}/bag.jpg`)).status),
    )
    expect([statuses, loaded]).toEqual([[200, 200, 200], 1])
  })
})
