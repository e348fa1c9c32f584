/**
 * Watching the originals: stale files, which a proxy may serve by itself, are deleted soon after a change. No requests are sent after a
 * change in these tests; only the disk is looked at.
 */
import { mkdirSync, rmSync } from "node:fs"
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor } from "../../src/create-tailor.ts"
import { toOriginalKey } from "../../src/sizes/key.ts"
import { folderRenditions } from "../../src/store/folder.ts"
import { memoryOriginals } from "../../src/store/memory.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { BLUE, flat, GREEN, RED } from "../support/photos.ts"
import { startProcess } from "../support/process.ts"
import { createPhotos, send } from "../support/server.ts"
import { openShop, type Shop, SIZES } from "../support/watched-shop.ts"

const RENDITIONS_OF_A = ["shop/60x40/a.jpg", "shop/60x40/a.jpg.webp", "shop/90w/a.jpg", "shop/info/a.jpg.json"]

/** A shop with two photos, renditions of them, and a watch. */
const openWatchedShop = async (): Promise<Shop> => {
  const shop = await openShop()
  await shop.write("shop/a.jpg", await flat({ colour: RED }))
  await shop.write("shop/b.jpg", await flat({ colour: GREEN }))
  await shop.watch()
  await shop.render(...RENDITIONS_OF_A, "shop/60x40/b.jpg")
  expect((await shop.files()).length).toBe(5)
  return shop
}

describe("stale files are deleted", () => {
  const CHANGES: Readonly<Record<string, (shop: Shop) => Promise<void>>> = {
    "is replaced": async ({ write }) => write("shop/a.jpg", await flat({ colour: BLUE })),
    "is written over in place": async ({ folder }) =>
      writeFile(join(folder, "shop/a.jpg"), await flat({ colour: BLUE })),
    "is removed": ({ remove }) => remove("shop/a.jpg"),
    "is moved to another name": ({ folder }) => rename(join(folder, "shop/a.jpg"), join(folder, "shop/z.jpg")),
    "is replaced by a folder": async ({ folder }) => {
      rmSync(join(folder, "shop/a.jpg"))
      mkdirSync(join(folder, "shop/a.jpg"))
    },
  }

  it.each(Object.entries(CHANGES))(
    "stale files are deleted when their original %s, and those of other originals stay",
    async (_, change) => {
      const shop = await openWatchedShop()
      await change(shop)
      await expect.poll(shop.files, { timeout: 5000 }).toEqual(["shop/60x40/b.jpg"])
      expect(shop.errors).toEqual([])
    },
  )

  it("stale files are deleted when a folder above their original is removed", async () => {
    const shop = await openShop()
    for (const key of ["x/y/a.jpg", "x/y/b.jpg", "z/c.jpg"]) await shop.write(key, await flat())
    await shop.watch()
    await shop.render("x/y/60x40/a.jpg", "x/y/60x40/b.jpg.webp", "z/60x40/c.jpg")
    await rm(join(shop.folder, "x"), { recursive: true })
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["z/60x40/c.jpg"])
  })

  it("stale files are deleted when a folder is moved away, and when one is moved into its place", async () => {
    const shop = await openShop()
    const outside = await temporaryFolder()
    for (const key of ["x/a.jpg", "z/c.jpg"]) await shop.write(key, await flat())
    await shop.watch()
    await shop.render("x/60x40/a.jpg", "z/60x40/c.jpg")
    await rename(join(shop.folder, "x"), join(outside, "x"))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["z/60x40/c.jpg"])
    await cp(join(outside, "x"), join(outside, "new"), { recursive: true })
    await rename(join(outside, "new"), join(shop.folder, "x"))
    await shop.render("x/60x40/a.jpg")
    await shop.write("x/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["z/60x40/c.jpg"])
  })

  it("stale files are deleted when their original is in a folder that was created after the watch began", async () => {
    const shop = await openShop()
    await shop.watch()
    await shop.write("new/er/a.jpg", await flat())
    await shop.render("new/er/60x40/a.jpg")
    // Time for the event of the new folder.
    await sleep(300)
    await shop.write("new/er/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual([])
  })

  it("stale files are deleted when an original appears that takes precedence for their key", async () => {
    const shop = await openShop()
    await shop.write("a.jpg.webp", await flat({ format: "webp" }))
    await shop.watch()
    // The base rendition and the AVIF of the original a.jpg.webp. The first can also be the WebP of a.jpg.
    await shop.render("60x40/a.jpg.webp", "60x40/a.jpg.webp.avif")
    await shop.write("a.jpg", await flat())
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["60x40/a.jpg.webp.avif"])
  })

  it("stale files are deleted when their name has unusual characters", async () => {
    const shop = await openShop()
    const names = ["a b.jpg", "100%.jpg", "caf\u00e9.jpg", "cafe\u0301.jpg", "🏺.jpg", ".hidden.jpg", "it's (2).jpg"]
    for (const name of names) await shop.write(name, await flat())
    await shop.watch()
    await shop.render(...names.map((name) => `60x40/${encodeURIComponent(name)}`))
    expect((await shop.files()).length).toBe(names.length)
    for (const name of names) await shop.write(name, await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual([])
  })

  it("the second pass deletes a rendition of the old original that a running render stored after the first pass", async () => {
    const shop = await openShop({ longestRenderMs: 300 })
    await shop.write("a.jpg", await flat({ colour: RED }))
    await shop.watch()
    await shop.render("60x40/a.jpg")
    const other = folderRenditions(shop.renditions)
    const old = await other.get("60x40/a.jpg")
    if (!old || !(old.body instanceof Uint8Array)) throw new Error("Expected a rendition.")
    await shop.write("a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000, interval: 5 }).toEqual([])
    await other.put("60x40/a.jpg", old.body, old.meta)
    await expect.poll(shop.files, { timeout: 5000 }).toEqual([])
  })
})

describe("a rendition stored by another process", () => {
  it.each(["purgeStale", "sweep"] as const)(
    "is compared by %s with its record on the disk, not in memory",
    async (name) => {
      const originals = memoryOriginals()
      const renditions = await temporaryFolder()
      const options = { originals, renditions, sizes: SIZES, isolation: "none" } as const
      const { core, fetch } = openTailor(resolveConfig(options, environment()))
      const render = async (): Promise<void> => {
        expect((await fetch(new Request("http://localhost/60x40/a.jpg"))).status).toBe(200)
        await core.idle()
      }
      originals.set("a.jpg", await flat({ colour: RED }))
      await render()
      const other = folderRenditions(renditions)
      const old = await other.get("60x40/a.jpg")
      if (!old || !(old.body instanceof Uint8Array)) throw new Error("Expected a rendition.")
      originals.set("a.jpg", await flat({ colour: BLUE }))
      await render()
      await render()
      // The other process rendered the old original, and was killed before it checked again.
      await other.put("60x40/a.jpg", old.body, old.meta)
      const key = toOriginalKey("a.jpg")
      if (key === undefined) throw new Error("Expected a key.")
      await (name === "sweep" ? core.sweep("") : core.purgeStale(key))
      expect(await filesBelow(join(renditions, "files"))).toEqual([])
    },
  )
})

describe("a watch that begins", () => {
  it("deletes files that became stale before, and leaves fresh ones and foreign files", async () => {
    const shop = await openShop()
    const keys = ["kept.jpg", "replaced.jpg", "removed.jpg"]
    for (const key of keys) await shop.write(key, await flat())
    // The version of a younger original proves nothing.
    await sleep(2100)
    await shop.render(...keys.flatMap((key) => [`60x40/${key}`, `60x40/${key}.webp`, `info/${key}.json`]))
    await writeFile(join(shop.renditions, "files", "robots.txt"), "no rendition")
    await shop.write("replaced.jpg", await flat({ colour: BLUE }))
    await shop.remove("removed.jpg")
    await shop.watch()
    expect(await shop.files()).toEqual(["60x40/kept.jpg", "60x40/kept.jpg.webp", "info/kept.jpg.json", "robots.txt"])
    expect(await filesBelow(join(shop.renditions, "records"))).toEqual(
      ["60x40/kept.jpg.json", "60x40/kept.jpg.webp.json", "info/kept.jpg.json.json"].toSorted(),
    )
  })
})

describe("imgtailor serve --watch", () => {
  it("serve --watch deletes stale files when it starts and while it runs", async () => {
    const photos = await createPhotos()
    const renditions = await temporaryFolder()
    const files = (): Promise<readonly string[]> => filesBelow(join(renditions, "files"))
    await photos.write("shop/a.jpg", await flat())
    await mkdir(dirname(join(renditions, "files/shop/60x40/gone.jpg")), { recursive: true })
    await writeFile(join(renditions, "files/shop/60x40/gone.jpg"), "of an original that is gone")
    const { port, end, log } = await startProcess(
      photos.folder,
      "--sizes",
      "60x40",
      "--renditions",
      renditions,
      "--watch",
    )
    await expect.poll(log, { timeout: 5000 }).toContain("Watching the originals")
    expect(await files()).toEqual([])
    for (const target of ["/shop/60x40/a.jpg", "/shop/60x40/a.jpg.webp"])
      expect((await send(port, target)).status).toBe(200)
    expect(await files()).toEqual(["shop/60x40/a.jpg", "shop/60x40/a.jpg.webp"])
    await photos.write("shop/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(files, { timeout: 5000 }).toEqual([])
    expect((await send(port, "/shop/60x40/a.jpg")).status).toBe(200)
    await photos.remove("shop/a.jpg")
    await expect.poll(files, { timeout: 5000 }).toEqual([])
    expect(await end("SIGTERM")).toEqual({ code: 0, signal: null })
  })

  it("serve --watch with originals and renditions in one folder deletes renditions and no original", async () => {
    const photos = await createPhotos()
    await photos.write("shop/a.jpg", await flat())
    await photos.write("shop/b.jpg", await flat())
    const args = ["--sizes", "60x40", "--renditions", photos.folder, "--shared-store", "--watch"]
    const { port, end, log } = await startProcess(photos.folder, ...args)
    await expect.poll(log, { timeout: 5000 }).toContain("Watching the originals")
    const files = async (): Promise<readonly string[]> =>
      (await filesBelow(photos.folder)).filter((key) => !key.startsWith(".imgtailor/"))
    for (const target of ["/shop/60x40/a.jpg", "/shop/60x40/b.jpg"]) expect((await send(port, target)).status).toBe(200)
    expect(await files()).toEqual(["shop/60x40/a.jpg", "shop/60x40/b.jpg", "shop/a.jpg", "shop/b.jpg"])
    await photos.write("shop/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(files, { timeout: 5000 }).toEqual(["shop/60x40/b.jpg", "shop/a.jpg", "shop/b.jpg"])
    expect(await end("SIGTERM")).toEqual({ code: 0, signal: null })
  })
})
