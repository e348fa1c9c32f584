/** Originals that cannot be found although they were not deleted: no stored rendition is lost, and everything works when they are back. */
import { rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { folderRenditions } from "../../src/store/folder.ts"
import { failing, faultyRenditions, on } from "../support/faulty-store.ts"
import { temporaryFolder } from "../support/folders.ts"
import { canMount, mountTmpfs, unmount } from "../support/mounts.ts"
import { flat } from "../support/photos.ts"
import { createPhotos, type RunningServer, startServer } from "../support/server.ts"

const PATH = "/shop/480h/a.jpg"

/** The server looks at its folder as a whole once a second. */
const untilNoticed = (): Promise<unknown> => sleep(1100)

/** A server with one stored rendition, and originals in two folders. */
const openShop = async (options: Parameters<typeof startServer>[0] = {}): Promise<RunningServer> => {
  const shop = await startServer({ limits: { cacheBytes: 0 }, staleIfErrorSeconds: 0, ...options })
  for (const key of ["shop/a.jpg", "shop/b.jpg", "other/c.jpg"]) await shop.write(key, await flat())
  expect((await shop.get(PATH)).status).toBe(200)
  expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  return shop
}

const expectRecovery = async (shop: RunningServer): Promise<void> => {
  expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  const { status, headers } = await shop.get(PATH)
  expect({ status, cache: headers["cache-status"] }).toEqual({ status: 200, cache: "imgtailor; hit" })
}

describe("missing originals", () => {
  it("the folder of an original that is missing leads to 404 and no deletion", async () => {
    const shop = await openShop()
    const away = await temporaryFolder()
    await rename(join(shop.folder, "shop"), join(away, "shop"))
    expect((await shop.get(PATH)).status).toBe(404)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
    await rename(join(away, "shop"), join(shop.folder, "shop"))
    await expectRecovery(shop)
  })

  it("the folder of an original that became empty leads to 404 and no deletion", async () => {
    const shop = await openShop()
    for (const key of ["shop/a.jpg", "shop/b.jpg"]) await shop.remove(key)
    expect((await shop.get(PATH)).status).toBe(404)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("all originals that disappear at once lead to 502 and no deletion", async () => {
    const shop = await openShop()
    const away = await temporaryFolder()
    for (const name of ["shop", "other"]) await rename(join(shop.folder, name), join(away, name))
    await untilNoticed()
    expect((await shop.get(PATH)).status).toBe(502)
    for (const name of ["shop", "other"]) await rename(join(away, name), join(shop.folder, name))
    await untilNoticed()
    await expectRecovery(shop)
  })

  it("all originals that disappear leave stored renditions to be served as unverified", async () => {
    const shop = await openShop({ staleIfErrorSeconds: 60 })
    await rm(shop.folder, { recursive: true })
    await untilNoticed()
    const { status, headers } = await shop.get(PATH)
    expect(status).toBe(200)
    expect(headers["cache-status"]).toBe("imgtailor; hit; detail=unverified")
    expect(headers["cache-control"]).toContain("max-age=30")
    expect((await shop.get("/shop/360x270/a.jpg")).status).toBe(502)
    expect(JSON.parse((await shop.get("/healthz")).text)).toMatchObject({ requests: { unverified: 1 } })
  })

  it.skipIf(!canMount)(
    "originals on a disk that is unmounted lead to no deletion, in the root and below it",
    async () => {
      for (const mounted of ["", "shop"]) {
        const photos = await createPhotos()
        const folder = join(photos.folder, mounted)
        if (mounted) await photos.write("shop/under-the-mount.jpg", await flat())
        await mountTmpfs(folder)
        const shop = await openShop({ photos })
        await unmount(folder)
        await untilNoticed()
        expect((await shop.get(PATH)).status).toBe(mounted ? 404 : 502)
        expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
      }
    },
  )

  it("a rendition that cannot be deleted is counted", async () => {
    const renditions = faultyRenditions(folderRenditions(await temporaryFolder()), on(["delete"], failing))
    const shop = await startServer({ renditions })
    for (const key of ["shop/a.jpg", "shop/b.jpg"]) await shop.write(key, await flat())
    await shop.get(PATH)
    await shop.remove("shop/a.jpg")
    expect((await shop.get(PATH)).status).toBe(404)
    expect(JSON.parse((await shop.get("/healthz")).text)).toMatchObject({ requests: { notDeleted: 1 } })
  })
})
