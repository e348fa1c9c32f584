/** Tests that the client and the server agree on the widths of renditions, and on descriptions of originals. */
import { truncate } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { createClient } from "../../src/client/client.ts"
import { getInfo } from "../../src/get-info.ts"
import { flat, noise, RED, withAlpha } from "../support/photos.ts"
import { startServer } from "../support/server.ts"

const SIZES = ["160w", "320w", "640w", "120h", "240h", "480h", "160x120", "320x240", "300x300"] as const

describe("the client", () => {
  it.each([
    ["a photo larger than all sizes", 1000, 700],
    ["a photo between two sizes", 300, 500],
    ["a photo smaller than all sizes", 70, 50],
    ["a panorama", 1200, 40],
    ["a tower", 40, 1200],
  ])("the client knows the width of all renditions of %s before requesting them", async (_, width, height) => {
    const shop = await startServer({ sizes: [...SIZES] })
    await shop.write("été/a b.jpg", await noise({ width, height, format: "jpeg" }))
    const photos = createClient({ baseUrl: `http://127.0.0.1:${shop.port}`, sizes: SIZES })
    const info = await photos.info("été/a b.jpg")
    for (const shape of ["640w", "480h", "160x120", "300x300"] as const)
      for (const format of [undefined, "webp"] as const)
        for (const candidate of photos.candidates("été/a b.jpg", { shape, info, format })) {
          const answer = await fetch(candidate.url)
          const { width: w, height: h, format: got } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata()
          expect({ url: candidate.url, width: w, height: h, format: got }).toEqual({
            ...candidate,
            format: format ?? "jpeg",
          })
        }
  })

  it("info and getInfo return the same description, and report why there is none", async () => {
    const shop = await startServer({ sizes: [...SIZES] })
    await shop.write("photo.png", await withAlpha({ width: 90, height: 60, colour: RED, format: "png" }))
    const photos = createClient({ baseUrl: `http://127.0.0.1:${shop.port}`, sizes: SIZES })
    const info = await photos.info("photo.png")
    expect(info).toMatchObject({ width: 90, height: 60, format: "png", animated: false })
    expect(await getInfo(join(shop.folder, "photo.png"))).toEqual(info)
    await expect(photos.info("no.png")).rejects.toThrow("404 original-not-found")
    await expect(getInfo(new Uint8Array(10))).rejects.toMatchObject({ code: "unsupported-original" })
    await expect(getInfo(join(shop.folder, "no.png"))).rejects.toMatchObject({ code: "ENOENT" })
  })

  it("getInfo accepts the same originals as a server, and reports wrong arguments", async () => {
    const shop = await startServer({ sizes: [...SIZES] })
    await shop.write("long.jpg", await flat({ width: 64, height: 48 }))
    const path = join(shop.folder, "long.jpg")
    await truncate(path, 100_000_000)
    expect(await getInfo(path)).toMatchObject({ width: 64, byteLength: 100_000_000 })
    await truncate(path, 100_000_001)
    await expect(getInfo(path)).rejects.toMatchObject({ code: "original-too-large" })
    expect((await shop.get("/info/long.jpg.json")).status).toBe(413)
    await expect(getInfo(pathToFileURL(path) as unknown as string)).rejects.toThrow("Expected the path of a photo")
    await expect(getInfo(undefined as unknown as string)).rejects.toThrow("got undefined")
  })

  it("getInfo supports many concurrent calls", async () => {
    const bytes = await flat({ width: 64, height: 48, format: "png" })
    const all = await Promise.all(Array.from({ length: 40 }, () => getInfo(bytes)))
    expect(new Set(all.map((info) => JSON.stringify(info))).size).toBe(1)
    expect(all[0]).toMatchObject({ width: 64, height: 48, format: "png" })
  })
})
