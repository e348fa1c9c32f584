/** Renditions by an older recipe, after an upgrade or a change of the settings: they are sent at once and rendered again in the background. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor, type OpenTailor } from "../../src/create-tailor.ts"
import { type CountParts, countStored } from "../../src/redesign/count-stored.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { BLUE, colourAt, colourDistance, flat, noise } from "../support/photos.ts"
import { createPhotos, type Photos } from "../support/server.ts"

const KEY = "shop/a.jpg"
const SIZES = ["60w", "90w"] as const

interface Reply {
  readonly etag: string | null
  readonly cacheStatus: string | null
  readonly cacheControl: string | null
  readonly body: Buffer
}

interface Shop {
  readonly photos: Photos
  readonly renditions: string
  readonly open: (options: Partial<TailorOptions>) => OpenTailor
}

/** The version of a photo proves nothing while it is younger. */
const STABLE_AFTER_MS = 2100
const NAMES = ["a", "b", "c", "d"] as const
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  await mkdir(join(folder, "shop"))
  for (const name of NAMES)
    await writeFile(join(folder, `shop/${name}.jpg`), await noise({ width: 200, height: 150, format: "jpeg" }))
  await sleep(STABLE_AFTER_MS)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const createShop = async (): Promise<Shop> => {
  const [photos, renditions] = [await createPhotos(folder), await temporaryFolder()]
  const open: Shop["open"] = (options) => {
    const all = { originals: photos.folder, renditions, sizes: SIZES, limits: { cacheBytes: 0 }, ...options }
    return openTailor({ ...resolveConfig(all, environment()), isolation: "none" })
  }
  return { photos, renditions, open }
}

const ask = async ({ fetch }: OpenTailor, path = `/shop/60w/a.jpg`): Promise<Reply> => {
  const response = await fetch(new Request(`http://localhost${path}`))
  expect(response.status).toBe(200)
  const { headers } = response
  return {
    etag: headers.get("etag"),
    cacheStatus: headers.get("cache-status"),
    cacheControl: headers.get("cache-control"),
    body: Buffer.from(await response.arrayBuffer()),
  }
}

const HIT = "imgtailor; hit"

describe("a rendition by an older recipe", () => {
  it("renditions by an older recipe are counted, unless only their number and length are wanted", async () => {
    const { open } = await createShop()
    const before = open({ quality: 80 })
    await ask(before)
    await before.idle()
    const { renditions, core } = open({ quality: 30 })
    const count = async (isOutdatedKey: CountParts["isOutdatedKey"]): Promise<unknown> =>
      (await countStored({ renditions, grammar: core.grammar, isOutdatedKey }))?.sizes
    expect(await count(core.freshness.isOutdatedKey)).toMatchObject([{ name: "60w", count: 1, outdatedCount: 1 }])
    expect(await count(before.core.freshness.isOutdatedKey)).toMatchObject([{ count: 1, outdatedCount: 0 }])
    expect(await count(undefined)).toMatchObject([{ count: 1, outdatedCount: 0 }])
  })

  it("a rendition by an older recipe is sent at once for a short time, and rendered again in the background", async () => {
    const { open } = await createShop()
    const old = await ask(open({ quality: 80 }))
    const tailor = open({ quality: 30 })
    const first = await ask(tailor)
    expect([first.etag, first.cacheStatus, first.cacheControl]).toEqual([
      old.etag,
      `${HIT}; detail=outdated`,
      "public, max-age=60, s-maxage=60",
    ])
    expect(first.body).toEqual(old.body)
    await expect.poll(async () => (await ask(tailor)).cacheStatus).toBe(HIT)
    const renewed = await ask(tailor)
    expect(renewed.cacheControl).toBe("public, max-age=3600, s-maxage=31536000")
    expect(renewed.body.length).toBeLessThan(old.body.length)
  })

  it("a rendition by an older recipe is rendered before it is sent with staleRecipe: render", async () => {
    const { open } = await createShop()
    const old = await ask(open({ quality: 80 }))
    const now = await ask(open({ quality: 30, staleRecipe: "render" }))
    expect([now.etag === old.etag, now.cacheStatus]).toEqual([false, "imgtailor; fwd=stale"])
  })

  it("a rendition by an older recipe is never sent for a replaced photo", async () => {
    const { open, photos } = await createShop()
    await photos.write("replaced.jpg", await flat())
    await ask(open({ quality: 80 }), "/60w/replaced.jpg")
    await photos.write("replaced.jpg", await flat({ colour: BLUE }))
    const now = await ask(open({ quality: 30 }), "/60w/replaced.jpg")
    expect(now.cacheStatus).toBe("imgtailor; fwd=stale")
    expect(colourDistance(await colourAt(now.body, 0.5, 0.5), BLUE)).toBeLessThan(20)
  })

  it("a crop by focal point is rendered before it is sent, since its focal point may have changed", async () => {
    const { open } = await createShop()
    const sizes = [{ size: "60x60", name: "card", gravity: "smart" }] as const
    await ask(open({ sizes, quality: 80 }), "/shop/card/a.jpg")
    expect((await ask(open({ sizes, quality: 30 }), "/shop/card/a.jpg")).cacheStatus).toBe("imgtailor; fwd=stale")
  })

  it("a rendition by an older recipe is rendered again by warm", async () => {
    const { open } = await createShop()
    await open({ quality: 80 }).warm(KEY)
    const tailor = open({ quality: 30 })
    expect(await tailor.warm(KEY)).toMatchObject({ made: 6, stored: 1 })
    expect((await ask(tailor)).cacheStatus).toBe(HIT)
  })

  it("a sweep keeps renditions by an older recipe, has them rendered again, and deletes those of removed sizes", async () => {
    const { open, renditions } = await createShop()
    const before = open({ quality: 80 })
    const old = await ask(before)
    await ask(before, "/shop/90w/a.jpg")
    const tailor = open({ quality: 30, sizes: ["60w"], retired: { sizes: ["90w"] } })
    expect(await tailor.core.sweep("")).toBe(1)
    expect(await filesBelow(join(renditions, "files"))).toEqual(["shop/60w/a.jpg"])
    await expect.poll(() => tailor.core.freshness.freshnessOfKey("shop/60w/a.jpg")).toBe("fresh")
    expect((await ask(tailor)).etag).not.toBe(old.etag)
  })

  it("two servers with other settings notice each other, although each sends the stored renditions", async () => {
    const { open } = await createShop()
    const notices: string[] = []
    const servers = [80, 30].map((quality) => {
      const { config } = open({ quality })
      return openTailor(config, { onNotice: (text) => notices.push(text) })
    })
    const round = async (): Promise<number> => {
      for (const server of servers) {
        for (const name of NAMES) await ask(server, `/shop/60w/${name}.jpg`)
        await server.idle()
      }
      return notices.filter((text) => text.includes("other settings")).length
    }
    await expect.poll(round, { timeout: 20_000 }).toBe(2)
  })
})
