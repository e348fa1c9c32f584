/**
 * The identity of a recipe: what decides a rendition's bytes changes it, so that nothing made by other settings is ever taken for in
 * step; and what does not decide them leaves it, so that a change of one setting does not make everything anew.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { type Format, FORMATS, LOSSY_FORMATS } from "./format.ts"
import { parseSizeList, type Size, type SizeInput } from "./list.ts"
import { DEFAULT_QUALITY, imageRecipe, infoRecipe, recipeId, type RenderSettings } from "./recipe.ts"
import { GRAVITIES, MAX_SIDE } from "./size.ts"

const sizeOf = (input: SizeInput): Size => {
  const parsed = parseSizeList([input])
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list[0]
}

const SETTINGS: RenderSettings = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 100_000_000 }

interface Case {
  readonly size: SizeInput
  readonly asked: Format | undefined
  readonly output: Format
  readonly settings: RenderSettings
}

const CASE: Case = { size: "360x270", asked: undefined, output: "jpeg", settings: SETTINGS }

const idOf = (change: Partial<Case> = {}): string => {
  const { size, asked, output, settings } = { ...CASE, ...change }
  return recipeId(imageRecipe(sizeOf(size), asked, settings), output)
}

const withQuality = (quality: Partial<RenderSettings["quality"]>): Partial<Case> => ({
  settings: { ...SETTINGS, quality: { ...DEFAULT_QUALITY, ...quality } },
})

describe("recipeId", () => {
  it.each<[string, Partial<Case>]>([
    ["another width", { size: "361x270" }],
    ["another height", { size: "360x271" }],
    ["a size by width", { size: "360w" }],
    ["a size by height", { size: "270h" }],
    ["another gravity", { size: { size: "360x270", gravity: "north" } }],
    ["another output", { output: "png" }],
    ["an explicit format", { asked: "jpeg" }],
    ["another quality", withQuality({ jpeg: 81 })],
    ["a quality of its own", { size: { size: "360x270", quality: 70 } }],
    ["another background", { settings: { ...SETTINGS, background: "#000000" } }],
  ])("differs for %s", (_, change) => {
    expect(idOf(change)).not.toBe(idOf())
  })

  it.each<[string, Partial<Case>, Partial<Case>]>([
    ["JPEGs when WebP's quality changes", {}, withQuality({ webp: 1 })],
    ["JPEGs when AVIF's quality changes", {}, withQuality({ avif: 1 })],
    ["PNGs when every quality changes", { output: "png" }, withQuality({ jpeg: 1, webp: 1, avif: 1 })],
    ["GIFs when every quality changes", { output: "gif" }, withQuality({ jpeg: 1, webp: 1, avif: 1 })],
    [
      "PNGs when the background changes",
      { output: "png" },
      { output: "png", settings: { ...SETTINGS, background: "#000000" } },
    ],
    ["JPEGs when the limit on animations changes", {}, { settings: { ...SETTINGS, animationPixels: 1 } }],
    [
      "a size that crops nothing when its gravity changes",
      { size: "480h" },
      { size: { size: "480h", gravity: "north" } },
    ],
    ["a size when only its name changes", {}, { size: { size: "360x270", name: "card" } }],
    ["a size that repeats the configured quality", {}, { size: { size: "360x270", quality: { jpeg: 80 } } }],
    ["a size that repeats the default gravity", {}, { size: { size: "360x270", gravity: "center" } }],
  ])("stays the same for %s", (_, base, change) => {
    expect(idOf({ ...base, ...change })).toBe(idOf(base))
  })

  it.each(["webp", "gif", "avif"] as const)(
    "differs for another limit on animations in a %s, which may move",
    (output) => {
      expect(idOf({ output, settings: { ...SETTINGS, animationPixels: 1 } })).not.toBe(idOf({ output }))
    },
  )

  it("follows the quality of the format that came out, not of the one that was asked for", () => {
    // AVIF asked of an animation comes out as WebP.
    const asked: Partial<Case> = { asked: "avif", output: "webp" }
    expect(idOf({ ...asked, ...withQuality({ avif: 1 }) })).toBe(idOf(asked))
    expect(idOf({ ...asked, ...withQuality({ webp: 1 }) })).not.toBe(idOf(asked))
  })

  const side = fc.integer({ min: 1, max: MAX_SIDE })
  const text = fc.oneof(
    fc.tuple(side, side).map((sides) => sides.join("x")),
    side.map((width) => `${width}w`),
    side.map((height) => `${height}h`),
  )
  const quality = fc.integer({ min: 1, max: 100 })
  const recipe = fc.record({
    size: fc.record({ size: text, gravity: fc.constantFrom(...GRAVITIES) }),
    asked: fc.constantFrom(undefined, ...FORMATS),
    output: fc.constantFrom(...FORMATS),
    settings: fc.record({
      quality: fc.record({ jpeg: quality, webp: quality, avif: quality }),
      background: fc.constantFrom("#ffffff", "#000000", "#123456"),
      animationPixels: fc.nat(),
    }),
  })
  /** Everything that decides the bytes, and nothing else. */
  const essence = ({
    size,
    asked,
    output,
    settings: { quality: qualities, background, animationPixels },
  }: Case): string => {
    const lossy = LOSSY_FORMATS.find((format) => format === output)
    const { gravity, ...box } = sizeOf(size)
    const isCrop = box.width !== undefined && box.height !== undefined
    return JSON.stringify([
      [box.width ?? null, box.height ?? null, isCrop && gravity],
      asked ?? null,
      output,
      lossy ? qualities[lossy] : null,
      output === "jpeg" && background,
      ["webp", "gif", "avif"].includes(output) && animationPixels,
    ])
  }

  it("is one of its own for every recipe, over many of them", () => {
    fc.assert(
      fc.property(fc.array(recipe, { minLength: 100, maxLength: 400 }), (recipes) => {
        expect(new Set(recipes.map(idOf)).size).toBe(new Set(recipes.map(essence)).size)
      }),
      { numRuns: 20 },
    )
  })

  it("is short, and fit for any header or file", () => {
    fc.assert(
      fc.property(recipe, (some) => {
        expect(idOf(some)).toMatch(/^[0-9a-z]{2,14}$/)
      }),
    )
  })

  it("of facts depends on what is shown of the original, and not on any quality", () => {
    const id = (change: Partial<RenderSettings>): string => recipeId(infoRecipe({ ...SETTINGS, ...change }), undefined)
    expect(id({ quality: { jpeg: 1, webp: 1, avif: 1 } })).toBe(id({}))
    expect(id({ background: "#000000" })).not.toBe(id({}))
    expect(id({ animationPixels: 1 })).not.toBe(id({}))
    expect(id({})).not.toBe(idOf())
  })

  it("stays what it was from release to release, or everything stored would be made anew", () => {
    // To be changed only together with PIPELINE_VERSION, or with the settings that the recipe is made of.
    expect({
      base: idOf(),
      webp: idOf({ asked: "webp", output: "webp" }),
      avif: idOf({ size: "1280w", asked: "avif", output: "avif" }),
      png: idOf({ size: "480h", output: "png" }),
      north: idOf({ size: { size: "360x270", gravity: "north" } }),
      info: recipeId(infoRecipe(SETTINGS), undefined),
    }).toMatchInlineSnapshot(`
      {
        "avif": "pxou2a9g207o",
        "base": "1qaljl91c3ywcb",
        "info": "we7e379s7pk5",
        "north": "1h35tulz9ryxj",
        "png": "1grralp1l1yh4j",
        "webp": "16174b41ji3mfq",
      }
    `)
  })
})

describe("imageRecipe", () => {
  it("lets a size's own quality override the configured one, format by format", () => {
    const size = sizeOf({ size: "360x270", quality: { webp: 50 } })
    expect(imageRecipe(size, "webp", SETTINGS).settings.quality).toEqual({ jpeg: 80, webp: 50, avif: 60 })
  })

  it("leaves the settings that it is made from as they are", () => {
    const settings = Object.freeze({ ...SETTINGS, quality: Object.freeze({ ...DEFAULT_QUALITY }) })
    imageRecipe(sizeOf({ size: "360x270", quality: 1 }), undefined, settings)
    expect(settings.quality).toEqual(DEFAULT_QUALITY)
  })
})
