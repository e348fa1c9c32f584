/**
 * Tests of recipe ids: everything that decides a rendition's bytes changes the id, so that a rendition made by other settings never counts
 * as fresh; nothing else changes it, so that one changed setting does not make all renditions again.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { type Format, FORMATS, LOSSY_FORMATS, ORIGINAL_KINDS, type OriginalKind } from "./format.ts"
import { hashOf } from "./hash.ts"
import { parseSizeList, type Size, type SizeInput } from "./list.ts"
import {
  createRecipeId,
  DEFAULT_QUALITY,
  imageRecipe,
  infoRecipe,
  ORIGINAL_VERSIONS,
  OUTPUT_VERSIONS,
  recipeId,
  type RenderSettings,
} from "./recipe.ts"
import { GRAVITIES, MAX_SIDE } from "./size.ts"

const sizeOf = (input: SizeInput): Size => {
  const parsed = parseSizeList([typeof input === "string" ? input : { name: "named", ...input }])
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list[0]
}

const SETTINGS: RenderSettings = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 100_000_000 }

interface Case {
  readonly size: SizeInput
  readonly format: Format | undefined
  readonly output: Format
  readonly kind: OriginalKind
  readonly settings: RenderSettings
}

const CASE: Case = { size: "360x270", format: undefined, output: "jpeg", kind: "jpeg", settings: SETTINGS }

const idOf = (change: Partial<Case> = {}, getId = recipeId): string => {
  const { size, format, output, kind, settings } = { ...CASE, ...change }
  return getId(imageRecipe(sizeOf(size), format, settings), output, kind)
}

const withQuality = (quality: Partial<RenderSettings["quality"]>): Partial<Case> => ({
  settings: { ...SETTINGS, quality: { ...DEFAULT_QUALITY, ...quality } },
})

describe("recipeId", () => {
  it.each<[string, Partial<Case>]>([
    ["the width", { size: "361x270" }],
    ["the height", { size: "360x271" }],
    ["a crop to a size by width", { size: "360w" }],
    ["a crop to a size by height", { size: "270h" }],
    ["the gravity", { size: { size: "360x270", gravity: "north" } }],
    ["the output format", { output: "png" }],
    ["the base URL to an explicit format", { format: "jpeg" }],
    ["the configured quality", withQuality({ jpeg: 81 })],
    ["the quality of the size", { size: { size: "360x270", quality: 70 } }],
    ["the background", { settings: { ...SETTINGS, background: "#000000" } }],
  ])("recipeId changes with %s", (_, change) => {
    expect(idOf(change)).not.toBe(idOf())
  })

  it.each<[string, Partial<Case>, Partial<Case>]>([
    ["a JPEG when the quality of WebP changes", {}, withQuality({ webp: 1 })],
    ["a JPEG when the quality of AVIF changes", {}, withQuality({ avif: 1 })],
    ["a PNG when all qualities change", { output: "png" }, withQuality({ jpeg: 1, webp: 1, avif: 1 })],
    ["a GIF when all qualities change", { output: "gif" }, withQuality({ jpeg: 1, webp: 1, avif: 1 })],
    [
      "a PNG when the background changes",
      { output: "png" },
      { output: "png", settings: { ...SETTINGS, background: "#000000" } },
    ],
    ["a JPEG when the limit on animations changes", {}, { settings: { ...SETTINGS, animationPixels: 1 } }],
    ["a size that is no crop when its gravity changes", { size: "480h" }, { size: { size: "480h", gravity: "north" } }],
    ["a size when its name changes", {}, { size: { size: "360x270", name: "card" } }],
    ["a size when its Cache-Control changes", {}, { size: { size: "360x270", cacheControl: "no-cache" } }],
    ["a size that repeats the configured quality", {}, { size: { size: "360x270", quality: { jpeg: 80 } } }],
    ["a size that repeats the default gravity", {}, { size: { size: "360x270", gravity: "center" } }],
  ])("recipeId stays the same for %s", (_, base, change) => {
    expect(idOf({ ...base, ...change })).toBe(idOf(base))
  })

  it.each(["webp", "gif", "avif"] as const)(
    "recipeId of %s, which may be animated, changes with the limit",
    (output) => {
      expect(idOf({ output, settings: { ...SETTINGS, animationPixels: 1 } })).not.toBe(idOf({ output }))
    },
  )

  it("recipeId depends on the quality of the output format, not of the requested one", () => {
    // The AVIF of an animation is a WebP.
    const animation: Partial<Case> = { format: "avif", output: "webp" }
    expect(idOf({ ...animation, ...withQuality({ avif: 1 }) })).toBe(idOf(animation))
    expect(idOf({ ...animation, ...withQuality({ webp: 1 }) })).not.toBe(idOf(animation))
  })

  it("recipeId is the same for an undefined member as for an absent one", () => {
    const recipe = imageRecipe(sizeOf("360x270"), undefined, SETTINGS)
    const { format: _, ...withoutFormat } = recipe
    expect(recipeId({ ...withoutFormat } as typeof recipe, "jpeg", "jpeg")).toBe(recipeId(recipe, "jpeg", "jpeg"))
    expect(hashOf({ size: "480h", sharpen: undefined, output: "webp" })).toBe(hashOf({ output: "webp", size: "480h" }))
    expect(hashOf({ size: "480h", sharpen: 1, output: "webp" })).not.toBe(hashOf({ output: "webp", size: "480h" }))
  })

  /** Every combination of output and kind of original, with its id. */
  const idsIn = (getId: typeof recipeId): ReadonlyMap<string, string> =>
    new Map(
      ORIGINAL_KINDS.flatMap((kind) => [
        ...FORMATS.map((output) => [`${kind} to ${output}`, idOf({ kind, output }, getId)] as const),
        [`${kind} to info`, getId(infoRecipe(SETTINGS), undefined, kind)] as const,
      ]),
    )
  const changedIn = (getId: typeof recipeId): readonly string[] => {
    const before = idsIn(recipeId)
    return [...idsIn(getId)].filter(([name, id]) => id !== before.get(name)).map(([name]) => name)
  }

  it.each([...FORMATS, "info"] as const)("raising the version of output %s changes only its recipeIds", (output) => {
    const outputs = { ...OUTPUT_VERSIONS, [output]: OUTPUT_VERSIONS[output] + 1 }
    const changed = changedIn(createRecipeId({ outputs, originals: ORIGINAL_VERSIONS }))
    expect(changed).toEqual(ORIGINAL_KINDS.map((kind) => `${kind} to ${output}`))
  })

  it.each(ORIGINAL_KINDS)("raising the version of %s originals changes only recipeIds of their renditions", (kind) => {
    const originals = { ...ORIGINAL_VERSIONS, [kind]: ORIGINAL_VERSIONS[kind] + 1 }
    const changed = changedIn(createRecipeId({ outputs: OUTPUT_VERSIONS, originals }))
    expect(changed).toEqual([...FORMATS, "info"].map((output) => `${kind} to ${output}`))
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
    format: fc.constantFrom(undefined, ...FORMATS),
    output: fc.constantFrom(...FORMATS),
    kind: fc.constantFrom(...ORIGINAL_KINDS),
    settings: fc.record({
      quality: fc.record({ jpeg: quality, webp: quality, avif: quality }),
      background: fc.constantFrom("#ffffff", "#000000", "#123456"),
      animationPixels: fc.nat(),
    }),
  })
  /** Everything that decides the bytes besides the original, and nothing else. */
  const decisiveParts = ({
    size,
    format,
    output,
    settings: { quality: qualities, background, animationPixels },
  }: Case): string => {
    const lossy = LOSSY_FORMATS.find((one) => one === output)
    const { gravity, ...box } = sizeOf(size)
    const isCrop = box.width !== undefined && box.height !== undefined
    return JSON.stringify([
      [box.width ?? null, box.height ?? null, isCrop && gravity],
      format ?? null,
      output,
      lossy ? qualities[lossy] : null,
      output === "jpeg" && background,
      ["webp", "gif", "avif"].includes(output) && animationPixels,
    ])
  }

  it("recipeId is unique among many recipes", () => {
    fc.assert(
      fc.property(fc.array(recipe, { minLength: 100, maxLength: 400 }), (recipes) => {
        expect(new Set(recipes.map((some) => idOf(some))).size).toBe(new Set(recipes.map(decisiveParts)).size)
      }),
      { numRuns: 20 },
    )
  })

  it("recipeId is short and safe in headers and file names", () => {
    fc.assert(
      fc.property(recipe, (some) => {
        expect(idOf(some)).toMatch(/^[0-9a-z]{2,14}$/)
      }),
    )
  })

  it("recipeId of info depends on background and animation limit, not on qualities", () => {
    const id = (change: Partial<RenderSettings>): string =>
      recipeId(infoRecipe({ ...SETTINGS, ...change }), undefined, "jpeg")
    expect(id({ quality: { jpeg: 1, webp: 1, avif: 1 } })).toBe(id({}))
    expect(id({ background: "#000000" })).not.toBe(id({}))
    expect(id({ animationPixels: 1 })).not.toBe(id({}))
    expect(id({})).not.toBe(idOf())
  })

  // Changing an id makes the stored renditions stale: only together with a version, or with the settings that are part of it.
  it.each<[string, string, Partial<Case>]>([
    ["a crop", "n6j036r0xkkk", {}],
    ["a WebP", "1lcop14ehpyj2", { format: "webp", output: "webp" }],
    ["an AVIF by width", "6v948g1ej5gv6", { size: "1280w", format: "avif", output: "avif" }],
    ["a PNG by height", "1mxb0me14f7sww", { size: "480h", output: "png", kind: "png" }],
    ["a GIF", "1gayxzry1e8st", { size: "480h", output: "gif", kind: "gif" }],
    ["a JPEG of a TIFF", "n6j036r0xkkk", { output: "jpeg", kind: "tiff" }],
    ["a base URL of an AVIF", "1hr9c5cy70dia", { output: "avif", kind: "heif" }],
    ["another gravity", "8bd1xe1h7ebb4", { size: { size: "360x270", gravity: "north" } }],
    ["a quality of the size", "2bqf711izmve3", { size: { size: "360x270", quality: 70 } }],
    ["another background", "1315l429fdses", { settings: { ...SETTINGS, background: "#000000" } }],
  ])("recipeId of %s stays %s from release to release", (_, id, change) => {
    expect(idOf(change)).toBe(id)
  })

  it("recipeId of info stays the same from release to release", () => {
    expect(recipeId(infoRecipe(SETTINGS), undefined, "jpeg")).toBe("1vmvwyx1hp20aj")
    expect(recipeId(infoRecipe({ ...SETTINGS, background: "#000000" }), undefined, "png")).toBe("w12idl18m1b2j")
  })
})

describe("imageRecipe", () => {
  it("imageRecipe prefers the quality of a size to the configured one, for each format", () => {
    const size = sizeOf({ size: "360x270", quality: { webp: 50 } })
    expect(imageRecipe(size, "webp", SETTINGS).settings.quality).toEqual({ jpeg: 80, webp: 50, avif: 65 })
  })

  it("imageRecipe does not modify its settings", () => {
    const settings = Object.freeze({ ...SETTINGS, quality: Object.freeze({ ...DEFAULT_QUALITY }) })
    imageRecipe(sizeOf({ size: "360x270", quality: 1 }), undefined, settings)
    expect(settings.quality).toEqual(DEFAULT_QUALITY)
  })
})
