/** The routes of the studio on a real folder: their responses, and that drafts store nothing. */
import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import sharp from "sharp"
import { describe, expect, it } from "vitest"

import type { Explanation } from "../../src/explain/explanation.ts"
import type { DraftList, Photo, Photos, Settings, Snippets } from "../../src/studio/api.ts"
import type { LiveSummary } from "../../src/studio/live-api.ts"
import { temporaryFolder } from "../support/folders.ts"
import { describe as describeImage, flat, noise, quadrants } from "../support/photos.ts"
import { send } from "../support/server.ts"
import { type RunningStudio, startStudio, type StudioTestOptions } from "../support/studio.ts"

const PHOTO = quadrants({ width: 120, height: 90 })

const startShop = async (options: StudioTestOptions = {}): Promise<RunningStudio> => {
  const studio = await startStudio({ isOpen: true, ...options })
  await studio.write("shop/a.jpg", await PHOTO)
  return studio
}

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

describe("the list of photos", () => {
  it("pages together have every folder and photo once, in order, and no other file", async () => {
    const studio = await startStudio({ isOpen: true })
    const bytes = await PHOTO
    const keys = ["a.jpg", "b/1.jpg", "b/2.jpg", "b/c/3.jpg", "c.png", "d/4.jpg", "e.txt", "f.webp"]
    for (const key of keys) await studio.write(key, bytes)
    const seen: string[] = []
    let after: string | undefined
    let pages = 0
    do {
      const query = new URLSearchParams({ limit: "2", ...(after !== undefined && { after }) })
      const page = await studio.json<Photos>(`photos?${query.toString()}`)
      seen.push(...page.folders, ...page.photos.map(({ key }) => key))
      after = page.next
      pages += 1
    } while (after !== undefined && pages < 10)
    expect(seen.toSorted()).toEqual(["a.jpg", "b/", "c.png", "d/", "f.webp"])
    expect(await studio.json<Photos>("photos?prefix=b/")).toMatchObject({
      folders: ["b/c/"],
      photos: [
        { key: "b/1.jpg", thumbnail: "/b/60x45/1.jpg", thumbnailWidth: 60, thumbnailHeight: 45 },
        { key: "b/2.jpg" },
      ],
    })
    expect((await studio.json<Photos>("photos?prefix=b/2")).photos).toHaveLength(1)
  })

  it.each(["0", "-1", "201", "x", "1e9"])("a limit of %s is refused", async (limit) => {
    const studio = await startStudio({ isOpen: true })
    expect((await studio.call("GET", `photos?limit=${limit}`)).status).toBe(400)
  })
})

describe("one photo", () => {
  it("the sheet has every size and format with dimensions, and the bytes, time and state of stored ones", async () => {
    const studio = await startShop()
    const before = await studio.json<Photo>("photo?key=shop/a.jpg")
    expect(before).toMatchObject({ key: "shop/a.jpg", info: { width: 120, height: 90, format: "jpeg" } })
    expect(before.renditions.map(({ size, format, isBase, state }) => [size, format, isBase, state])).toEqual(
      ["60x45", "80w"].flatMap((size) => [
        [size, "jpeg", true, "absent"],
        [size, "avif", false, "absent"],
        [size, "webp", false, "absent"],
      ]),
    )
    const rendered = await send(studio.port, "/shop/80w/a.jpg.webp")
    const after = await studio.json<Photo>("photo?key=shop/a.jpg")
    expect(after.renditions.find(({ url }) => url === "/shop/80w/a.jpg.webp")).toMatchObject({
      // The original was written a moment ago.
      state: expect.stringMatching(/^(?:fresh|unverified)$/) as string,
      byteLength: rendered.body.length,
      width: 80,
      height: 60,
      renderMs: expect.any(Number) as number,
    })
    await studio.write("shop/a.jpg", await flat({ width: 300, height: 90 }))
    const replaced = await studio.json<Photo>("photo?key=shop/a.jpg")
    expect(replaced.renditions.find(({ url }) => url === "/shop/80w/a.jpg.webp")?.state).toBe("stale")
  })

  it("an unsupported original is refused with its code", async () => {
    const studio = await startShop()
    await studio.write("shop/b.jpg", Buffer.from("%PDF-1.7\n"))
    const response = await studio.call("GET", "photo?key=shop/b.jpg")
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({ code: "unsupported-original" })
  })
})

describe("drafts", () => {
  it("a draft has the requested size, format and quality, and is not stored", async () => {
    const studio = await startShop()
    await studio.write("shop/n.png", await noise({ width: 200, height: 150 }))
    const draft = async (quality: number) =>
      studio.call("POST", "draft", { key: "shop/n.png", size: "80w", format: "webp", quality })
    const [low, high] = [await draft(10), await draft(95)]
    expect(low.headers.get("content-type")).toBe("image/webp")
    expect(low.headers.get("imgtailor-quality")).toBe("10")
    expect(Number(low.headers.get("imgtailor-render-ms"))).toBeGreaterThan(0)
    expect([low.headers.get("imgtailor-width"), low.headers.get("imgtailor-height")]).toEqual(["80", "60"])
    const [small, large] = [await bytesOf(low), await bytesOf(high)]
    expect(small.length).toBeLessThan(large.length)
    expect(await describeImage(small)).toMatchObject({ width: 80, height: 60, format: "webp" })
    const unlisted = await studio.call("POST", "draft", {
      key: "shop/a.jpg",
      size: { size: "33x21", name: "new", blur: 2 },
    })
    expect(await describeImage(await bytesOf(unlisted))).toMatchObject({ width: 33, height: 21, format: "jpeg" })
    expect(await studio.stored()).toEqual([])
  })

  it("the reference has the crop's pixels without loss, and never the bytes of the original", async () => {
    const studio = await startShop()
    const png = await noise({ width: 64, height: 48 })
    await studio.write("shop/exact.png", png)
    const whole = await bytesOf(await studio.call("POST", "reference", { key: "shop/exact.png", size: "80w" }))
    const pixels = async (bytes: Uint8Array) => sharp(bytes).removeAlpha().raw().toBuffer()
    expect(await pixels(whole)).toEqual(await pixels(png))
    const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
    expect(hash(whole)).not.toBe(hash(png))
    const crop = await bytesOf(await studio.call("POST", "reference", { key: "shop/a.jpg", size: "60x45" }))
    expect(await describeImage(crop)).toMatchObject({ width: 60, height: 45, format: "png" })
    expect(await studio.stored()).toEqual([])
  })

  it("drafts are rendered one after the other, and too many are refused", async () => {
    const studio = await startShop()
    const statuses = await Promise.all(
      Array.from({ length: 14 }, async () =>
        studio.call("POST", "draft", { key: "shop/a.jpg", size: "80w", format: "avif" }).then(({ status }) => status),
      ),
    )
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(9)
    expect(statuses.filter((status) => status !== 200)).toEqual(statuses.filter((status) => status === 429))
  })

  it.each([
    [{}, "the key"],
    [{ key: "shop/a.jpg" }, "size"],
    [{ key: "../a.jpg", size: "80w" }, "the key"],
    [{ key: "shop/a.jpg", size: "9999w" }, "size"],
    [{ key: "shop/a.jpg", size: "80w", format: "exe" }, "a format"],
    [{ key: "shop/a.jpg", size: "80w", quality: 101 }, "a quality"],
    [{ key: "shop/a.jpg", size: "80w", focalPoint: [2, 0] }, "a focal point"],
    [{ key: "shop/a.jpg", size: { size: "80w", name: "x", overlay: { image: "/etc/passwd" } } }, "overlay"],
    [{ key: "shop/a.jpg", size: { size: "80w", name: "x", nonsense: 1 } }, "unknown setting"],
  ])("the draft %j is refused", async (body, reason) => {
    const studio = await startShop()
    const response = await studio.call("POST", "draft", body)
    expect(response.status).toBe(400)
    expect(((await response.json()) as { readonly detail: string }).detail).toContain(reason)
  })

  it("a draft list counts the renditions of the catalogue and estimates their bytes with an error", async () => {
    const studio = await startShop()
    for (const at of [1, 2, 3]) await studio.write(`shop/${at}.jpg`, await flat({ width: 100 + at, height: 80 }))
    await studio.write("shop/broken.jpg", Buffer.from("not a photo"))
    const response = await studio.call("POST", "draft-list", {
      sizes: ["20w", { size: "30x30", name: "icon", format: "webp" }],
    })
    const list = (await response.json()) as DraftList
    expect(list).toMatchObject({
      problems: [],
      renditionsPerPhoto: 4,
      photos: { count: 5, isExact: true },
      renditions: 20,
      sampled: { photos: 5, renditions: 16 },
    })
    const { value = 0, low = 0, high = 0 } = list.bytes ?? {}
    expect(value).toBeGreaterThan(0)
    expect([low <= value, value <= high]).toEqual([true, true])
    const mistakes = await studio.call("POST", "draft-list", { sizes: ["20w", "20W"] })
    expect(await mistakes.json()).toMatchObject({
      problems: [{ at: 1, message: expect.stringContaining("20w") as string }],
    })
    expect(await studio.stored()).toEqual([])
  })
})

describe("changes", () => {
  it("purge deletes the renditions of one photo, and warm renders them again", async () => {
    const studio = await startShop()
    await send(studio.port, "/shop/80w/a.jpg")
    expect(await (await studio.call("POST", "purge", { key: "shop/a.jpg" })).json()).toEqual({ deleted: 1 })
    expect(await studio.stored()).toEqual([])
    expect(await (await studio.call("POST", "warm", { key: "shop/a.jpg" })).json()).toEqual({
      made: 7,
      stored: 0,
      refused: [],
    })
    expect(await studio.stored()).toHaveLength(7)
    for (const key of ["shop/", "/", "../x", ""]) expect((await studio.call("POST", "purge", { key })).status).toBe(400)
    expect(await studio.stored()).toHaveLength(7)
  })

  it("a focal point is saved only with studioWrite and a file", async () => {
    const folder = await temporaryFolder()
    const focalPoints = join(folder, "points.json")
    const change = { key: "shop/a.jpg", point: [0.25, 0.75] }
    const focalObject = { studioWrite: true, focalPoints: "http://127.0.0.1:9/points.json" }
    for (const options of [{ focalPoints }, { studioWrite: true }, focalObject, {}]) {
      const studio = await startShop(options)
      expect((await studio.call("PUT", "focal-point", change)).status).toBe(403)
    }
    await writeFile(focalPoints, '{ "other.jpg": [0.1, 0.2], "odd": "kept" }')
    const studio = await startShop({ focalPoints, studioWrite: true })
    expect((await studio.call("PUT", "focal-point", change)).status).toBe(204)
    expect((await studio.json<Photo>("photo?key=shop/a.jpg")).focalPoint).toEqual([0.25, 0.75])
    expect(JSON.parse(await readFile(focalPoints, "utf8"))).toEqual({
      "other.jpg": [0.1, 0.2],
      odd: "kept",
      "shop/a.jpg": [0.25, 0.75],
    })
    await Promise.all(
      ["b.jpg", "c.jpg", "d.jpg"].map(async (key) => {
        await studio.write(key, await PHOTO)
        return studio.call("PUT", "focal-point", { key, point: [0.5, 0.5] })
      }),
    )
    expect((await studio.call("PUT", "focal-point", { key: "shop/a.jpg", point: null })).status).toBe(204)
    expect(Object.keys(JSON.parse(await readFile(focalPoints, "utf8")) as object).toSorted()).toEqual([
      "b.jpg",
      "c.jpg",
      "d.jpg",
      "odd",
      "other.jpg",
    ])
    for (const point of [[2, 0], "x", [0.1]])
      expect((await studio.call("PUT", "focal-point", { key: "b.jpg", point })).status).toBe(400)
  })
})

/** The first event of a name in a stream. */
const eventOf = async <T>(response: Response, name: string): Promise<T> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    const data = new RegExp(`^event: ${name}\\ndata: (.*)\\n\\n`, "m").exec(text)?.[1]
    if (data !== undefined) return JSON.parse(data) as T
  }
  throw new Error(`Expected an event ${name}, got ${text}`)
}

describe("live", () => {
  it("the summary has hits, renders, refused sizes with the origins of their pages, errors and unreadable photos", async () => {
    const studio = await startShop()
    await studio.write("shop/b.jpg", Buffer.from("%PDF-1.7\n"))
    for (const path of ["/shop/80w/a.jpg", "/shop/80w/a.jpg", "/shop/80w/b.jpg"]) await send(studio.port, path)
    const referer = "https://user:secret@shop.example.com/cart?token=secret"
    await send(studio.port, "/shop/81w/a.jpg", { headers: { referer } })
    await send(studio.port, "/shop/81w/a.jpg?email=secret", {
      headers: { referer: "https://blog.example.com/post?q=secret" },
    })
    const summary = await eventOf<LiveSummary>(await studio.call("GET", "live"), "summary")
    expect(summary).toMatchObject({
      requests: 5,
      hitRatio: 0.5,
      refusedSizes: [{ size: "81w", count: 2, example: "/shop/81w/a.jpg" }],
      problems: [{ original: "shop/b.jpg", kind: "unreadable", count: 1 }],
    })
    expect(summary.rendering["jpeg"]?.count).toBe(1)
    expect(summary.refusedSizes[0]?.referrers).toEqual(
      expect.arrayContaining([{ origin: "https://blog.example.com", count: 1 }]),
    )
    expect(summary.errors.map(({ code }) => code).toSorted()).toEqual(["size-not-allowed", "unsupported-original"])
    const events = await eventOf<readonly { readonly path: string }[]>(await studio.call("GET", "live"), "requests")
    expect(events.at(-1)?.path).toBe("/shop/81w/a.jpg")
    expect(JSON.stringify([summary, events])).not.toContain("secret")
  })
})

describe("explanations, settings and snippets", () => {
  it("a URL is explained with the settings of this server", async () => {
    const studio = await startShop({ basePath: "/img" })
    const explanation = await studio.json<Explanation>("explain?target=/img/shop/81w/a.jpg&accept=image/webp")
    expect(explanation).toMatchObject({ refusal: { code: "size-not-allowed" }, url: { nearestSize: "80w" } })
    expect((await studio.call("GET", "explain?target=")).status).toBe(400)
  })

  it("every setting has its origin, and secrets are in no view", async () => {
    const studio = await startShop({
      notify: "https://hooks.example.com/x",
      notifyHeaders: { authorization: "Bearer hunter2" },
    })
    const { settings, configFile } = await studio.json<Settings>("settings")
    const named = (name: string) => settings.find((setting) => setting.name === name)
    expect(named("sizes")).toMatchObject({ value: "60x45,80w", origin: "option", option: "--sizes" })
    expect(named("limits.queue")).toMatchObject({ value: "1000", origin: "default" })
    expect(named("notifyHeaders")?.value).toBe("…")
    expect(configFile).toMatch(/^import { defineConfig } from "imgtailor"\n\nexport default defineConfig\({\n/)
    expect(configFile).toContain("// notifyHeaders: IMGTAILOR_NOTIFY_HEADERS")
    expect(JSON.stringify([settings, configFile])).not.toContain("hunter2")
  })

  it("there is a snippet for every kind of project, and its URLs are served", async () => {
    const studio = await startShop()
    const { snippets, img } = await studio.json<Snippets>(`snippets?key=shop/a.jpg&size=80w&base=${studio.origin}`)
    expect(snippets.map(({ id }) => id)).toEqual(
      "html-img html-picture client react next vue nuxt svelte astro eleventy unpic php python ruby".split(" "),
    )
    const urls = snippets.slice(0, 2).flatMap(({ code }) => code.match(/http[^\s"]+/g) ?? [])
    for (const url of new Set([img.src, ...urls])) expect((await fetch(url)).status).toBe(200)
    for (const base of ["javascript:alert(1)", "https://x/y", "//x"])
      expect((await studio.call("GET", `snippets?key=shop/a.jpg&size=80w&base=${base}`)).status).toBe(400)
  })
})
