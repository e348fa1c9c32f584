/**
 * Watching the originals: stored files, which a proxy may serve without asking us, go as soon as they are not in step any more. Nobody
 * asks for anything in these tests after a change; only the disk is looked at.
 */
import { mkdirSync, rmSync } from "node:fs"
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished } from "vitest"

import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor, type OpenTailor } from "../../src/create-tailor.ts"
import { watchOriginals } from "../../src/server/watch.ts"
import { toOriginalKey } from "../../src/sizes/key.ts"
import { folderRenditions } from "../../src/store/folder.ts"
import { memoryOriginals } from "../../src/store/memory.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { BLUE, flat, GREEN, RED } from "../support/photos.ts"
import { startProcess } from "../support/process.ts"
import { createPhotos, type Photos, send } from "../support/server.ts"

const SIZES = ["60x40", "90w"]

interface Shop extends Photos {
  readonly renditions: string
  readonly tailor: OpenTailor
  /** Makes and stores what addresses ask for; a picture's colour does not matter here. */
  readonly ask: (...keys: readonly string[]) => Promise<void>
  /** Keys of what is stored. */
  readonly files: () => Promise<readonly string[]>
  readonly errors: readonly unknown[]
  readonly watch: () => Promise<void>
}

const openShop = async (options: { readonly longestRenderMs?: number } = {}): Promise<Shop> => {
  const photos = await createPhotos()
  const renditions = await temporaryFolder()
  const tailor = openTailor(
    resolveConfig({ originals: photos.folder, renditions, sizes: SIZES, exclude: ["!.hidden.jpg"] }, environment()),
  )
  const errors: unknown[] = []
  return {
    ...photos,
    renditions,
    tailor,
    errors,
    ask: async (...keys) => {
      for (const key of keys) {
        const { status } = await tailor.fetch(new Request(`http://localhost/${key}`))
        if (status !== 200) throw new Error(`Expected ${key} to be made, got ${status}`)
      }
      await tailor.idle()
    },
    files: () => filesBelow(join(renditions, "files")),
    watch: async () => {
      const watch = watchOriginals(tailor.core, {
        originals: photos.folder,
        renditions,
        longestRenderMs: options.longestRenderMs ?? 60_000,
        onError: (error) => errors.push(error),
      })
      onTestFinished(() => watch.close())
      await watch.ready
      await watch.settled()
    },
  }
}

const RENDITIONS_OF_A = ["shop/60x40/a.jpg", "shop/60x40/a.jpg.webp", "shop/90w/a.jpg", "shop/info/a.jpg.json"]

/** A shop with two photos, all that was made of them, and a watch. */
const openWatchedShop = async (): Promise<Shop> => {
  const shop = await openShop()
  await shop.write("shop/a.jpg", await flat({ colour: RED }))
  await shop.write("shop/b.jpg", await flat({ colour: GREEN }))
  await shop.watch()
  await shop.ask(...RENDITIONS_OF_A, "shop/60x40/b.jpg")
  expect((await shop.files()).length).toBe(5)
  return shop
}

describe("stored files disappear from the disk", () => {
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

  it.each(Object.entries(CHANGES))("when their original %s, and those of other originals stay", async (_, change) => {
    const shop = await openWatchedShop()
    await change(shop)
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["shop/60x40/b.jpg"])
    expect(shop.errors).toEqual([])
  })

  it("when their original is removed with its folder, or with the folder above it", async () => {
    const shop = await openShop()
    for (const key of ["x/y/a.jpg", "x/y/b.jpg", "z/c.jpg"]) await shop.write(key, await flat())
    await shop.watch()
    await shop.ask("x/y/60x40/a.jpg", "x/y/60x40/b.jpg.webp", "z/60x40/c.jpg")
    await rm(join(shop.folder, "x"), { recursive: true })
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["z/60x40/c.jpg"])
  })

  it("when the folder of their original is moved away, or another is moved into its place", async () => {
    const shop = await openShop()
    const outside = await temporaryFolder()
    for (const key of ["x/a.jpg", "z/c.jpg"]) await shop.write(key, await flat())
    await shop.watch()
    await shop.ask("x/60x40/a.jpg", "z/60x40/c.jpg")
    await rename(join(shop.folder, "x"), join(outside, "x"))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["z/60x40/c.jpg"])
    await cp(join(outside, "x"), join(outside, "new"), { recursive: true })
    await rename(join(outside, "new"), join(shop.folder, "x"))
    await shop.ask("x/60x40/a.jpg")
    await shop.write("x/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["z/60x40/c.jpg"])
  })

  it("when their original lies in folders that came after the watch began", async () => {
    const shop = await openShop()
    await shop.watch()
    await shop.write("new/er/a.jpg", await flat())
    await shop.ask("new/er/60x40/a.jpg")
    // The folder has to have been noticed: an event for it comes, but not at a time that can be told.
    await sleep(300)
    await shop.write("new/er/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual([])
  })

  it("when an original appears that comes first in reading their address", async () => {
    const shop = await openShop()
    await shop.write("a.jpg.webp", await flat({ format: "webp" }))
    await shop.watch()
    // Of the original a.jpg.webp: its base, and its AVIF. The first may also be read as the WebP of a.jpg.
    await shop.ask("60x40/a.jpg.webp", "60x40/a.jpg.webp.avif")
    await shop.write("a.jpg", await flat())
    await expect.poll(shop.files, { timeout: 5000 }).toEqual(["60x40/a.jpg.webp.avif"])
  })

  it("when their name has characters of all kinds", async () => {
    const shop = await openShop()
    const names = ["a b.jpg", "100%.jpg", "caf\u00e9.jpg", "cafe\u0301.jpg", "🏺.jpg", ".hidden.jpg", "it's (2).jpg"]
    for (const name of names) await shop.write(name, await flat())
    await shop.watch()
    await shop.ask(...names.map((name) => `60x40/${encodeURIComponent(name)}`))
    expect((await shop.files()).length).toBe(names.length)
    for (const name of names) await shop.write(name, await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000 }).toEqual([])
  })

  it("with the second look, when a render that was running stored the old picture after the first", async () => {
    const shop = await openShop({ longestRenderMs: 300 })
    await shop.write("a.jpg", await flat({ colour: RED }))
    await shop.watch()
    await shop.ask("60x40/a.jpg")
    const other = folderRenditions(shop.renditions)
    const old = await other.get("60x40/a.jpg")
    if (!old || !(old.body instanceof Uint8Array)) throw new Error("Expected a rendition.")
    await shop.write("a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, { timeout: 5000, interval: 5 }).toEqual([])
    await other.put("60x40/a.jpg", old.body, old.meta)
    await expect.poll(shop.files, { timeout: 5000 }).toEqual([])
  })
})

describe("what another process stored", () => {
  it.each(["purgeStale", "sweep"] as const)(
    "is judged by %s as it lies on the disk, not as it is remembered",
    async (name) => {
      const originals = memoryOriginals()
      const renditions = await temporaryFolder()
      const { core, fetch } = openTailor(resolveConfig({ originals, renditions, sizes: SIZES }, environment()))
      const ask = async (): Promise<void> => {
        expect((await fetch(new Request("http://localhost/60x40/a.jpg"))).status).toBe(200)
        await core.idle()
      }
      originals.set("a.jpg", await flat({ colour: RED }))
      await ask()
      const other = folderRenditions(renditions)
      const old = await other.get("60x40/a.jpg")
      if (!old || !(old.body instanceof Uint8Array)) throw new Error("Expected a rendition.")
      originals.set("a.jpg", await flat({ colour: BLUE }))
      await ask()
      await ask()
      // It has been rendering the old one all the time, and was killed before it looked again.
      await other.put("60x40/a.jpg", old.body, old.meta)
      const key = toOriginalKey("a.jpg")
      if (key === undefined) throw new Error("Expected a key.")
      await (name === "sweep" ? core.sweep("") : core.purgeStale(key))
      expect(await filesBelow(join(renditions, "files"))).toEqual([])
    },
  )
})

describe("stored files that became stale while nobody watched", () => {
  it("disappear when the watch begins; those in step stay, and what is no rendition stays", async () => {
    const shop = await openShop()
    const keys = ["kept.jpg", "replaced.jpg", "removed.jpg"]
    for (const key of keys) await shop.write(key, await flat())
    // A rendition of an original this young proves nothing after a restart.
    await sleep(2100)
    await shop.ask(...keys.flatMap((key) => [`60x40/${key}`, `60x40/${key}.webp`, `info/${key}.json`]))
    await writeFile(join(shop.renditions, "files", "robots.txt"), "no rendition")
    await shop.write("replaced.jpg", await flat({ colour: BLUE }))
    await shop.remove("removed.jpg")
    await shop.watch()
    expect(await shop.files()).toEqual(["60x40/kept.jpg", "60x40/kept.jpg.webp", "info/kept.jpg.json", "robots.txt"])
    expect(await filesBelow(join(shop.renditions, "facts"))).toEqual(
      ["60x40/kept.jpg.json", "60x40/kept.jpg.webp.json", "info/kept.jpg.json.json"].toSorted(),
    )
  })
})

describe("imgtailor serve --watch", () => {
  it("deletes what was stale when it started, and what becomes stale while it runs", async () => {
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

  it("beside the originals, in one folder, deletes renditions and no original", async () => {
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
