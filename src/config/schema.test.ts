/** Tests of checkOptions: every mistake is reported at once, with its path, the value found and what was expected. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { memoryOriginals, memoryRenditions } from "../store/memory.ts"
import { didYouMean } from "./did-you-mean.ts"
import { checkOptions, LIMIT_NAMES } from "./schema.ts"
import { SETTINGS } from "./settings.ts"

const MINIMAL = { originals: "photos", sizes: ["360x270"] }

const problemsOf = (options: unknown): readonly string[] => {
  const checked = checkOptions(options)
  return "problems" in checked ? checked.problems : []
}

/** The only mistake in otherwise valid options. */
const problemOf = (options: object): string => {
  const problems = problemsOf({ ...MINIMAL, ...options })
  expect(problems).toHaveLength(1)
  return problems[0] ?? ""
}

describe("checkOptions", () => {
  it("checkOptions accepts the required settings alone", () => {
    expect(checkOptions(MINIMAL)).toEqual({ options: MINIMAL })
  })

  it("checkOptions accepts all settings", () => {
    const everything = {
      originals: memoryOriginals(),
      renditions: memoryRenditions(),
      sizes: [
        "360x270",
        { size: "480h" },
        { size: "800x800", name: "card", gravity: "north", quality: 70 },
        { size: "1280w", name: "wide", quality: { jpeg: 1, webp: 100, avif: undefined }, cacheControl: "no-cache" },
      ],
      exclude: ["drafts/**", "!.well-known/**"],
      staleIfErrorSeconds: 0,
      isolation: "none",
      drainMs: 10_000,
      logLevel: "warn",
      formats: ["webp", "avif", "jpeg", "png", "gif"],
      retired: { sizes: ["640w", "banner"], formats: [] },
      sharedStore: true,
      watch: false,
      quality: { jpeg: 80 },
      background: "#fff",
      limits: Object.fromEntries(LIMIT_NAMES.map((name) => [name, 1])),
      cacheControl: "no-store",
      basePath: "/img/v2",
      host: "::",
      port: 0,
    }
    expect(checkOptions(everything)).toEqual({ options: everything })
  })

  it("checkOptions accepts an empty list of formats, and 0 for limits that may be 0", () => {
    expect(problemsOf({ ...MINIMAL, formats: [], limits: { queue: 0, cacheBytes: 0, animationPixels: 0 } })).toEqual([])
  })

  it("checkOptions treats undefined as not set in optional settings", () => {
    const names = SETTINGS.map(({ path: [first] }) => first).filter((name) => !(name in MINIMAL))
    expect(problemsOf({ ...MINIMAL, ...Object.fromEntries(names.map((name) => [name, undefined])) })).toEqual([])
    const limits = Object.fromEntries(LIMIT_NAMES.map((name) => [name, undefined]))
    const retired = { sizes: undefined, formats: undefined }
    expect(problemsOf({ ...MINIMAL, limits, retired, quality: { jpeg: undefined } })).toEqual([])
  })

  it("checkOptions reports every mistake", () => {
    const problems = problemsOf({
      originals: "photos",
      sizez: ["300w"],
      qualty: { jpg: 80 },
      sizes: [{ size: "300w", gravity: "nort" }, "360×270"],
      formats: ["webq"],
      limits: { pixel: 1, bites: 2, renders: 0 },
      port: "3000",
    })
    const places = problems.map((problem) => problem.slice(0, problem.indexOf(":")))
    expect(places.toSorted()).toEqual(
      [
        "sizez",
        "qualty",
        "sizes.0.gravity",
        "sizes.1",
        "formats.0",
        "limits.pixel",
        "limits.bites",
        "limits.renders",
        "port",
      ].toSorted(),
    )
  })

  it.each([
    ["sizez", { sizez: ["300w"] }, "sizez: unknown setting. Did you mean sizes?"],
    ["qualty", { qualty: { jpg: 80 } }, "qualty: unknown setting. Did you mean quality?"],
    ["Originals", { Originals: "photos" }, "Originals: unknown setting. Did you mean originals?"],
    ["quality.jpg", { quality: { jpg: 80 } }, "quality.jpg: unknown setting. Did you mean quality.jpeg?"],
    ["limits.pixel", { limits: { pixel: 1 } }, "limits.pixel: unknown setting. Did you mean limits.pixels?"],
    ["retired.size", { retired: { size: ["1w"] } }, "retired.size: unknown setting. Did you mean retired.sizes?"],
    [
      "a key of a size",
      { sizes: [{ size: "300w", gravty: "north" }] },
      "sizes.0.gravty: unknown setting. Did you mean sizes.0.gravity?",
    ],
    [
      "a key of a size's quality",
      { sizes: [{ size: "300w", quality: { wepb: 1 } }] },
      "sizes.0.quality.wepb: unknown setting. Did you mean sizes.0.quality.webp?",
    ],
  ])("checkOptions suggests a setting for %s", (_, options, problem) => {
    expect(problemOf(options)).toBe(problem)
  })

  it("checkOptions lists the known settings if none is similar", () => {
    expect(problemOf({ compression: 9 })).toBe(
      "compression: unknown setting. Known settings: originals, renditions, sizes, formats, retired, exclude, isolation, unknownSize, focalPoints, missing, whenBusy, staleRecipe, compat, compatOrigins, compatKeys, sharedStore, originalsHeaders, s3Endpoint, s3Region, s3PathStyle, recheckSeconds, staleIfErrorSeconds, watch, quality, background, limits, cacheControl, cacheTags, notify, notifyHeaders, basePath, host, port, drainMs, logLevel, logFormat, logHits, logQueries, metrics, metricsPort, studio, studioWrite, studioHosts, tracing.",
    )
    expect(problemOf({ retired: { names: [] } })).toMatch(/^retired\.names: .* Known settings: sizes, formats\.$/)
  })

  it.each([
    [
      "a format",
      { formats: ["webq"] },
      /^formats\.0: Expected avif, webp, jpeg, png, gif, got "webq"\. Did you mean webp\?$/,
    ],
    ["a format's file extension", { formats: ["avif", "jpg"] }, /^formats\.1: .*got "jpg"\. Did you mean jpeg\?$/],
    ["a format in upper case", { formats: ["AVIF"] }, /^formats\.0: .*got "AVIF"\. Did you mean avif\?$/],
    [
      "a gravity",
      { sizes: [{ size: "300x300", gravity: "nort" }] },
      /^sizes\.0\.gravity: .*got "nort"\. Did you mean north\?$/,
    ],
    ["a British gravity", { sizes: [{ size: "300x300", gravity: "centre" }] }, /got "centre"\. Did you mean center\?$/],
    [
      "a typographic size",
      { sizes: ["360×270"] },
      /^sizes\.0: Expected a size .*got "360×270"\. Did you mean 360x270\?$/,
    ],
    ["a size that is too large", { sizes: ["9999w"] }, /^sizes\.0: .*1 to 8192, got "9999w"\. Did you mean 8192w\?$/],
    ["a size of an object", { sizes: ["1w", { size: "0480h" }] }, /^sizes\.1.*got "0480h"\. Did you mean 480h\?$/],
  ])("checkOptions suggests a value for %s", (_, options, problem) => {
    expect(problemOf(options)).toMatch(problem)
  })

  it.each<[string, object, RegExp]>([
    ["no list of sizes", { sizes: "360x270" }, /^sizes: Expected .*got "360x270"\.$/],
    ["an empty list of sizes", { sizes: [] }, /^sizes: Expected at least one size, got an empty list\.$/],
    ["a size that is a number", { sizes: [360] }, /^sizes\.0: Expected .*got 360\.$/],
    ["one size twice", { sizes: ["480h", "480h"] }, /^sizes: Expected every size once, got 480h twice\.$/],
    [
      "a name in upper case",
      { sizes: [{ size: "480h", name: "Card" }] },
      /^sizes\.0.*: Expected a name .*got "Card"\.$/,
    ],
    [
      "the reserved name info",
      { sizes: [{ size: "480h", name: "info" }] },
      /^sizes\.0.*: Expected a name .*got "info"\.$/,
    ],
    ["a format twice", { formats: ["webp", "webp"] }, /^formats: Expected every format once, got .*webp/],
    [
      "a retired format twice",
      { retired: { formats: ["gif", "gif"] } },
      /^retired\.formats: Expected every format once/,
    ],
    ["an invalid retired size", { retired: { sizes: ["x/y"] } }, /^retired\.sizes\.0: Expected a size.*got "x\/y"\.$/],
    ["a quality of zero", { quality: 0 }, /^quality: Expected .*\b1\b.*, got 0\.$/],
    ["a quality over a hundred", { quality: { avif: 101 } }, /^quality\.avif: Expected .*100, got 101\.$/],
    ["a quality in words", { quality: "high" }, /^quality: Expected .*got "high"\.$/],
    ["no quality", { quality: null }, /^quality: Expected .*got null\.$/],
    [
      "a size's quality",
      { sizes: [{ size: "480h", quality: { jpeg: -1 } }] },
      /^sizes\.0\.quality\.jpeg: Expected .*got -1\.$/,
    ],
    ["a colour's name", { background: "white" }, /^background: Expected a colour like #ffffff, got "white"\.$/],
    ["a colour with alpha", { background: "#ffffff00" }, /^background: Expected a colour .*got "#ffffff00"\.$/],
    ["a negative limit", { limits: { queue: -1 } }, /^limits\.queue: Expected .*0, got -1\.$/],
    ["no renders at all", { limits: { renders: 0 } }, /^limits\.renders: Expected .*1, got 0\.$/],
    ["a limit as text", { limits: { pixels: "many" } }, /^limits\.pixels: Expected .*number.*, got "many"\.$/],
    [
      "a header with a line break",
      { cacheControl: "a\r\nb: c" },
      /^cacheControl: Expected Cache-Control directives .*, got "a\\r\\nb: c"\.$/,
    ],
    [
      "a header outside ASCII",
      { cacheControl: "ü" },
      /^cacheControl: Expected Cache-Control directives .*, got "ü"\.$/,
    ],
    ["a path without a slash", { basePath: "img" }, /^basePath: Expected a path like \/img.*got "img"\.$/],
    ["a path with a slash at its end", { basePath: "/img/" }, /^basePath: .*got "\/img\/"\.$/],
    ["a path that is only a slash", { basePath: "/" }, /^basePath: .*got "\/"\.$/],
    ["a path that needs escaping", { basePath: "/a b" }, /^basePath: .*got "\/a b"\.$/],
    [
      "an invalid unknownSize",
      { unknownSize: "snapp" },
      /^unknownSize: Expected reject, snap, got "snapp"\. Did you mean snap\?$/,
    ],
    [
      "an unknown service",
      { compat: ["ipxx"] },
      /^compat\.0: Expected nextjs, ipx, cloudinary, .*, got "ipxx"\. Did you mean ipx\?$/,
    ],
    [
      "an origin with a query",
      { compatOrigins: { "a.example?x": "" } },
      /^compatOrigins\.a\.example\?x: Expected a host/,
    ],
    [
      "an origin with a prefix outside",
      { compatOrigins: { "a.example": "../x" } },
      /Expected a prefix of keys like shop\//,
    ],
    ["origins that are a list", { compatOrigins: ["a.example"] }, /^compatOrigins\.?0?: Expected/],
    ["a key of another service", { compatKeys: { imgix: "x" } }, /^compatKeys\.imgix: Expected/],
    [
      "a key of imgproxy that is not hex",
      { compatKeys: { imgproxy: "secret" } },
      /^compatKeys\.imgproxy: Expected a key and a salt in hex/,
    ],
    ["services that are not a list", { compat: "ipx" }, /^compat: Expected a list, got "ipx"\.$/],
    ["a Cache-Control header with semicolons", { cacheControl: "public; max-age=1" }, /^cacheControl: .* commas/],
    [
      "a Cache-Control header of a size",
      { sizes: [{ size: "480h", cacheControl: "max-age" }] },
      /^sizes\.0.*: Expected Cache-Control directives .*got "max-age"\.$/,
    ],
    ["a quality given twice", { quality: "jpeg=80,jpeg=70" }, /^quality: Expected each format once.*, got "jpeg=80,/],
    [
      "an absolute pattern",
      { exclude: ["/drafts"] },
      /^exclude\.0: Expected a pattern like drafts.*, got "\/drafts"\.$/,
    ],
    ["patterns that are not a list", { exclude: "drafts" }, /^exclude: Expected a list, got "drafts"\.$/],
    ["a negative drain time", { drainMs: -1 }, /^drainMs: Expected a whole number from 0/],
    ["an unknown log level", { logLevel: "warning" }, /^logLevel: Expected info, warn, error, .*got "warning"/],
    [
      "an unsupported URL",
      { originals: "ftp://shop" },
      /^originals: Expected .*ftp:\/\/ is not supported.*"ftp:\/\/shop"\.$/,
    ],
    [
      "s3 in upper case",
      { renditions: "S3://shop" },
      /^renditions: Expected s3:\/\/ in lower case, got "S3:\/\/shop"\.$/,
    ],
    ["a port as text", { port: "3000" }, /^port: Expected .*number.*, got "3000"\.$/],
    ["a port that is too high", { port: 65_536 }, /^port: Expected .*65535, got 65536\.$/],
    ["a boolean as text", { watch: "yes" }, /^watch: Expected boolean, got "yes"\.$/],
    ["a boolean as a number", { sharedStore: 1 }, /^sharedStore: Expected boolean, got 1\.$/],
    ["an empty folder", { originals: "" }, /^originals: Expected a folder.*got ""\.$/],
    ["a folder that is a number", { originals: 7 }, /^originals: Expected a folder.*got 7\.$/],
    [
      "a store that cannot write",
      { renditions: { head: null, get: null } },
      /^renditions: Expected .*head, get, put, delete.* got /,
    ],
  ])("checkOptions reports path, value and expectation of %s", (_, options, problem) => {
    expect(problemOf(options)).toMatch(problem)
  })

  it.each<[string, object, RegExp]>([
    [
      "a fraction",
      { limits: { pixels: 1.5 } },
      /^limits\.pixels: Expected (?:a whole number|an integer|integer).*got 1\.5\.$/,
    ],
    ["NaN", { port: Number.NaN }, /^port: Expected .*got NaN\.$/],
    ["an empty host", { host: "" }, /^host: Expected a host name or an IP address, got ""\.$/],
  ])("checkOptions describes %s in plain words", (_, options, problem) => {
    expect(problemOf(options)).toMatch(problem)
  })

  it.each([
    ["null", null],
    ["undefined", undefined],
    ["a text", "photos"],
    ["a function", () => MINIMAL],
  ])("checkOptions names the configuration as a whole if it is %s", (_, options) => {
    expect(problemsOf(options)).toEqual([expect.stringMatching(/^configuration: Expected /)])
  })

  it("checkOptions reports required settings that are missing", () => {
    expect(problemsOf({})).toEqual([
      expect.stringMatching(/^originals: this setting is required\./),
      expect.stringMatching(/^sizes: this setting is required\./),
    ])
  })

  const circular: Record<string, unknown> = { head: null }
  circular["self"] = circular

  it.each([
    ["with a circular reference", circular],
    ["with a bigint", { head: 1n }],
    [
      "whose toJSON throws",
      {
        toJSON: () => {
          throw new Error("no")
        },
      },
    ],
  ])("checkOptions describes an invalid store %s", (_, store) => {
    expect(problemOf({ originals: store })).toMatch(
      /^originals: Expected a folder, .* or gs:\/\/bucket\/prefix, or a store with head, get.* got /,
    )
  })

  it("checkOptions does not print the content of an invalid store", () => {
    const client = { credentials: { secret: "hush" }, cache: Array.from({ length: 1000 }, (__, at) => at) }
    const problem = problemOf({ originals: { client } })
    expect(problem).not.toContain("hush")
    expect(problem.length).toBeLessThan(500)
  })

  it("checkOptions requires keyLimits of a store of renditions", () => {
    const { keyLimits: _, ...store } = memoryRenditions()
    expect(problemOf({ renditions: store })).toMatch(/^renditions: Expected .*keyLimits/)
  })

  it("checkOptions never throws, and reports every mistake as a sentence with a path", () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })
    const names = [
      "originals",
      "sizes",
      "formats",
      "retired",
      "quality",
      "limits",
      "port",
      "background",
      "watch",
      "sizez",
    ]
    const options = fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] })
    fc.assert(
      fc.property(fc.oneof(anything, options), (junk) => {
        for (const problem of problemsOf(junk)) expect(problem).toMatch(/: (?:Expected|unknown|this setting) .+[.?]$/s)
      }),
      { numRuns: 300 },
    )
  })
})

describe("didYouMean", () => {
  const WORDS = ["sizes", "formats", "quality", "cacheControl", "renditions"]

  it.each([
    ["sizez", "sizes"],
    ["size", "sizes"],
    ["SIZES", "sizes"],
    ["fromats", "formats"],
    ["cachecontrol", "cacheControl"],
    ["cache-control", "cacheControl"],
    ["rendition", "renditions"],
  ])("didYouMean suggests a word for %s: %s", (word, meant) => {
    expect(didYouMean(word, WORDS)).toBe(meant)
  })

  it.each(["", "x", "compression", "sharp"])("didYouMean suggests nothing for %j", (word) => {
    expect(didYouMean(word, WORDS)).toBeUndefined()
  })

  it("didYouMean suggests nothing without words", () => {
    expect(didYouMean("sizes", [])).toBeUndefined()
  })

  it("didYouMean does not change the order of the words", () => {
    const words = Object.freeze(["b", "a"])
    expect(didYouMean("a", words)).toBe("a")
    expect(words).toEqual(["b", "a"])
  })
})
