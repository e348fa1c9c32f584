/** Addresses on the wire: every spelling reaches the one original that it names, or is refused; none reaches anything else. */
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { memoryOriginals } from "../../src/store/memory.ts"
import { temporaryFolder } from "../support/folders.ts"
import { BLUE, type Colour, colourAt, colourDistance, flat, GREEN, RED, YELLOW } from "../support/photos.ts"
import { startServer } from "../support/server.ts"

const isColour = async (bytes: Uint8Array, colour: Colour): Promise<boolean> =>
  colourDistance(await colourAt(bytes, 0.5, 0.5), colour) < 16

/** Names of originals, each with the ways in which it may be addressed. All of them get pictures of different colours. */
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

const colourOf = (at: number): Colour => [(at % 5) * 60 + 5, (Math.floor(at / 5) % 5) * 60 + 5, 128]

describe("an address", () => {
  it("in any spelling reaches the original of that name, letter by letter, and is stored once", async () => {
    const shop = await startServer({ exclude: ["!**/.*"] })
    for (const [at, [key]] of SPELLINGS.entries())
      await shop.write(key, await flat({ width: 60, height: 40, colour: colourOf(at), format: "png" }))
    for (const [at, [key, ...targets]] of SPELLINGS.entries()) {
      for (const target of targets) {
        const answer = await shop.get(target)
        expect(answer.status, `for ${target}`).toBe(200)
        expect(await isColour(answer.body, colourOf(at)), `for ${target}, which is ${key}`).toBe(true)
      }
    }
    expect((await shop.stored()).length).toBe(SPELLINGS.length)
  })

  it("with an image extension behind an image extension is that format first, and an original of that name else", async () => {
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

  it("whose name ends like a format is that original first, and a format of a shorter name else", async () => {
    const shop = await startServer()
    await shop.write("photo", await flat({ colour: RED }))
    expect(await isColour((await shop.get("/480h/photo.webp")).body, RED)).toBe(true)
    await shop.write("photo.webp", await flat({ colour: GREEN, format: "webp" }))
    expect(await isColour((await shop.get("/480h/photo.webp")).body, GREEN)).toBe(true)
  })

  it("of facts without .json is refused with the right address", async () => {
    const shop = await startServer()
    await shop.write("a b.jpg", await flat())
    const answer = await shop.get("/info/a%20b.jpg")
    expect(answer.status).toBe(400)
    expect(answer.text).toContain("/info/a%20b.jpg.json")
  })

  it("is answered for the longest name that can be, in all its forms, and for one letter more in none", async () => {
    const shop = await startServer()
    // A rendition's name grows by its format (".avif"), and that of its record by ".json"; a file system takes 255 bytes.
    const name = `${"x".repeat(255 - ".jpg.avif.json".length)}.jpg`
    const statusesOf = (file: string): Promise<readonly number[]> =>
      Promise.all(
        [`/480h/${file}`, `/480h/${file}.avif`, `/480h/${file}.webp`, `/info/${file}.json`].map(
          async (address) => (await shop.get(address)).status,
        ),
      )
    for (const file of [name, `x${name}`]) await shop.write(file, await flat({ width: 60, height: 40 }))
    expect(await statusesOf(name)).toEqual([200, 200, 200, 200])
    expect(await statusesOf(`x${name}`)).toEqual([400, 400, 400, 400])
    expect((await shop.stored()).length).toBe(4)
  })
})

/** Targets that name nothing, and why they are refused. */
const REFUSED: readonly string[] = [
  "/",
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
  // Not UTF-8: a lone byte, a cut-off sequence, an overlong slash, half of a surrogate pair.
  "/480h/a%ff.jpg",
  "/480h/%E0%A4%A",
  "/480h/%C0%AF",
  "/480h/%ED%A0%80.jpg",
  "*",
  "http://localhost/480h/a.jpg",
  "http:/480h/a.jpg",
  "480h/a.jpg",
]

describe("an address that names nothing", () => {
  it.each(REFUSED)("%s is refused, and nothing is looked up or stored", async (target) => {
    const looked: string[] = []
    const look = async (key: string): Promise<undefined> => void looked.push(key)
    const shop = await startServer({ originals: { ...memoryOriginals(), head: look, get: look } })
    const answer = await shop.get(target)
    expect(answer.status).toBe(400)
    expect(answer.headers).not.toHaveProperty("x-injected")
    expect(looked).toEqual([])
    expect(await shop.stored()).toEqual([])
  })

  it("of ten thousand letters, in one name or in many, is refused", async () => {
    const shop = await startServer()
    for (const target of [
      `/480h/${"x".repeat(10_000)}.jpg`,
      `${"/x".repeat(5000)}/480h/a.jpg`,
      `/${"9".repeat(10_000)}w/a.jpg`,
    ]) {
      const answer = await shop.get(target)
      expect(answer.status).toBe(400)
      expect(answer.body.length).toBeLessThan(2000)
    }
    expect((await shop.get(`/480h/${"x".repeat(100_000)}.jpg`)).status).toBe(431)
    expect((await shop.get("/healthz")).status).toBe(200)
  })

  it("but is decoded twice by somebody else is not found", async () => {
    const shop = await startServer()
    await shop.write("a b.jpg", await flat())
    for (const target of ["/480h/a%2520b.jpg", "/480h/%252e%252e%252fa.jpg", "/480h/..%252f..%252fetc%252fpasswd"])
      expect((await shop.get(target)).status, `for ${target}`).toBe(404)
  })

  it("holds raw bytes that no address may hold is refused", async () => {
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

describe("what lies outside the folder of photos", () => {
  it("is reached neither by name nor by link", async () => {
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

  it("is not reached where one folder holds both, by asking for a rendition of a rendition", async () => {
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
