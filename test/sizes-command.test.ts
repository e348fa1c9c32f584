/** The command `imgtailor sizes`, and the options of `warm` and `purge` that belong to a changed list. */
import { mkdir, rm, utimes, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"

import { describe, expect, it } from "vitest"

import { runCommand } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { flat } from "./support/photos.ts"

const KEYS = ["shop/a.jpg", "shop/b.jpg", "-c.jpg"]
const CONFIG = `export default { originals: "photos", renditions: "made", formats: ["webp"],
  sizes: ["60w", { size: "40x30", name: "card" }] }`

const createShop = async (): Promise<string> => {
  const cwd = await temporaryFolder()
  const photo = await flat({ width: 100, height: 80 })
  for (const key of KEYS) {
    await mkdir(dirname(join(cwd, "photos", key)), { recursive: true })
    await writeFile(join(cwd, "photos", key), photo)
  }
  await writeFile(join(cwd, "imgtailor.config.mjs"), CONFIG)
  return cwd
}

const json = async (cwd: string, command: string, ...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await runCommand([command, "--json", ...args], { cwd })
  expect([code, stderr]).toEqual([0, ""])
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>
}

describe("a list that can change", () => {
  it("sizes shows the stored renditions, and plan the consequences of another list", async () => {
    const cwd = await createShop()
    expect((await runCommand(["warm"], { cwd })).code).toBe(0)
    await writeFile(join(cwd, "made/files/notes.txt"), "of another program")
    expect(await json(cwd, "sizes")).toMatchObject({
      sizes: [
        { name: "60w", listing: "listed", count: 6, outdatedCount: 0, isSampled: false },
        { name: "card", count: 6 },
        { name: "info", count: 3 },
      ],
      foreignCount: 1,
    })
    const next = `export default { sizes: ["60w", "90w", { size: "80x60", name: "large" }], formats: ["webp"], quality: { webp: 30 } }`
    await writeFile(join(cwd, "next.config.mjs"), next)
    await writeFile(join(cwd, "access.log"), `/shop/card/a.jpg\n/shop/card/b.jpg.webp\n/60w/x.jpg\n/shop/77w/a.jpg\n`)
    const plan = await json(cwd, "sizes", "plan", "next.config.mjs", "--from", "access.log")
    expect(plan).toMatchObject({
      originalCount: 3,
      renderCount: 6 + 6 + 3,
      sizes: [
        { name: "90w", change: "added", count: 6, mostCount: 6 },
        { name: "large", change: "added", count: 6 },
        { name: "60w", change: "changed", count: 3 },
        { name: "card", change: "retired", count: 6, renderMs: 0 },
      ],
      difference: { retired: [{ name: "card", successor: "large", isAlias: false }] },
      broken: [{ name: "card", count: 2, example: "/shop/card/a.jpg" }],
    })
    const text = await runCommand(["sizes", "plan", "next.config.mjs"], { cwd })
    expect(text.stdout).toContain(
      'card: pages with its URLs break. Add it to the new list as an alias: { size: "large", aliases: ["card"] }',
    )
    expect(text.stdout).toContain("60w: other quality\n")
  })

  it("sizes plan names formats and aliases that a list loses, although every stored rendition stays fresh", async () => {
    const cwd = await createShop()
    const before = CONFIG.replace('name: "card"', 'name: "card", aliases: ["tile"]').replace(
      '["webp"]',
      '["webp", "avif"]',
    )
    await writeFile(join(cwd, "imgtailor.config.mjs"), before)
    await writeFile(join(cwd, "next.config.mjs"), CONFIG)
    const { stdout } = await runCommand(["sizes", "plan", "next.config.mjs"], { cwd })
    expect(stdout).toContain("Retired format: avif. Pages with its URLs break.\n")
    expect(stdout).toContain("tile: pages with its URLs break. Add it to the new list as an alias")
    await writeFile(join(cwd, "next.config.mjs"), before)
    const same = await runCommand(["sizes", "plan", "next.config.mjs"], { cwd })
    expect(same.stdout).toBe("Nothing changes: every stored rendition stays fresh.\n")
  })

  it("sizes plan counts no renditions of a shared folder as originals", async () => {
    const cwd = await createShop()
    await writeFile(join(cwd, "imgtailor.config.mjs"), CONFIG.replace('"made"', '"photos", sharedStore: true'))
    expect((await runCommand(["warm", "--sizes", "60w", "--formats", "base"], { cwd })).code).toBe(0)
    expect(await filesBelow(join(cwd, "photos"))).toContain("shop/60w/a.jpg")
    await writeFile(join(cwd, "next.config.mjs"), `export default { sizes: ["90w"], formats: ["webp"] }`)
    expect(await json(cwd, "sizes", "plan", "next.config.mjs")).toMatchObject({ originalCount: 3 })
  })

  it("sizes suggest finds a list for requests, unlisted sizes included", async () => {
    const cwd = await createShop()
    const lines = ["300w", "300w", "310w", "640w", "40x30", "card", "info"].map((size) => `/shop/${size}/a.jpg`)
    await writeFile(join(cwd, "access.log"), lines.join("\n"))
    const sizesOf = async (...args: readonly string[]): Promise<unknown> =>
      (
        (await json(cwd, "sizes", "suggest", "access.log", ...args))["sizes"] as readonly { readonly size: string }[]
      ).map(({ size }) => size)
    expect(await sizesOf("--waste", "0%")).toEqual(["300w", "310w", "640w", "40x30"])
    expect(await sizesOf("--waste", "10%")).toEqual(["310w", "640w", "40x30"])
    expect(await sizesOf("--waste", "0%", "--most", "2")).toEqual(["640w", "40x30"])
  })

  it("sizes suggest reads the present list from environment variables, as serve does", async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, "access.log"), "/shop/hero/a.jpg\n")
    const env = { IMGTAILOR_SIZES: '[{"size":"640w","name":"hero"}]' }
    const { stdout, code } = await runCommand(["sizes", "suggest", "access.log"], { cwd, env })
    expect(code).toBe(0)
    expect(stdout).toContain('"640w"  1 request')
  })

  it("sizes suggest and migrate print one size, one URL and one request in the singular", async () => {
    const cwd = await createShop()
    await writeFile(join(cwd, "access.log"), "/shop/300w/a.jpg\n")
    const suggested = await runCommand(["sizes", "suggest", "access.log"], { cwd })
    expect(suggested.stdout).toBe('1 request. 1 size, with 0.0 % of the pixels sent wasted:\n  "300w"  1 request\n')
    await writeFile(join(cwd, "urls.txt"), "/_next/image?url=%2Fa.jpg&w=640&q=75\n")
    const migrated = await runCommand(["migrate", "urls.txt"], { cwd })
    expect(migrated.stdout).toMatch(/^1 URL read, 1 of Next\.js\.\n\n1 size for them, .*\n {2}"640w" {2}1 request\n/)
  })

  it("warm renders requested renditions, chosen sizes and formats, and changed originals alone; a dry run renders nothing", async () => {
    const cwd = await createShop()
    const stored = (): Promise<readonly string[]> => filesBelow(join(cwd, "made", "files"))
    expect(await json(cwd, "warm", "--dry-run")).toMatchObject({ originals: 3, missing: 15, stored: 0 })
    expect(await stored()).toEqual([])
    await writeFile(
      join(cwd, "access.log"),
      "/shop/60w/b.jpg.webp\n/shop/card/b.jpg.webp\n/shop/60w/b.jpg.webp\n/shop/9w/b.jpg\n",
    )
    const { stdout } = await runCommand(["warm", "--from", "access.log", "--json"], { cwd })
    expect(stdout.trim().split("\n")).toHaveLength(2)
    expect(await stored()).toEqual(["shop/60w/b.jpg.webp", "shop/card/b.jpg.webp"])

    await writeFile(join(cwd, "other.log"), "/images/60w-b.jpg\n/shop/9w/b.jpg\n")
    const none = await runCommand(["warm", "--from", "other.log"], { cwd })
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("No requests for listed renditions")])

    await rm(join(cwd, "made"), { recursive: true })
    await runCommand(["warm", "--sizes", "card", "--formats", "base", "shop/a.jpg", "--", "-c.jpg"], { cwd })
    expect(await stored()).toEqual(["card/-c.jpg", "shop/card/a.jpg"])
    const unlisted = await runCommand(["warm", "--sizes", "90w"], { cwd })
    expect([unlisted.code, unlisted.stderr]).toEqual([1, expect.stringContaining('"90w" is not on the list of sizes')])

    const old = new Date("2020-01-01")
    for (const key of KEYS.slice(1)) await utimes(join(cwd, "photos", key), old, old)
    const newer = await runCommand(["warm", "--newer-than", "7d"], { cwd })
    expect(newer.stdout).toMatch(/^1 original: 4 renditions rendered, 1 already stored, /)
  })

  it("purge --size deletes one size, listed or not, and takes several originals", async () => {
    const cwd = await createShop()
    expect((await runCommand(["warm"], { cwd })).code).toBe(0)
    await writeFile(join(cwd, "made/files/shop/card/theirs.jpg"), "of another program")
    await writeFile(join(cwd, "imgtailor.config.mjs"), CONFIG.replace("card", "tile"))
    const { stdout } = await runCommand(["purge", "--size", "card", "shop/"], { cwd })
    expect(stdout).toBe("Deleted 4 renditions of shop/ in size card.\n")
    expect(await filesBelow(join(cwd, "made/files/shop/card"))).toEqual(["theirs.jpg"])
    expect(await json(cwd, "purge", "shop/a.jpg", "shop/b.jpg")).toEqual({ deleted: 6 })
    expect(await json(cwd, "purge", "--size", "card")).toEqual({ deleted: 2 })
    expect(await json(cwd, "purge", "--", "-c.jpg")).toEqual({ deleted: 3 })
  })

  it.each([
    [["sizes", "draw"], "Expected plan, suggest or nothing"],
    [["sizes", "plan"], "Expected one configuration file"],
    [["sizes", "suggest"], "Expected access logs or pages"],
    [["sizes", "suggest", "none.log"], "cannot read this log"],
    [["sizes", "suggest", "cut.log.gz"], "cut.log.gz: cannot read this log: unexpected end of file"],
    [["warm", "--from", "cut.log.gz"], "cut.log.gz: cannot read this log: unexpected end of file"],
    [["warm", "--newer-than", "soon"], "Expected an age like 7d"],
    [["warm", "--newer-than", "7d", "--from", "none.log"], "--newer-than: Expected no --from beside it"],
    [["warm", "--from", "none.log", "a.jpg"], "Expected no originals beside it"],
    [["purge", "--size", "480H"], "Expected a size like 480h"],
  ])("%j is rejected", async (args, message) => {
    const cwd = await createShop()
    await writeFile(join(cwd, "cut.log.gz"), gzipSync("/shop/60w/a.jpg\n").subarray(0, 20))
    const { code, stderr } = await runCommand(args, { cwd })
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})
