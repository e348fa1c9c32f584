/** Tests of resolveConfig, with real folders: defaults are filled in, and settings that do not work together are rejected. */
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

/** The error message for options, with one line per mistake. */
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
  it("resolveConfig fills in every default", () => {
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
      settings: { quality: { jpeg: 80, webp: 80, avif: 65 }, background: "#ffffff", animationPixels: 100_000_000 },
      cacheControl: "public, max-age=3600, s-maxage=31536000",
      basePath: "",
      unknownSize: "reject",
      focalPoints: undefined,
      focalSeconds: 60,
      missing: undefined,
      overlays: new Map(),
      whenBusy: "nearest",
      staleRecipe: "serve",
      compat: [],
      compatOrigins: {},
      compatKeys: {},
      originalsHeaders: {},
      cacheTags: false,
      notify: undefined,
      notifyHeaders: {},
      s3: {},
      exclude: [],
      recheckSeconds: 0,
      staleIfErrorSeconds: 86_400,
      isolation: "process",
      watch: false,
      host: "127.0.0.1",
      port: 3000,
      drainMs: 0,
      logLevel: "info",
      logFormat: undefined,
      logHits: 1,
      logQueries: false,
      metrics: false,
      metricsPort: undefined,
      studio: false,
      studioWrite: false,
      studioHosts: [],
      tracing: false,
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

  it("resolveConfig treats undefined as not set, in all settings", () => {
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

  it("resolveConfig has the defaults of the table of settings", () => {
    const { grammar, settings, limits, ...config } = resolve()
    const actual: Readonly<Record<string, unknown>> = { ...config, ...grammar, ...settings, ...limits }
    const documented = SETTINGS.filter(({ default: text }) => /^`[^`]*`$|^[\d ]+$/.test(text))
    expect(documented.length).toBeGreaterThan(10)
    const textOf = (text: string): string => (text.startsWith("`") ? text.slice(1, -1) : text.replaceAll(" ", ""))
    const byName = (valueOf: (setting: Setting, name: string) => unknown): object =>
      Object.fromEntries(
        documented.map((setting) => [setting.path.join("."), valueOf(setting, setting.path.at(-1) ?? "")] as const),
      )
    expect(byName((_, name) => actual[name])).toEqual(
      byName((setting) => parseSetting(setting, textOf(setting.default))),
    )
  })

  it("resolveConfig applies settings, part by part", () => {
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

  it("resolveConfig applies one quality to all formats", () => {
    expect(resolve({ quality: 42 }).settings.quality).toEqual({ jpeg: 42, webp: 42, avif: 42 })
  })

  it("resolveConfig normalises colours, so that one colour is one recipe", () => {
    expect(resolve({ background: "#ABC" }).settings).toEqual(resolve({ background: "#aabbcc" }).settings)
  })

  it("resolveConfig leaves one thread of the pool free without isolation, and allows at least one render", () => {
    for (const threads of [1, 2, 4, 64, 1024]) {
      const { renders } = resolve({ isolation: "none" }, home, threads).limits
      expect(renders).toBeGreaterThanOrEqual(1)
      expect(renders).toBeLessThanOrEqual(Math.max(1, threads - 1))
    }
  })

  it("resolveConfig returns a frozen configuration", () => {
    expect(Object.isFrozen(resolve())).toBe(true)
  })

  it("resolveConfig passes stores on unchanged", () => {
    const stores = { originals: memoryOriginals(), renditions: memoryRenditions() }
    expect(resolve(stores).originals).toBe(stores.originals)
    expect(resolve(stores).renditions).toBe(stores.renditions)
  })

  it("resolveConfig reports every mistake in one message", () => {
    const message = mistakes({ qualty: 80, formats: ["webq"], limits: { pixel: 1 } })
    expect(message).toContain("3 mistakes")
    for (const place of ["qualty", "formats.0", "limits.pixel"]) expect(message).toContain(`\n  - ${place}: `)
    expect(mistakes({ port: -1 })).toMatch(/a mistake:\n {2}- port: /)
  })

  it("resolveConfig rejects sizes and formats that are both listed and retired", () => {
    const message = mistakes({ retired: { sizes: ["480h", "640w"], formats: ["webp", "gif"] } })
    expect(message).toContain("retired.sizes: Expected sizes that are no longer listed, got 480h.")
    expect(message).toContain("retired.formats: Expected formats that are no longer listed, got webp.")
    expect(message).not.toMatch(/640w|gif/)
    const card = { sizes: [{ size: "480h", name: "card" }] }
    expect(mistakes({ ...card, retired: { sizes: ["card"] } })).toContain("got card.")
    // A named size does not use its text in URLs, so the text may be retired.
    expect(mistakes({ ...card, retired: { sizes: ["480h"] } })).toBe("")
  })
})

describe("folders", () => {
  it("resolveConfig resolves folders relative to the directory, and keeps absolute ones", () => {
    const elsewhere = join(home, "elsewhere")
    expect(resolve({ renditions: "made" })).toMatchObject({
      originals: join(home, "photos"),
      renditions: join(home, "made"),
    })
    expect(resolve({ renditions: elsewhere }).renditions).toBe(elsewhere)
  })

  it("resolveConfig rejects originals that are not a folder", async () => {
    await writeFile(join(home, "file"), "")
    expect(mistakes({ originals: "nope" })).toContain(
      `originals: Expected a folder, found none at ${join(home, "nope")}.`,
    )
    expect(mistakes({ originals: "file" })).toContain("originals: Expected a folder, found none")
  })

  it("resolveConfig rejects one folder for originals and renditions", () => {
    const message = mistakes({ renditions: "photos" })
    expect(message).toContain("renditions: Expected another folder than the originals', or sharedStore: true")
    expect(mistakes({ renditions: join(home, "photos", "x", "..") })).toBe(message)
  })

  it("resolveConfig rejects one folder for both behind a link", async () => {
    await symlink("photos", join(home, "link"))
    expect(mistakes({ renditions: "link" })).toContain("renditions: Expected another folder")
    expect(mistakes({ originals: "link", renditions: "photos" })).toContain("renditions: Expected another folder")
  })

  it("resolveConfig rejects renditions inside the originals, whether the folder exists or not", async () => {
    for (const renditions of ["photos/made", "photos/a/b/c"]) {
      expect(mistakes({ renditions })).toContain("renditions: Expected a folder outside the originals")
      expect(mistakes({ renditions, sharedStore: true })).toContain(
        "renditions: Expected a folder outside the originals",
      )
    }
    await symlink("photos", join(home, "link"))
    expect(mistakes({ renditions: "link/made" })).toContain("renditions: Expected a folder outside the originals")
  })

  it("resolveConfig rejects originals inside the renditions", () => {
    expect(mistakes({ renditions: "." })).toContain("originals: Expected a folder outside the renditions")
  })

  it("resolveConfig accepts folders whose names begin alike", () => {
    expect(resolve({ renditions: "photos-made" }).renditions).toBe(join(home, "photos-made"))
  })

  it("resolveConfig accepts one folder for both with sharedStore", () => {
    const config = resolve({ renditions: "photos", sharedStore: true })
    expect(config.renditions).toBe(config.originals)
    expect(config.grammar.sharedStore).toBe(true)
  })

  it("resolveConfig gives a shared folder one path, however it is written", async () => {
    await symlink("photos", join(home, "link"))
    const config = resolve({ renditions: "link", sharedStore: true })
    expect(config.renditions).toBe(config.originals)
  })

  it("resolveConfig rejects one store for both without sharedStore", () => {
    const store = { ...memoryRenditions(), ...memoryOriginals() }
    expect(mistakes({ originals: store, renditions: store })).toContain("sharedStore: true")
    expect(resolve({ originals: store, renditions: store, sharedStore: true }).renditions).toBe(store)
  })
})

describe("the default for renditions", () => {
  const placeOf = ({ renditions }: TailorConfig): string => (typeof renditions === "string" ? renditions : "a store")

  it("resolveConfig puts renditions into the directory", () => {
    expect(resolve()).toMatchObject({ renditions: join(home, ".imgtailor"), notices: [] })
  })

  it("resolveConfig puts renditions into the cache directory, with a notice, if the directory is inside the originals", async () => {
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
    // The folder does not depend on the directory.
    expect(places[1]?.renditions).toBe(places[0]?.renditions)
  })

  it("resolveConfig uses different cache directories for two folders of one name", async () => {
    await mkdir(join(home, "other", "photos"), { recursive: true })
    const [one, other] = ["photos", "other/photos"].map(
      (folder) => resolve({ originals: "." }, join(home, folder)).renditions,
    )
    expect(one).not.toBe(other)
  })

  it("resolveConfig uses the cache directory if the directory is the originals behind a link", async () => {
    await symlink("photos", join(home, "link"))
    expect(placeOf(resolve({ originals: "." }, join(home, "link"))).startsWith(join(home, "cache"))).toBe(true)
  })

  it("resolveConfig has no notice if renditions are configured", () => {
    expect(resolve({ originals: ".", renditions: join(home, "made") }, join(home, "photos")).notices).toEqual([])
  })

  it("resolveConfig puts renditions into the directory for originals in a custom store", () => {
    expect(resolve({ originals: memoryOriginals() })).toMatchObject({
      renditions: join(home, ".imgtailor"),
      notices: [],
    })
  })
})
