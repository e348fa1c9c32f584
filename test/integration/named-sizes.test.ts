/**
 * Named sizes over HTTP: aliases, forced formats, formats of a size, the placeholder for missing originals, the nearest size while the server
 * is busy, focal points and overlays.
 */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

import sharp from "sharp"
import { describe, expect, it } from "vitest"

import type { FocalPoint } from "../../src/sizes/focal-point.ts"
import { memoryOriginals } from "../../src/store/memory.ts"
import type { OriginalObject, Originals } from "../../src/store/store.ts"
import { temporaryFolder } from "../support/folders.ts"
import { colourAt, colourDistance, describe as describeImage, GREEN, paint, quadrants, RED } from "../support/photos.ts"
import { type RunningServer, type ServerOptions, startServer } from "../support/server.ts"

const PHOTO = quadrants({ width: 600, height: 450 })
const AVIF_BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
const IMAGE = { "sec-fetch-dest": "image", accept: AVIF_BROWSER }

const startShop = async (options: ServerOptions): Promise<RunningServer> => {
  const shop = await startServer(options)
  await shop.write("shop/mug.png", await quadrants({ width: 600, height: 450, format: "png" }))
  await shop.write("shop/mug.jpg", await PHOTO)
  return shop
}

describe("aliases", () => {
  const sizes = [{ size: "360x270", name: "card", aliases: ["cards", "300x225"] }]

  it("an alias is answered from the rendition of its size, with its URL and a short lifetime", async () => {
    const shop = await startShop({ sizes })
    for (const alias of ["cards", "300x225"]) {
      const response = await shop.get(`/shop/${alias}/mug.jpg`)
      expect(response.status).toBe(200)
      expect(response.headers["content-location"]).toBe("/shop/card/mug.jpg")
      expect(response.headers["cache-control"]).toContain("max-age=300")
      expect(await describeImage(response.body)).toMatchObject({ width: 360, height: 270 })
    }
    expect(await shop.stored()).toEqual(["shop/card/mug.jpg"])
  })

  it("an alias is negotiated like its size", async () => {
    const shop = await startShop({ sizes })
    const response = await shop.get("/shop/cards/mug.jpg", { accept: AVIF_BROWSER })
    expect(response.headers).toMatchObject({ vary: "Accept", "content-location": "/shop/card/mug.jpg.avif" })
    expect(await shop.stored()).toEqual(["shop/card/mug.jpg.avif"])
  })

  it("purging deletes renditions that were stored when the alias was a size", async () => {
    const renditions = await temporaryFolder()
    const before = await startShop({ sizes: ["300x225"], renditions })
    await before.get("/shop/300x225/mug.jpg")
    expect(await before.stored()).toEqual(["shop/300x225/mug.jpg"])
    const after = await startShop({ sizes, renditions })
    expect(await after.tailor.purge("shop/mug.jpg")).toBe(1)
    expect(await after.stored()).toEqual([])
  })
})

describe("a forced format", () => {
  const sizes = [{ size: "120x63", name: "social", format: "jpeg" } as const, "360x270"]

  it("the base URL means the explicit key, for any Accept", async () => {
    const shop = await startShop({ sizes })
    for (const accept of ["*/*", AVIF_BROWSER, "image/webp"]) {
      const response = await shop.get("/shop/social/mug.png", { accept })
      expect(response.headers).toMatchObject({
        "content-type": "image/jpeg",
        "content-location": "/shop/social/mug.png.jpeg",
      })
      expect(response.headers).not.toHaveProperty("vary")
    }
    expect(await shop.stored()).toEqual(["shop/social/mug.png.jpeg"])
  })

  it("the explicit URL is its own, and other formats are refused", async () => {
    const shop = await startShop({ sizes })
    const response = await shop.get("/shop/social/mug.png.jpeg")
    expect([response.status, response.headers["content-location"]]).toEqual([200, undefined])
    const refused = await shop.get("/shop/social/mug.png.webp")
    expect(refused.status).toBe(400)
    expect(refused.text).toContain("Allowed: jpeg.")
    expect((await shop.get("/shop/360x270/mug.png.jpeg")).status).toBe(400)
  })

  it("a URL that ends in the format is the original of that name, or the format of another", async () => {
    const shop = await startShop({ sizes })
    await shop.write("a.jpeg", await PHOTO)
    await shop.write("b.jpg.jpeg", await PHOTO)
    await shop.write("plain", await PHOTO)
    const located = async (path: string): Promise<string | undefined> => {
      const { status, headers } = await shop.get(path)
      return status === 200 ? (headers["content-location"] ?? path) : String(status)
    }
    expect(await located("/social/a.jpeg")).toBe("/social/a.jpeg.jpeg")
    expect(await located("/social/a.jpeg.jpeg")).toBe("/social/a.jpeg.jpeg")
    expect(await located("/social/b.jpg.jpeg")).toBe("/social/b.jpg.jpeg.jpeg")
    expect(await located("/social/plain")).toBe("/social/plain.jpeg")
    expect(await located("/social/plain.jpeg")).toBe("/social/plain.jpeg")
    expect(await located("/social/none.jpeg")).toBe("404")
    expect(await shop.stored()).toEqual(["social/a.jpeg.jpeg", "social/b.jpg.jpeg.jpeg", "social/plain.jpeg"])
    expect(await shop.tailor.purge("plain")).toBe(1)
  })

  it("formats of a size replace the configured ones for that size", async () => {
    const shop = await startShop({ sizes: [{ size: "100x75", name: "card", formats: ["webp"] }, "360x270"] })
    const type = async (path: string): Promise<string | undefined> =>
      (await shop.get(path, { accept: AVIF_BROWSER })).headers["content-type"]
    expect(await type("/shop/card/mug.jpg")).toBe("image/webp")
    expect(await type("/shop/360x270/mug.jpg")).toBe("image/avif")
    expect((await shop.get("/shop/card/mug.jpg.avif")).status).toBe(400)
  })
})

describe("the placeholder for missing originals", () => {
  const MISSING = "missing/placeholder.png"

  const startWithPlaceholder = async (options: ServerOptions = {}): Promise<RunningServer> => {
    const shop = await startShop({ sizes: ["120x90", "480h"], missing: MISSING, ...options })
    await shop.write(MISSING, await quadrants({ width: 400, height: 300, format: "png" }))
    return shop
  }

  it("an image gets the placeholder in its size, with the status, lifetime and code of the error", async () => {
    const shop = await startWithPlaceholder()
    const response = await shop.get("/shop/120x90/none.jpg", IMAGE)
    expect(response.status).toBe(404)
    expect(response.headers).toMatchObject({
      "cache-status": "imgtailor; detail=original-not-found",
      vary: "Accept, Sec-Fetch-Dest",
    })
    expect(response.headers["cache-control"]).toBe((await shop.get("/shop/120x90/none.jpg")).headers["cache-control"])
    expect(response.headers).not.toHaveProperty("etag")
    expect(await describeImage(response.body)).toMatchObject({ width: 120, height: 90 })
    expect(await shop.stored()).toEqual([expect.stringMatching(/^missing\/120x90\/placeholder\.png/)])
    const head = await shop.send("/shop/120x90/none.jpg", { method: "HEAD", headers: IMAGE })
    expect([head.status, head.body.length]).toEqual([404, 0])
  })

  it.each([
    ["corrupt", 422, async () => (await PHOTO).subarray(0, 3000)],
    ["no image", 415, async () => Buffer.from("%PDF-1.4")],
  ] as const)("an original that is %s has status %i and the placeholder", async (_, status, bytes) => {
    const shop = await startWithPlaceholder()
    await shop.write("bad.jpg", await bytes())
    const response = await shop.get("/480h/bad.jpg", IMAGE)
    expect(response.status).toBe(status)
    expect(response.headers["content-type"]).toMatch(/^image\//)
    expect((await shop.get("/480h/bad.jpg")).headers["content-type"]).toContain("text/plain")
  })

  it.each([
    [{ accept: "image/webp" }, true],
    [{ accept: AVIF_BROWSER }, true],
    [{ "sec-fetch-dest": "image", accept: "*/*" }, true],
    [{ accept: "*/*" }, false],
    [{}, false],
    [{ accept: "application/json" }, false],
    [{ accept: "text/html,image/avif,*/*", "sec-fetch-dest": "document" }, false],
  ])("a request with %j gets a picture: %s", async (headers, isPicture) => {
    const shop = await startWithPlaceholder()
    const response = await shop.get("/120x90/none.jpg", headers)
    expect(response.status).toBe(404)
    expect((response.headers["content-type"] ?? "").startsWith("image/")).toBe(isPicture)
    expect(response.headers["vary"]).toBe("Accept, Sec-Fetch-Dest")
  })

  it("errors of URLs and of info stay text", async () => {
    const shop = await startWithPlaceholder()
    for (const path of ["/100x1/none.jpg", "/info/none.jpg.json", "/none.jpg"])
      expect((await shop.get(path, IMAGE)).headers["content-type"]).not.toMatch(/^image\//)
  })

  it("a placeholder that is missing itself falls back to text", async () => {
    const shop = await startWithPlaceholder()
    await shop.remove(MISSING)
    const response = await shop.get("/120x90/none.jpg", IMAGE)
    expect([response.status, response.text]).toEqual([404, expect.stringContaining("original-not-found")])
  })

  it("the placeholder may be a file beside the configuration", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "none.jpg"), await PHOTO)
    const shop = await startShop({ sizes: ["120x90"], missing: join(folder, "none.jpg") })
    const response = await shop.get("/120x90/none.jpg", IMAGE)
    expect(response.status).toBe(404)
    expect(await describeImage(response.body)).toMatchObject({ width: 120, height: 90 })
    await rm(join(folder, "none.jpg"))
    expect((await shop.get("/120x90/other.jpg", IMAGE)).headers["content-type"]).toMatch(/^image\//)
  })
})

/** Originals whose reads wait. */
const waitingOriginals = () => {
  const store = memoryOriginals()
  const waiting: (() => void)[] = []
  let isBlocked = false
  const originals: Originals = {
    ...store,
    get: async (key, options): Promise<OriginalObject | undefined> => {
      if (isBlocked) await new Promise<void>((resume) => waiting.push(resume))
      return store.get(key, options)
    },
  }
  return {
    originals,
    set: store.set,
    block: () => {
      isBlocked = true
    },
    resume: () => {
      isBlocked = false
      for (const go of waiting) go()
    },
    waiting,
  }
}

describe("a busy server", () => {
  const sizes = ["100x75", "200x150", "400x300", { size: "200x150", name: "grey", grayscale: true }, "480h"]

  const startBusy = async (options: ServerOptions = {}) => {
    const store = waitingOriginals()
    store.set("a.jpg", await PHOTO)
    store.set("b.jpg", await PHOTO)
    store.set("c.jpg", await PHOTO)
    const shop = await startServer({ originals: store.originals, sizes, limits: { renders: 1, queue: 0 }, ...options })
    await shop.get("/100x75/a.jpg")
    await shop.get("/grey/a.jpg")
    await shop.tailor.idle()
    store.block()
    const blocking = shop.get("/480h/b.jpg")
    await expect.poll(() => store.waiting.length).toBe(1)
    return { shop, finish: async () => (store.resume(), (await blocking).status) }
  }

  it("an image gets the nearest stored size of the same shape, which no cache keeps", async () => {
    const { shop, finish } = await startBusy()
    const response = await shop.get("/400x300/a.jpg", IMAGE)
    expect(response.status).toBe(200)
    expect(response.headers).toMatchObject({
      "cache-control": "no-store",
      "content-location": "/100x75/a.jpg",
      "cache-status": "imgtailor; hit; detail=nearest",
    })
    expect(response.headers).not.toHaveProperty("etag")
    expect(await describeImage(response.body)).toMatchObject({ width: 100, height: 75 })
    expect(await finish()).toBe(200)
  })

  it("other requests, photos without a stored size, and other shapes get 503", async () => {
    const { shop, finish } = await startBusy()
    expect((await shop.get("/400x300/a.jpg", { accept: AVIF_BROWSER })).status).toBe(503)
    expect((await shop.get("/400x300/c.jpg", IMAGE)).status).toBe(503)
    expect((await shop.get("/480h/a.jpg", IMAGE)).status).toBe(503)
    await finish()
  })

  it("whenBusy refuse answers 503", async () => {
    const { shop, finish } = await startBusy({ whenBusy: "refuse" })
    expect((await shop.get("/400x300/a.jpg", IMAGE)).status).toBe(503)
    await finish()
  })
})

/** Red on the left, green on the right. */
const halves = (): Promise<Buffer> =>
  paint({ width: 600, height: 200, colourOf: (x) => (x < 300 ? RED : GREEN), format: "png" })

describe("focal points", () => {
  const sizes = [{ size: "100x100", name: "thumb", gravity: "smart" } as const, "50x50"]
  const colourOf = async (shop: RunningServer, size = "thumb"): Promise<"red" | "green"> => {
    const { body } = await shop.get(`/${size}/a.png`)
    return colourDistance(await colourAt(body, 0.5, 0.5), RED) < 30 ? "red" : "green"
  }

  it("a point in the file makes exactly the affected renditions stale, at once", async () => {
    const folder = await temporaryFolder()
    const file = join(folder, "points.json")
    const write = (points: Readonly<Record<string, unknown>>): Promise<void> => writeFile(file, JSON.stringify(points))
    await write({ "a.png": [0.1, 0.5] })
    const shop = await startServer({ sizes, focalPoints: file })
    await shop.write("a.png", await halves())
    await shop.write("b.png", await halves())
    expect(await colourOf(shop)).toBe("red")
    await shop.get("/50x50/a.png")
    await shop.get("/thumb/b.png")
    await write({ "a.png": [0.9, 0.5] })
    expect(await colourOf(shop)).toBe("green")
    const outcome = async (path: string): Promise<string | undefined> => {
      await shop.get(path)
      return shop.reports.at(-1)?.outcome
    }
    expect(await outcome("/thumb/a.png")).toBe("hit")
    expect(await outcome("/50x50/a.png")).toBe("hit")
    expect(await outcome("/thumb/b.png")).toBe("hit")
    await write({})
    expect(await outcome("/thumb/a.png")).toBe("miss")
  })

  it("a file that cannot be parsed does not change the points", async () => {
    const file = join(await temporaryFolder(), "points.json")
    await writeFile(file, JSON.stringify({ "a.png": [0.9, 0.5], "b.png": [2, 0] }))
    const shop = await startServer({ sizes, focalPoints: file })
    await shop.write("a.png", await halves())
    expect(await colourOf(shop)).toBe("green")
    await writeFile(file, "{")
    expect(await colourOf(shop)).toBe("green")
  })

  it("a program can give a function", async () => {
    const points: Record<string, FocalPoint> = { "a.png": [0, 0.5] }
    const shop = await startServer({ sizes, focalPoints: async (key) => points[key] })
    await shop.write("a.png", await halves())
    expect(await colourOf(shop)).toBe("red")
    points["a.png"] = [1, 0.5]
    expect(await colourOf(shop)).toBe("green")
  })
})

describe("overlays", () => {
  it.each(["none", "process"] as const)("a size has its overlay with isolation %s", async (isolation) => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, "marks"))
    await writeFile(
      join(folder, "marks", "mark.svg"),
      '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10" fill="#00f"/></svg>',
    )
    const overlay = { image: join(folder, "marks", "mark.svg"), width: "50%", gravity: "southeast" } as const
    const shop = await startServer({ sizes: [{ size: "100x100", name: "marked", overlay }], isolation })
    await shop.write(
      "a.jpg",
      await sharp({ create: { width: 200, height: 200, channels: 3, background: "#f00" } })
        .jpeg()
        .toBuffer(),
    )
    const { body, status } = await shop.get("/marked/a.jpg")
    expect(status).toBe(200)
    expect(colourDistance(await colourAt(body, 0.75, 0.75), [0, 0, 255])).toBeLessThan(30)
    expect(colourDistance(await colourAt(body, 0.25, 0.25), [255, 0, 0])).toBeLessThan(30)
    await shop.tailor.close()
  })
})
