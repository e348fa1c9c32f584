/** URLs on the wire: every spelling reaches the one original that it names, or is refused. No URL reaches anything else. */
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { memoryOriginals } from "../../src/store/memory.ts"
import { temporaryFolder } from "../support/folders.ts"
import { BLUE, type Colour, colourAt, colourDistance, flat, GREEN, RED, YELLOW } from "../support/photos.ts"
import { startServer } from "../support/server.ts"

const isColour = async (bytes: Uint8Array, colour: Colour): Promise<boolean> =>
  colourDistance(await colourAt(bytes, 0.5, 0.5), colour) < 16

/** Keys of originals, each with the URL paths that lead to it. Each original has its own colour. */
const SPELLINGS: readonly (readonly [key: string, ...targets: string[]])[] = [
  ["a b.jpg", "/480h/a%20b.jpg"],
  ["a+b.jpg", "/480h/a+b.jpg", "/480h/a%2Bb.jpg", "/480h/a%2bb.jpg"],
  ["a%20b.jpg", "/480h/a%2520b.jpg"],
  ["a%2Bb.jpg", "/480h/a%252Bb.jpg"],
  ["a%2Fb.jpg", "/480h/a%252Fb.jpg"],
  ["a/b.jpg", "/a/480h/b.jpg", "/%61/%34%38%30h/b%2Ejpg"],
  ["100%.jpg", "/480h/100%25.jpg"],
  ["caf\u00e9.jpg", "/480h/caf%C3%A9.jpg", "/480h/caf%c3%a9.jpg"],
  ["cafe\u0301.jpg", "/480h/cafe%CC%81.jpg"],
  ["中.jpg", "/480h/%E4%B8%AD.jpg"],
  ["%E4%B8%AD.jpg", "/480h/%25E4%25B8%25AD.jpg"],
  ["it's (2) [3]!.jpg", "/480h/it's%20(2)%20[3]!.jpg", "/480h/it%27s%20%282%29%20%5B3%5D%21.jpg"],
  ["q?x=1.jpg", "/480h/q%3Fx=1.jpg", "/480h/q%3Fx%3D1.jpg?x=2"],
  ["h#x.jpg", "/480h/h%23x.jpg"],
  ["IMG_1.JPG", "/480h/IMG_1.JPG"],
  ["img_1.jpg", "/480h/img_1.jpg"],
  [".hidden.jpg", "/480h/.hidden.jpg"],
  ["..dots.jpg", "/480h/..dots.jpg"],
  ["noextension", "/480h/noextension"],
  ["480h/x.jpg", "/480h/480h/x.jpg"],
  ["480h.jpg", "/480h/480h.jpg"],
  ["info/x.jpg", "/info/480h/x.jpg"],
  ["healthz", "/480h/healthz"],
  ["__proto__/constructor", "/__proto__/480h/constructor"],
  ["🏺/a&b;c,d=e@f:g$h.jpg", "/%F0%9F%8F%BA/480h/a&b;c,d=e@f:g$h.jpg"],
]

const colourOf = (index: number): Colour => [(index % 5) * 60 + 5, (Math.floor(index / 5) % 5) * 60 + 5, 128]

describe("a URL", () => {
  it("a URL in any spelling reaches the original of exactly that name, and is stored once", async () => {
    const shop = await startServer()
    for (const [at, [key]] of SPELLINGS.entries())
      await shop.write(key, await flat({ width: 60, height: 40, colour: colourOf(at), format: "png" }))
    for (const [at, [key, ...targets]] of SPELLINGS.entries()) {
      for (const target of targets) {
        const response = await shop.get(target)
        expect(response.status, `for ${target}`).toBe(200)
        expect(await isColour(response.body, colourOf(at)), `for ${target}, the URL of ${key}`).toBe(true)
      }
    }
    expect((await shop.stored()).length).toBe(SPELLINGS.length)
  })

  it("a second image extension is a format first, and otherwise part of the original's name", async () => {
    const shop = await startServer()
    await shop.write("a.jpg.webp", await flat({ colour: GREEN, format: "webp" }))
    const alone = await shop.get("/480h/a.jpg.webp")
    expect(await isColour(alone.body, GREEN)).toBe(true)
    await shop.write("a.jpg", await flat({ colour: RED }))
    const both = await shop.get("/480h/a.jpg.webp")
    expect(both.headers["content-type"]).toBe("image/webp")
    expect(await isColour(both.body, RED)).toBe(true)
    await shop.remove("a.jpg")
    expect(await isColour((await shop.get("/480h/a.jpg.webp")).body, GREEN)).toBe(true)
  })

  it("an extension after a name without one is part of the original's name first, and otherwise a format", async () => {
    const shop = await startServer()
    await shop.write("photo", await flat({ colour: RED }))
    expect(await isColour((await shop.get("/480h/photo.webp")).body, RED)).toBe(true)
    await shop.write("photo.webp", await flat({ colour: GREEN, format: "webp" }))
    expect(await isColour((await shop.get("/480h/photo.webp")).body, GREEN)).toBe(true)
  })

  it("an info URL without .json is refused with the right URL", async () => {
    const shop = await startServer()
    await shop.write("a b.jpg", await flat())
    const response = await shop.get("/info/a%20b.jpg")
    expect(response.status).toBe(400)
    expect(response.text).toContain("/info/a%20b.jpg.json")
  })

  it("a URL without a size is refused with one that has a size", async () => {
    const shop = await startServer({ basePath: "/img", sizes: ["360x270", "480h"] })
    expect((await shop.get("/img/a%20b/shop/mug.jpg")).text).toBe(
      '400 size-not-allowed: "shop" is not on the list of sizes. If it is a folder, try /img/a%20b/shop/360x270/mug.jpg. Allowed: 360x270, 480h.\n',
    )
    expect((await shop.get(`/img/${"x".repeat(200)}/mug.jpg`)).text).not.toContain("If it is a folder")
  })

  it("the longest possible name is answered in all formats, and a longer one in none", async () => {
    const shop = await startServer()
    // The name of a rendition is longer by its format (".avif"), that of its record by ".json". A file system allows 255 bytes.
    const name = `${"x".repeat(255 - ".jpg.avif.json".length)}.jpg`
    const statusesOf = (file: string): Promise<readonly number[]> =>
      Promise.all(
        [`/480h/${file}`, `/480h/${file}.avif`, `/480h/${file}.webp`, `/info/${file}.json`].map(
          async (path) => (await shop.get(path)).status,
        ),
      )
    for (const file of [name, `x${name}`]) await shop.write(file, await flat({ width: 60, height: 40 }))
    expect(await statusesOf(name)).toEqual([200, 200, 200, 200])
    expect(await statusesOf(`x${name}`)).toEqual([400, 400, 400, 400])
    expect((await shop.get(`/480h/x${name}`)).text).toContain("may have 245 bytes")
    expect((await shop.stored()).length).toBe(4)
  })
})

/** Request targets that name no rendition. */
const REFUSED: readonly string[] = [
  "/480h",
  "/480h/",
  "//",
  "//480h/a.jpg",
  "/480h//a.jpg",
  "/480h/a.jpg/",
  "/480h/%2F",
  "/480h/.",
  "/480h/..",
  "/480h/%2e%2e",
  "/480h/./a.jpg",
  "/./480h/a.jpg",
  "/../480h/a.jpg",
  "/x/../480h/a.jpg",
  "/%2e%2e/480h/a.jpg",
  "/480h/../secret/a.jpg",
  "/480h/..%2fsecret%2fa.jpg",
  "/480h/..%5csecret%5ca.jpg",
  "/480h/..\\secret\\a.jpg",
  "/480h/x%2Fa.jpg",
  "/480h%2Fa.jpg",
  "/480h/a%00.jpg",
  "/480h/%00",
  "/480h/a%0d%0aX-Injected:%20y.jpg",
  "/480h/a%1b.jpg",
  "/480h/a%7f.jpg",
  "/480h/a%c2%85.jpg",
  "/480h/%",
  "/480h/%2",
  "/480h/a%zz.jpg",
  "/480h/a%im.jpg",
  // Not UTF-8: a lone byte, a truncated sequence, an overlong slash, half of a surrogate pair.
  "/480h/a%ff.jpg",
  "/480h/%E0%A4%A",
  "/480h/%C0%AF",
  "/480h/%ED%A0%80.jpg",
  "*",
  "http:/480h/a.jpg",
  "480h/a.jpg",
]

describe("the root", () => {
  it.each(["/", "/?utm_source=x"])(
    "%s answers 404 and explains URLs with a photo of this catalogue",
    async (target) => {
      const shop = await startServer()
      await shop.write("shop/a mug.jpg", await flat({ width: 60, height: 40 }))
      const { status, text } = await shop.get(target)
      expect(status).toBe(404)
      expect(text).toMatch(
        /^404 no-image: There is no image at \/\. .*\/<folder>\/<size>\/<file>\. Try (\S+)\. Sizes: /,
      )
      const [, example = ""] = /Try (\S+)\. /.exec(text) ?? []
      expect((await shop.get(example)).status).toBe(200)
    },
  )

  it("the root answers without an example where the originals cannot be listed", async () => {
    const list = async function* (): AsyncIterable<string> {
      yield* []
      throw new Error("no permission to list")
    }
    const shop = await startServer({ originals: { ...memoryOriginals(), list } })
    const { status, text } = await shop.get("/")
    expect(status).toBe(404)
    expect(text).not.toContain("Try ")
  })

  it("the base path answers like the root, which explains URLs below it", async () => {
    const shop = await startServer({ basePath: "/img" })
    for (const target of ["/", "/img", "/img/"]) {
      const { status, text } = await shop.get(target)
      expect(status).toBe(404)
      expect(text).toContain("/img/<folder>/<size>/<file>")
    }
  })
})

describe("an invalid URL", () => {
  it.each(REFUSED)("the invalid URL %s is refused, and nothing is looked up or stored", async (target) => {
    const lookedUp: string[] = []
    const lookUp = async (key: string): Promise<undefined> => void lookedUp.push(key)
    const shop = await startServer({ originals: { ...memoryOriginals(), head: lookUp, get: lookUp } })
    const response = await shop.get(target)
    expect(response.status).toBe(400)
    expect(response.headers).not.toHaveProperty("x-injected")
    expect(lookedUp).toEqual([])
    expect(await shop.stored()).toEqual([])
  })

  it("a URL of ten thousand characters, in one segment or in many, is refused", async () => {
    const shop = await startServer()
    for (const target of [
      `/480h/${"x".repeat(10_000)}.jpg`,
      `${"/x".repeat(5000)}/480h/a.jpg`,
      `/${"9".repeat(10_000)}w/a.jpg`,
    ]) {
      const response = await shop.get(target)
      expect(response.status).toBe(400)
      expect(response.body.length).toBeLessThan(2000)
    }
    expect((await shop.get(`/480h/${"x".repeat(100_000)}.jpg`)).status).toBe(431)
    expect((await shop.get("/healthz")).status).toBe(200)
  })

  it("a URL path that is longer than any key is refused before it is decoded", async () => {
    const shop = await startServer({ unknownSize: "snap", compat: ["ipx"] })
    for (const path of [
      `/480h/${"%41".repeat(3000)}`,
      `/481h/${"%41".repeat(3000)}`,
      `/_ipx/w_300/${"%41".repeat(3000)}`,
    ])
      expect((await shop.get(path)).text).toBe("400 bad-url: The URL path is too long.\n")
    expect(await shop.stored()).toEqual([])
  })

  it("a URL that is escaped twice is decoded once, and is not found", async () => {
    const shop = await startServer()
    await shop.write("a b.jpg", await flat())
    for (const target of ["/480h/a%2520b.jpg", "/480h/%252e%252e%252fa.jpg", "/480h/..%252f..%252fetc%252fpasswd"])
      expect((await shop.get(target)).status, `for ${target}`).toBe(404)
  })

  it("a URL with raw bytes that URLs must not have is refused", async () => {
    const shop = await startServer()
    await shop.write("caf\u00e9.jpg", await flat())
    for (const target of [
      Buffer.from("/480h/caf\u00e9.jpg"),
      Buffer.from("/480h/caf\u00e9.jpg", "latin1"),
      Buffer.from("/480h/a b.jpg"),
      Buffer.from("/480h/a\0.jpg"),
    ])
      expect((await shop.get(target)).status, `for ${target.toString("latin1")}`).toBe(400)
    expect(await shop.stored()).toEqual([])
    expect((await shop.get("/480h/caf%C3%A9.jpg")).status).toBe(200)
  })
})

describe("a file outside the folder of originals", () => {
  it("a file outside the folder is reached neither by name nor by link", async () => {
    const shop = await startServer()
    const outside = await temporaryFolder()
    await writeFile(join(outside, "secret.jpg"), await flat({ colour: BLUE }))
    await symlink(join(outside, "secret.jpg"), join(shop.folder, "file.jpg"))
    await symlink(outside, join(shop.folder, "directory"))
    await symlink("/dev/zero", join(shop.folder, "zero.jpg"))
    await mkdir(join(shop.folder, "photo.jpg"))
    for (const target of [
      "/480h/file.jpg",
      "/directory/480h/secret.jpg",
      "/480h/zero.jpg",
      "/480h/photo.jpg",
      "/480h/directory",
    ])
      expect((await shop.get(target)).status, `for ${target}`).toBe(404)
    expect(await shop.stored()).toEqual([])
  })

  it("a rendition of a rendition cannot be requested in a shared store", async () => {
    const folder = await temporaryFolder()
    const shop = await startServer({ originals: folder, renditions: folder, sharedStore: true })
    await writeFile(join(folder, "a.jpg"), await flat({ colour: YELLOW }))
    expect((await shop.get("/480h/a.jpg")).status).toBe(200)
    expect((await shop.get("/480h/a.jpg.webp")).status).toBe(200)
    for (const target of ["/480h/480h/a.jpg", "/480h/360x270/a.jpg", "/info/480h/a.jpg.json", "/480h/info/a.jpg.json"])
      expect((await shop.get(target)).status, `for ${target}`).toBe(404)
    expect((await shop.get("/480h/a.jpg")).headers["cache-status"]).toBe("imgtailor; hit")
  })
})
