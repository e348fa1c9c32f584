/** From options to a complete configuration, with real folders: what is not said is filled in, what cannot work together is refused. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterEach, beforeEach, describe, expect, it } from "vitest"

import { memoryOriginals, memoryRenditions } from "../store/memory.ts"
import type { TailorConfig } from "./options.ts"
import { parseSetting } from "./parse-text.ts"
import { resolveConfig } from "./resolve.ts"
import type { Setting } from "./setting.ts"
import { SETTINGS } from "./settings.ts"

let home = ""
let cache: string | undefined

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "imgtailor-resolve-")))
  await mkdir(join(home, "photos"))
  cache = process.env["XDG_CACHE_HOME"]
  process.env["XDG_CACHE_HOME"] = join(home, "cache")
})

afterEach(async () => {
  if (cache === undefined) delete process.env["XDG_CACHE_HOME"]
  else process.env["XDG_CACHE_HOME"] = cache
  await rm(home, { recursive: true })
})

const resolve = (options: object = {}, directory = home, threads = 4): TailorConfig =>
  resolveConfig({ originals: "photos", sizes: ["360x270", "480h"], ...options }, { directory, threads })

/** The mistakes that options are refused with, a line each. */
const mistakesIn = (options: unknown, directory = home): string => {
  try {
    resolveConfig(options, { directory, threads: 4 })
  } catch (error) {
    expect(error).toMatchObject({ code: "bad-config" })
    return (error as Error).message
  }
  return ""
}
const mistakes = (options: object, directory = home): string =>
  mistakesIn({ originals: "photos", sizes: ["360x270", "480h"], ...options }, directory)

describe("resolveConfig", () => {
  it("fills in everything that is not said", () => {
    const { limits, ...config } = resolve()
    expect(config).toEqual({
      originals: join(home, "photos"),
      renditions: join(home, ".imgtailor"),
      grammar: {
        sizes: [
          { width: 360, height: 270, name: "360x270", gravity: "center", quality: {} },
          { height: 480, name: "480h", gravity: "center", quality: {} },
        ],
        formats: ["avif", "webp"],
        retired: { sizes: [], formats: [] },
        sharedStore: false,
      },
      settings: { quality: { jpeg: 80, webp: 80, avif: 60 }, background: "#ffffff", animationPixels: 100_000_000 },
      cacheControl: "public, max-age=3600, s-maxage=31536000",
      basePath: "",
      unknownSize: "reject",
      compat: [],
      s3: {},
      recheckSeconds: 0,
      watch: false,
      host: "127.0.0.1",
      port: 3000,
      notices: [],
    })
    expect(limits).toMatchObject({
      pixels: 100_000_000,
      bytes: 100_000_000,
      animationPixels: 100_000_000,
      deadlineMs: 30_000,
      queue: 1000,
    })
    for (const amount of [limits.renders, limits.memoryBytes, limits.cacheBytes]) {
      expect(Number.isInteger(amount) && amount > 0).toBe(true)
    }
  })

  it("takes undefined for not said, everywhere", () => {
    const nothing = Object.fromEntries(
      SETTINGS.map(({ path: [first] }) => [first, undefined] as const).filter(
        ([name]) => !["originals", "sizes"].includes(name),
      ),
    )
    expect(resolve(nothing)).toEqual(resolve())
    const parts = {
      limits: { queue: undefined, pixels: undefined },
      retired: { sizes: undefined, formats: undefined },
      quality: { avif: undefined },
    }
    expect(resolve(parts)).toEqual(resolve())
  })

  it("has the defaults that the table of settings tells of", () => {
    const { grammar, settings, limits, ...config } = resolve()
    const actual: Readonly<Record<string, unknown>> = { ...config, ...grammar, ...settings, ...limits }
    const told = SETTINGS.filter(({ default: text }) => /^`[^`]*`$|^[\d ]+$/.test(text))
    expect(told.length).toBeGreaterThan(10)
    const textOf = (text: string): string => (text.startsWith("`") ? text.slice(1, -1) : text.replaceAll(" ", ""))
    const byName = (valueOf: (setting: Setting, name: string) => unknown): object =>
      Object.fromEntries(
        told.map((setting) => [setting.path.join("."), valueOf(setting, setting.path.at(-1) ?? "")] as const),
      )
    expect(byName((_, name) => actual[name])).toEqual(
      byName((setting) => parseSetting(setting, textOf(setting.default))),
    )
  })

  it("takes what is said, part by part", () => {
    const config = resolve({
      quality: { avif: 50 },
      background: "#Fa0",
      limits: { queue: 0, pixels: 7, animationPixels: 0 },
      retired: { formats: ["gif"] },
      basePath: "/img",
      port: 0,
    })
    expect(config.settings).toEqual({
      quality: { jpeg: 80, webp: 80, avif: 50 },
      background: "#ffaa00",
      animationPixels: 0,
    })
    expect(config.limits).toMatchObject({ queue: 0, pixels: 7, bytes: 100_000_000 })
    expect(config.grammar.retired).toEqual({ sizes: [], formats: ["gif"] })
    expect(config).toMatchObject({ basePath: "/img", port: 0 })
  })

  it("takes one quality for all formats", () => {
    expect(resolve({ quality: 42 }).settings.quality).toEqual({ jpeg: 42, webp: 42, avif: 42 })
  })

  it("writes every colour in one way, so that one colour is one recipe", () => {
    expect(resolve({ background: "#ABC" }).settings).toEqual(resolve({ background: "#aabbcc" }).settings)
  })

  it("leaves a thread of the pool free for files, whatever its size, and renders all the same", () => {
    for (const threads of [1, 2, 4, 64, 1024]) {
      const { renders } = resolve({}, home, threads).limits
      expect(renders).toBeGreaterThanOrEqual(1)
      expect(renders).toBeLessThanOrEqual(Math.max(1, threads - 1))
    }
  })

  it("cannot be changed afterwards", () => {
    expect(Object.isFrozen(resolve())).toBe(true)
  })

  it("takes stores as they are", () => {
    const stores = { originals: memoryOriginals(), renditions: memoryRenditions() }
    expect(resolve(stores).originals).toBe(stores.originals)
    expect(resolve(stores).renditions).toBe(stores.renditions)
  })

  it("tells every mistake in one message", () => {
    const message = mistakes({ qualty: 80, formats: ["webq"], limits: { pixel: 1 } })
    expect(message).toContain("3 mistakes")
    for (const place of ["qualty", "formats.0", "limits.pixel"]) expect(message).toContain(`\n  - ${place}: `)
    expect(mistakes({ port: -1 })).toMatch(/a mistake:\n {2}- port: /)
  })

  it("refuses what is listed and retired at once", () => {
    const message = mistakes({ retired: { sizes: ["480h", "640w"], formats: ["webp", "gif"] } })
    expect(message).toContain("retired.sizes: Expected sizes that are not listed any more, got 480h.")
    expect(message).toContain("retired.formats: Expected formats that are not listed any more, got webp.")
    expect(message).not.toMatch(/640w|gif/)
    const card = { sizes: [{ size: "480h", name: "card" }] }
    expect(mistakes({ ...card, retired: { sizes: ["card"] } })).toContain("got card.")
    // Its size is no address of a named one, so it may have been one before.
    expect(mistakes({ ...card, retired: { sizes: ["480h"] } })).toBe("")
  })
})

describe("folders", () => {
  it("are found from the given directory, and absolute ones as they are", () => {
    const elsewhere = join(home, "elsewhere")
    expect(resolve({ renditions: "made" })).toMatchObject({
      originals: join(home, "photos"),
      renditions: join(home, "made"),
    })
    expect(resolve({ renditions: elsewhere }).renditions).toBe(elsewhere)
  })

  it("of originals must be there", async () => {
    await writeFile(join(home, "file"), "")
    expect(mistakes({ originals: "nope" })).toContain(
      `originals: Expected a folder, found none at ${join(home, "nope")}.`,
    )
    expect(mistakes({ originals: "file" })).toContain("originals: Expected a folder, found none")
  })

  it("are refused when they are one and the same", () => {
    const message = mistakes({ renditions: "photos" })
    expect(message).toContain("renditions: Expected another folder than the originals', or sharedStore: true")
    expect(mistakes({ renditions: join(home, "photos", "x", "..") })).toBe(message)
  })

  it("are refused when they are one by way of a link", async () => {
    await symlink("photos", join(home, "link"))
    expect(mistakes({ renditions: "link" })).toContain("renditions: Expected another folder")
    expect(mistakes({ originals: "link", renditions: "photos" })).toContain("renditions: Expected another folder")
  })

  it("are refused when renditions lie among the originals, there yet or not", async () => {
    for (const renditions of ["photos/made", "photos/a/b/c"]) {
      expect(mistakes({ renditions })).toContain("renditions: Expected a folder outside the originals")
      expect(mistakes({ renditions, sharedStore: true })).toContain(
        "renditions: Expected a folder outside the originals",
      )
    }
    await symlink("photos", join(home, "link"))
    expect(mistakes({ renditions: "link/made" })).toContain("renditions: Expected a folder outside the originals")
  })

  it("are refused when originals lie among the renditions", () => {
    expect(mistakes({ renditions: "." })).toContain("originals: Expected a folder outside the renditions")
  })

  it("may begin with the same letters", () => {
    expect(resolve({ renditions: "photos-made" }).renditions).toBe(join(home, "photos-made"))
  })

  it("may be one where that is meant", () => {
    const config = resolve({ renditions: "photos", sharedStore: true })
    expect(config.renditions).toBe(config.originals)
    expect(config.grammar.sharedStore).toBe(true)
  })

  it("that are meant to be one are one, however they are written", async () => {
    await symlink("photos", join(home, "link"))
    const config = resolve({ renditions: "link", sharedStore: true })
    expect(config.renditions).toBe(config.originals)
  })

  it("are stores just the same: one for both has to be meant", () => {
    const store = { ...memoryRenditions(), ...memoryOriginals() }
    expect(mistakes({ originals: store, renditions: store })).toContain("sharedStore: true")
    expect(resolve({ originals: store, renditions: store, sharedStore: true }).renditions).toBe(store)
  })
})

describe("where nothing is said of renditions", () => {
  const placeOf = ({ renditions }: TailorConfig): string => (typeof renditions === "string" ? renditions : "a store")

  it("they are kept in the directory", () => {
    expect(resolve()).toMatchObject({ renditions: join(home, ".imgtailor"), notices: [] })
  })

  it("they are kept elsewhere when the directory lies inside the photos, and a notice says where", async () => {
    await mkdir(join(home, "photos", "shop"))
    const places = ["photos", "photos/shop"].map((directory) =>
      resolve({ originals: join(home, "photos") }, join(home, directory)),
    )
    for (const config of places) {
      const place = placeOf(config)
      expect(place.startsWith(join(home, "cache", "imgtailor", "photos-"))).toBe(true)
      expect(config.notices).toEqual([expect.stringContaining(place)])
      expect(config.notices[0]).toContain("--renditions")
    }
    // The same photos have the same place, from wherever it is asked.
    expect(places[1]?.renditions).toBe(places[0]?.renditions)
  })

  it("two folders of one name have two places", async () => {
    await mkdir(join(home, "other", "photos"), { recursive: true })
    const [one, other] = ["photos", "other/photos"].map(
      (folder) => resolve({ originals: "." }, join(home, folder)).renditions,
    )
    expect(one).not.toBe(other)
  })

  it("they are kept elsewhere when the directory is the photos by way of a link", async () => {
    await symlink("photos", join(home, "link"))
    expect(placeOf(resolve({ originals: "." }, join(home, "link"))).startsWith(join(home, "cache"))).toBe(true)
  })

  it("nothing is noticed when they were told where to be", () => {
    expect(resolve({ originals: ".", renditions: join(home, "made") }, join(home, "photos")).notices).toEqual([])
  })

  it("photos that are kept in a store change nothing", () => {
    expect(resolve({ originals: memoryOriginals() })).toMatchObject({
      renditions: join(home, ".imgtailor"),
      notices: [],
    })
  })
})
