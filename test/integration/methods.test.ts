/** Tests the methods of a tailor for programs, cache tags, and the reports of changed originals, on real folders and sockets. */
import { describe, expect, it, onTestFinished, vi } from "vitest"

import type { TailorOptions } from "../../src/config/options.ts"
import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import type { OriginalChange, TailorHooks } from "../../src/hooks.ts"
import { cacheTagOf } from "../../src/store/cache-tag.ts"
import { temporaryFolder } from "../support/folders.ts"
import { flat } from "../support/photos.ts"
import { startReceiver } from "../support/receiver.ts"
import { createPhotos, type Photos, startServer } from "../support/server.ts"

interface Shop extends Photos {
  readonly tailor: Tailor
}

/** A tailor over a folder with one photo. */
const openShop = async (options: Partial<TailorOptions> = {}, hooks: TailorHooks = {}): Promise<Shop> => {
  const photos = await createPhotos()
  await photos.write("shop/a.jpg", await flat({ width: 80, height: 60 }))
  const renditions = await temporaryFolder()
  const tailor = createTailor(
    { originals: photos.folder, renditions, sizes: ["40w", "20x20"], isolation: "none", ...options },
    hooks,
  )
  onTestFinished(async () => {
    await tailor.idle()
    await tailor.close()
  })
  return { ...photos, tailor }
}

const statusOf = async ({ fetch }: Tailor, path: string): Promise<number> => {
  const response = await fetch(new Request(`http://localhost${path}`))
  await response.arrayBuffer()
  return response.status
}

describe("methods of a tailor", () => {
  it("info describes an original like its URL, and stores the description", async () => {
    const { tailor } = await openShop()
    const info = await tailor.info("shop/a.jpg")
    expect(info).toMatchObject({ width: 80, height: 60, format: "jpeg" })
    const response = await tailor.fetch(new Request("http://localhost/shop/info/a.jpg.json"))
    expect(response.headers.get("cache-status")).toBe("imgtailor; hit")
    expect(await response.json()).toEqual(info)
  })

  it("warm renders everything once, and purge deletes it by original, by prefix and as a whole", async () => {
    const { tailor } = await openShop()
    expect(await tailor.warm("shop/a.jpg")).toEqual({ made: 7, stored: 0, refused: [] })
    expect(await tailor.warm("shop/a.jpg")).toEqual({ made: 0, stored: 7, refused: [] })
    expect(await tailor.purge("shop/a.jpg")).toBe(7)
    expect(await tailor.warm("shop/a.jpg", { sizes: ["40w"], formats: ["webp"] })).toMatchObject({ made: 1 })
    expect(await tailor.purge("other/")).toBe(0)
    expect(await tailor.purge("shop/")).toBe(1)
    await tailor.warm("shop/a.jpg", { sizes: ["info"] })
    expect(await tailor.purge("/")).toBe(1)
  })

  it("list gives the keys of originals under a prefix, without excluded ones", async () => {
    const { tailor, write } = await openShop({ exclude: ["shop/drafts/**"] })
    for (const key of ["b.jpg", "shop/drafts/c.jpg", "shop/d.jpg"]) await write(key, new Uint8Array(1))
    const keys: string[] = []
    for await (const key of tailor.list("shop/")) keys.push(key)
    expect(keys).toEqual(["shop/a.jpg", "shop/d.jpg"])
  })

  it("counts are those of the requests so far, and do not change later", async () => {
    const { tailor } = await openShop()
    const before = tailor.counts()
    await statusOf(tailor, "/shop/40w/a.jpg")
    await statusOf(tailor, "/shop/40w/a.jpg")
    await statusOf(tailor, "/shop/41w/a.jpg")
    expect(before).toMatchObject({ hit: 0, miss: 0, refused: 0 })
    expect(tailor.counts()).toMatchObject({ hit: 1, miss: 1, refused: 1 })
  })

  it.each(["", "../a.jpg", "a//b.jpg", "shop//"])("a method rejects the key %j", async (key) => {
    const { tailor } = await openShop()
    await expect(tailor.purge(key)).rejects.toMatchObject({ code: "bad-url" })
    await expect(tailor.info(key)).rejects.toMatchObject({ code: "bad-url" })
    await expect(tailor.warm(key)).rejects.toMatchObject({ code: "bad-url" })
  })

  it("info and warm of a missing original are rejected", async () => {
    const { tailor } = await openShop()
    await expect(tailor.info("no.jpg")).rejects.toMatchObject({ code: "original-not-found" })
    await expect(tailor.warm("no.jpg")).rejects.toMatchObject({ code: "original-not-found" })
  })
})

describe("cache tags", () => {
  it("a rendition has the tags of all originals that its URL can mean, in 200 and 304, where configured", async () => {
    const server = await startServer({ cacheTags: true })
    await server.write("shop/a.jpg", await flat({ width: 80, height: 60 }))
    const tags = [cacheTagOf("shop/a.jpg.webp"), cacheTagOf("shop/a.jpg")]
    const response = await server.get("/shop/480h/a.jpg.webp")
    expect(response.status).toBe(200)
    expect(response.headers["cache-tag"]).toBe(tags.join(","))
    expect(response.headers["cdn-tag"]).toBe(tags.join(","))
    expect(response.headers["surrogate-key"]).toBe(tags.join(" "))
    const again = await server.get("/shop/480h/a.jpg.webp", { "if-none-match": response.headers["etag"] ?? "" })
    expect([again.status, again.headers["cache-tag"]]).toEqual([304, tags.join(",")])
  })

  it("no tags are sent by default", async () => {
    const server = await startServer()
    await server.write("a.jpg", await flat({ width: 80, height: 60 }))
    const { headers } = await server.get("/480h/a.jpg")
    expect([headers["cache-tag"], headers["surrogate-key"]]).toEqual([undefined, undefined])
  })
})

describe("reports of changed originals", () => {
  const collect = (): {
    readonly changes: OriginalChange[]
    readonly onChange: NonNullable<TailorHooks["onChange"]>
  } => {
    const changes: OriginalChange[] = []
    return { changes, onChange: (reported) => void changes.push(...reported) }
  }

  it("a replaced original is reported with its tag and its URLs, once its new rendition is requested", async () => {
    const { changes, onChange } = collect()
    const { tailor, write } = await openShop({ basePath: "/img", formats: ["webp"] }, { onChange })
    await statusOf(tailor, "/img/shop/40w/a.jpg")
    await tailor.idle()
    expect(changes).toEqual([])
    await write("shop/a.jpg", await flat({ width: 90, height: 60 }))
    await statusOf(tailor, "/img/shop/40w/a.jpg")
    await statusOf(tailor, "/img/shop/40w/a.jpg")
    await tailor.idle()
    expect(changes).toEqual([
      {
        original: "shop/a.jpg",
        cacheTag: cacheTagOf("shop/a.jpg"),
        urls: [
          "/img/shop/40w/a.jpg",
          "/img/shop/40w/a.jpg.webp",
          "/img/shop/20x20/a.jpg",
          "/img/shop/20x20/a.jpg.webp",
          "/img/shop/info/a.jpg.json",
        ],
      },
    ])
  })

  it("a purge is reported, and one that deletes nothing is not", async () => {
    const { changes, onChange } = collect()
    const { tailor } = await openShop({}, { onChange })
    await tailor.purge("shop/a.jpg")
    await tailor.idle()
    expect(changes).toEqual([])
    await statusOf(tailor, "/shop/40w/a.jpg")
    await tailor.purge("shop/a.jpg")
    await tailor.idle()
    expect(changes.map(({ original }) => original)).toContain("shop/a.jpg")
  })

  it("a callback that throws fails no request, and the operator is informed", async () => {
    const onNotice = vi.fn<NonNullable<TailorHooks["onNotice"]>>()
    const onChange = (): never => {
      throw new Error("no CDN")
    }
    const { tailor } = await openShop({}, { onChange, onNotice })
    await statusOf(tailor, "/shop/40w/a.jpg")
    expect(await tailor.purge("shop/a.jpg")).toBe(1)
    await tailor.idle()
    expect(onNotice).toHaveBeenCalledWith(
      expect.stringMatching(/^Could not report \d changed originals: no CDN$/),
      "error",
    )
  })
})

describe("the webhook of changed originals", () => {
  it("the webhook receives changed originals as JSON with the configured headers, again after a failure", async () => {
    const { url, received } = await startReceiver(503)
    const { tailor } = await openShop({ notify: url, notifyHeaders: { authorization: "Bearer token" } })
    await tailor.info("shop/a.jpg")
    await tailor.purge("shop/a.jpg")
    await tailor.idle()
    expect(received).toHaveLength(2)
    expect(received[1]?.headers).toMatchObject({ authorization: "Bearer token", "content-type": "application/json" })
    expect(received[1]?.body).toMatchObject({
      changes: expect.arrayContaining([
        {
          original: "shop/a.jpg",
          cacheTag: cacheTagOf("shop/a.jpg"),
          urls: expect.arrayContaining(["/shop/40w/a.jpg"]),
        },
      ]),
    })
  })

  it("a report that is rejected is not repeated, and the operator is informed", async () => {
    const { url, received } = await startReceiver(403)
    const onNotice = vi.fn<NonNullable<TailorHooks["onNotice"]>>()
    const { tailor } = await openShop({ notify: url }, { onNotice })
    await tailor.info("shop/a.jpg")
    await tailor.purge("shop/a.jpg")
    await tailor.idle()
    expect(received).toHaveLength(1)
    expect(onNotice).toHaveBeenCalledWith(expect.stringContaining(`"${url}": 403`), "error")
  })
})

describe("examples/cdn/purge.mjs", () => {
  type Purge = (settings: Readonly<Record<string, string>>) => NonNullable<TailorHooks["onChange"]>
  const load = async (name: string): Promise<Purge> => {
    const file: string = "../../examples/cdn/purge.mjs"
    const recipes = (await import(file)) as Readonly<Record<string, Purge>>
    return recipes[name] as Purge
  }
  const tag = cacheTagOf("shop/a.jpg")

  it.each([
    ["cloudflare", "/changed/zones/1/purge_cache", { authorization: "Bearer t" }, { tags: [tag] }],
    ["fastly", "/changed/service/2/purge", { "fastly-key": "t" }, { surrogate_keys: [tag] }],
    ["bunny", "/changed/pullzone/1/purgeCache", { accesskey: "k" }, { CacheTag: tag }],
  ])("a purge sends %s the tag of the original", async (name, path, headers, body) => {
    const { url, received } = await startReceiver()
    const purge = await load(name)
    const { tailor } = await openShop(
      {},
      { onChange: purge({ zone: "1", service: "2", token: "t", key: "k", api: url }) },
    )
    await tailor.info("shop/a.jpg")
    await tailor.purge("shop/a.jpg")
    await tailor.idle()
    // The other original that a URL may mean is reported, too.
    const [first] = received
    expect(first).toMatchObject({ url: path, headers })
    const sent = received.flatMap(({ body: part }) => Object.values(part as object).flat() as readonly unknown[])
    expect(sent).toEqual(expect.arrayContaining(Object.values(body).flat()))
    expect(Object.keys(first?.body as object)).toEqual(Object.keys(body))
  })

  it("a rejected purge is reported to the operator", async () => {
    const { url } = await startReceiver(403)
    const onNotice = vi.fn<NonNullable<TailorHooks["onNotice"]>>()
    const purge = await load("fastly")
    const { tailor } = await openShop({}, { onChange: purge({ service: "2", token: "t", api: url }), onNotice })
    await tailor.info("shop/a.jpg")
    await tailor.purge("shop/a.jpg")
    await tailor.idle()
    expect(onNotice).toHaveBeenCalledWith(expect.stringContaining("answered 403"), "error")
  })
})
