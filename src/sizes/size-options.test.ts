/** Tests of the options of named sizes: which values and combinations are valid, their canonical form, and their effect on recipe ids. */
import { describe, expect, it } from "vitest"

import { formatFocalPoint, parseFocalPoint } from "./focal-point.ts"
import { outputDimensions, ratioOf, sourceDimensions } from "./geometry.ts"
import { lookOf, type NamedSizeInput, parseSizeList, type SizeInput, sizeNamed, toShape, toSizeInput } from "./list.ts"
import { toPixels } from "./option-values.ts"
import { publishList } from "./published.ts"
import {
  createRecipeId,
  DEFAULT_QUALITY,
  imageRecipe,
  infoRecipe,
  ORIGINAL_VERSIONS,
  OUTPUT_VERSIONS,
} from "./recipe.ts"
import { SIZE_OPTION_NAMES } from "./size-options.ts"
import { sizesOfShape, snap } from "./snap.ts"

const listOf = (...inputs: readonly SizeInput[]) => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list
}

const messagesOf = (...inputs: readonly SizeInput[]): readonly string[] => {
  const parsed = parseSizeList(inputs)
  return "problems" in parsed ? parsed.problems.map(({ path, message }) => `${path.join(".")}: ${message}`) : []
}

const SETTINGS = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 1e8 }
/** All versions at their start, so that a changed encoder does not change the ids below. */
const ones = <Name extends string>(versions: Readonly<Record<Name, number>>): Record<Name, number> =>
  Object.fromEntries(Object.keys(versions).map((name) => [name, 1])) as Record<Name, number>
const recipeId = createRecipeId({ outputs: ones(OUTPUT_VERSIONS), originals: ones(ORIGINAL_VERSIONS) })

const idOf = (input: SizeInput, focalPoint?: readonly [number, number]): string => {
  const [size] = listOf(input)
  return recipeId(imageRecipe(size, size.format, SETTINGS, focalPoint), size.format ?? "jpeg", "jpeg")
}

const named = (options: Partial<NamedSizeInput>): NamedSizeInput => ({ size: "360x270", name: "card", ...options })

/** One value of each option. */
const VALUES = {
  fit: "contain",
  background: "#123456",
  padding: "4%",
  trim: true,
  rotate: 90,
  flip: true,
  flop: true,
  blur: 4,
  sharpen: true,
  grayscale: true,
  tint: "#704214",
  round: "circle",
  overlay: { image: "./logo.png" },
  format: "webp",
  formats: ["webp"],
  maxBytes: 10_000,
  minQuality: 30,
} satisfies { readonly [name in (typeof SIZE_OPTION_NAMES)[number]]: NamedSizeInput[name] }

/** Options that another one needs. */
const NEEDS: Partial<Record<string, Partial<NamedSizeInput>>> = {
  padding: { fit: "contain" },
  minQuality: { maxBytes: 10_000 },
}

describe("options of a size", () => {
  it.each(SIZE_OPTION_NAMES)("%s needs a name, is kept, and is written again unchanged", (name) => {
    const options = { ...NEEDS[name], [name]: VALUES[name] }
    expect(messagesOf({ size: "360x270", ...options })[0]).toMatch(/^0\.name: Expected a name/)
    const [size] = listOf(named(options))
    expect(size[name]).toBeDefined()
    expect(listOf(toSizeInput(size))).toEqual([size])
    expect(toSizeInput(listOf(toSizeInput(size))[0])).toEqual(toSizeInput(size))
  })

  it.each<Partial<NamedSizeInput>>([
    { fit: "cover" },
    { padding: 0, fit: "contain" },
    { trim: false },
    { rotate: 0 },
    { flip: false, flop: false, grayscale: false },
    { blur: 0, sharpen: false, round: 0 },
    { overlay: [] },
    { aliases: [] },
    { maxBytes: 1000, minQuality: 40 },
  ])("the default %j is the same as an absent option", (options) => {
    const rest = { ...("fit" in options && options.fit === "contain" && { fit: "contain" as const }) }
    const limit = { ...(options.maxBytes !== undefined && { maxBytes: options.maxBytes }) }
    expect(listOf(named(options))).toEqual(listOf(named({ ...rest, ...limit })))
  })

  it("colours, trim and a single overlay have a canonical form", () => {
    expect(
      listOf(named({ fit: "contain", background: "#FA0", trim: true, overlay: { image: "a.png", gravity: "center" } })),
    ).toMatchObject([{ background: "#ffaa00", trim: 10, overlay: [{ image: "a.png" }] }])
  })

  it.each<[Partial<NamedSizeInput>, RegExp]>([
    [{ fit: "fill" as "cover" }, /^0\.fit: Expected one of cover, contain, inside, got "fill"\.$/],
    [{ size: "1280w", fit: "contain" }, /^0\.fit: Expected a box like 600x600/],
    [{ size: "1280w", gravity: "smart" }, /^0\.gravity: Expected gravity "smart" with a crop/],
    [{ gravity: "attention", fit: "contain" }, /^0\.gravity: .*with a crop/],
    [{ background: "blur" }, /^0\.background: .*needs fit "contain"/],
    [{ background: "red" as "#f00" }, /^0\.background: Expected a colour like #ffffff/],
    [{ background: "transparent", fit: "contain", format: "jpeg" }, /JPEG has no transparency/],
    [{ padding: 4 }, /^0\.padding: Expected padding with fit "contain"/],
    [{ padding: "50%", fit: "contain" }, /^0\.padding: Expected less than half/],
    [{ padding: 135, fit: "contain" }, /^0\.padding: Expected less than half of the shorter side \(270 pixels\)/],
    [{ padding: "-1%", fit: "contain" }, /^0\.padding: Expected pixels or a share/],
    [{ trim: 300 }, /^0\.trim: Expected true, false or a number from 1 to 254, got 300/],
    [{ rotate: 45 as 90 }, /^0\.rotate: Expected one of 0, 90, 180, 270, got 45/],
    [{ blur: 0.1 }, /^0\.blur: Expected 0, or a number from 0\.3 to 100/],
    [{ sharpen: 11 }, /^0\.sharpen/],
    [{ tint: "sepia" as "#fff" }, /^0\.tint: Expected a colour like #704214/],
    [{ round: -1 }, /^0\.round: Expected "circle", or a radius/],
    [{ overlay: {} as { image: string } }, /^0\.overlay: Expected an overlay like/],
    [{ overlay: { image: "a.png", opacity: 2 } }, /^0\.overlay\.opacity: Expected a number from 0 to 1/],
    [{ overlay: [{ image: "a.png" }, { image: "" }] }, /^0\.overlay\.1\.image: Expected a file/],
    [{ overlay: { image: "a.png", size: 3 } as { image: string } }, /^0\.overlay\.size: Expected one of image, width/],
    [{ overlay: Array.from({ length: 9 }, () => ({ image: "a.png" })) }, /at most 8/],
    [{ format: "gif", formats: ["webp"] }, /^0\.formats: Expected format or formats, got both/],
    [{ formats: ["webp", "webp"] }, /each once/],
    [{ maxBytes: 10 }, /^0\.maxBytes: Expected a whole number of at least 500/],
    [{ minQuality: 30 }, /^0\.minQuality: Expected maxBytes beside minQuality/],
    [{ aliases: ["info"] }, /^0\.aliases: Expected a list of former names/],
    [{ aliases: ["Cards"] }, /^0\.aliases/],
  ])("%j is refused with a reason", (options, reason) => {
    expect(messagesOf(named(options))).toEqual([expect.stringMatching(reason)])
  })

  it.each<[readonly SizeInput[], RegExp]>([
    [["360x270", named({ aliases: ["360x270"] })], /^1\.aliases: .*got 360x270 twice/],
    [[named({ aliases: ["cards"] }), { size: "1w", name: "b", aliases: ["cards"] }], /^1\.aliases: .*got cards twice/],
    [[named({ aliases: ["cards", "cards"] })], /^0\.aliases: .*got cards twice/],
    [[named({ aliases: ["card"] })], /^0\.aliases: .*got card twice/],
  ])("an alias that is taken is refused (case %#)", (inputs, reason) => {
    expect(messagesOf(...inputs)).toEqual([expect.stringMatching(reason)])
  })

  it.each<[Partial<NamedSizeInput>, string]>([
    [{ gravity: "north" }, "gravity"],
    [{ quality: 70 }, "quality"],
    [{ quality: { webp: 70 }, cacheControl: "no-cache" }, "quality, cacheControl"],
    [{ gravity: "smart", sharpen: true }, "gravity, sharpen"],
  ])("%j needs a name, and the message says which options do", (options, names) => {
    expect(messagesOf({ size: "360x270", ...options })).toEqual([
      `0.name: Expected a name beside ${names}, like name: "thumb". To keep URLs with 360x270 working, add aliases: ["360x270"].`,
    ])
    expect(messagesOf({ size: "360x270", name: "thumb", aliases: ["360x270"], ...options })).toEqual([])
  })

  it.each<Partial<NamedSizeInput>>([
    { aliases: ["300x225"] },
    { gravity: "center", quality: {}, cacheControl: undefined },
    { fit: "cover", blur: 0 },
  ])("%j needs no name", (options) => {
    expect(messagesOf({ size: "360x270", ...options })).toEqual([])
  })
})

describe("recipe ids of options", () => {
  it.each(SIZE_OPTION_NAMES.filter((name) => name !== "formats"))("%s changes the recipe id", (name) => {
    const base = NEEDS[name] ?? {}
    expect(idOf(named({ ...base, [name]: VALUES[name] }))).not.toBe(idOf(named(base)))
  })

  it("names, aliases and formats do not change the recipe id", () => {
    expect(idOf(named({ aliases: ["cards"], formats: ["webp"] }))).toBe(idOf("360x270"))
  })

  it("an overlay is known by its bytes, not by its file", () => {
    const overlay = { image: "a.png", digest: "a".repeat(64) }
    expect(idOf(named({ overlay: { ...overlay, image: "b.png" } }))).toBe(idOf(named({ overlay })))
    expect(idOf(named({ overlay: { ...overlay, digest: "b".repeat(64) } }))).not.toBe(idOf(named({ overlay })))
  })

  it("a focal point changes the recipe id of smart sizes only", () => {
    const smart = named({ gravity: "smart" })
    const ids = [idOf(smart), idOf(smart, [0.4, 0.3]), idOf(smart, [0.4, 0.31])]
    expect(new Set(ids).size).toBe(3)
    expect(idOf("360x270", [0.4, 0.3])).toBe(idOf("360x270"))
    expect(idOf(named({ gravity: "attention" }), [0.4, 0.3])).toBe(idOf(named({ gravity: "attention" })))
  })

  it("the background is part of contain in every format", () => {
    const [size] = listOf(named({ fit: "contain" }))
    const id = (background: string): string =>
      recipeId(imageRecipe(size, "webp", { ...SETTINGS, background }), "webp", "jpeg")
    expect(id("#000000")).not.toBe(id("#ffffff"))
  })

  it("info depends on trim, and on no other option", () => {
    const id = (...inputs: readonly SizeInput[]): string =>
      recipeId(infoRecipe(SETTINGS, listOf(...inputs)), undefined, "jpeg")
    expect(id(named({ blur: 2, fit: "inside" }))).toBe(id("360x270"))
    expect(id(named({ trim: true }))).not.toBe(id("360x270"))
    expect(id("1w", named({ trim: 10 }))).toBe(id(named({ trim: true })))
  })

  // Changing an id makes the stored renditions stale. An option that is added later must not change these.
  const STABLE: readonly (readonly [id: string, size: NamedSizeInput])[] = [
    ["fy8j9p154ns9j", named({ fit: "contain", background: "#fff", padding: "4%" })],
    ["1c9i8a9ym16wr", named({ gravity: "smart", sharpen: true })],
    ["gt3b7r12mw875", named({ blur: 4 })],
    ["85idpjz76qgd", named({ grayscale: true })],
    ["y9s5sb1trse19", named({ overlay: { image: "x", digest: "0".repeat(64), gravity: "southeast", width: "18%" } })],
    ["1wk5t0h7e4e6n", named({ format: "webp", maxBytes: 50_000 })],
    ["gzrz8tyrqsl7", named({ round: "circle", trim: true, rotate: 90 })],
    ["1jrjjy31vrcs8l", named({ fit: "contain" })],
    ["1jc2uju1nyy320", named({ fit: "inside" })],
    ["163h84n1357mj9", named({ background: "#123456" })],
    ["fy8j9p154ns9j", named({ fit: "contain", padding: "4%" })],
    ["18ib05xxt4gfb", named({ trim: true })],
    ["5y06d2qfk3ho", named({ rotate: 90 })],
    ["1bw8g21y0qcz3", named({ flip: true })],
    ["783prv1yg9rz9", named({ flop: true })],
    ["ss3aip1qup3h3", named({ sharpen: 2 })],
    ["n0m2dkeo4ea", named({ tint: "#704214" })],
    ["f8fu3e1ldvx24", named({ round: 8 })],
    ["1evk0ok1vxhhf6", named({ maxBytes: 10000, minQuality: 30 })],
    ["n6j036r0xkkk", named({ formats: ["webp"] })],
    ["nr7tmf16hehm5", named({ gravity: "attention" })],
    ["1xll5uge9nnke", named({ gravity: "entropy" })],
    ["nse0ar11pzp59", named({ fit: "contain", background: "transparent" })],
  ]

  it.each(STABLE)("the recipe id %s stays the same from release to release (case %#)", (id, input) => {
    expect(idOf(input)).toBe(id)
  })

  it("the table of stable recipe ids has every option", () => {
    const used = new Set(STABLE.flatMap(([, size]) => Object.keys(size)))
    expect(SIZE_OPTION_NAMES.filter((name) => !used.has(name))).toEqual([])
  })
})

describe("dimensions with options", () => {
  const photo = { width: 4000, height: 3000 }

  it.each<[Partial<NamedSizeInput>, number, number]>([
    [{ size: "600x600", fit: "contain" }, 600, 600],
    [{ size: "6000x6000", fit: "contain" }, 6000, 6000],
    [{ size: "600x600", fit: "inside" }, 600, 450],
    [{ size: "6000x6000", fit: "inside" }, 4000, 3000],
    [{ size: "600x600", rotate: 90, fit: "inside" }, 450, 600],
    [{ size: "300w", rotate: 90 }, 300, 400],
    [{ size: "300h", rotate: 270 }, 225, 300],
    [{ size: "300x400", rotate: 90 }, 300, 400],
    [{ size: "3000w", rotate: 90 }, 3000, 4000],
  ])("outputDimensions of %j", (options, width, height) => {
    const [size] = listOf(named(options))
    expect(outputDimensions(size, photo)).toEqual({ width, height })
  })

  it("ratioOf is the exact ratio: that of the box, or of the turned original", () => {
    expect(ratioOf({ width: 6, height: 4 }, photo)).toMatchObject({ width: 6, height: 4 })
    expect(ratioOf({ width: 6, height: 4, fit: "inside" }, photo)).toEqual(photo)
    expect(ratioOf({ width: 6, rotate: 90 }, photo)).toEqual({ width: 3000, height: 4000 })
    expect(ratioOf({ width: 6 }, undefined)).toEqual({})
  })

  it("sourceDimensions are the trimmed ones where a size trims, and unknown without them", () => {
    const info = { ...photo, trimmed: { 10: { width: 10, height: 20 } } }
    expect(sourceDimensions({ trim: true }, info)).toEqual({ width: 10, height: 20 })
    expect(sourceDimensions({ trim: 30 }, info)).toBeUndefined()
    expect(sourceDimensions({}, info)).toBe(info)
  })

  it("toPixels rounds shares", () => {
    expect([toPixels(7, 100), toPixels("18%", 1200), toPixels("0.5%", 300)]).toEqual([7, 216, 2])
  })
})

describe("sizes with options among others", () => {
  const list = listOf(
    "360x270",
    "720x540",
    named({ blur: 4 }),
    { size: "720x540", name: "card-2x", blur: 4 },
    { size: "1280w", name: "wide", quality: 40, maxBytes: 5000 },
    { size: "100x75", name: "tiny", grayscale: true, aliases: ["old", "90x60"] },
  )

  it("snap never chooses a size that shows something else", () => {
    expect(snap({ width: 90, height: 60 }, list)?.name).toBe("360x270")
    expect(snap({ width: 500, height: 375 }, list)?.name).toBe("720x540")
    expect(snap({ width: 700 }, list)?.name).toBe("wide")
    expect(snap({ width: 90, height: 60 }, listOf(named({ blur: 4 })))).toBeUndefined()
  })

  it("sizesOfShape groups sizes with equal options", () => {
    const names = (name: string): readonly string[] => {
      const size = sizeNamed(name, list)
      return size ? sizesOfShape(size, list).map((one) => one.name) : []
    }
    expect(names("360x270")).toEqual(["360x270", "720x540"])
    expect(names("card")).toEqual(["card", "card-2x"])
    expect(names("tiny")).toEqual(["tiny"])
  })

  it("lookOf is empty for a size without options, and the same for raw and canonical options", () => {
    expect(lookOf(toShape({ size: "360x270", gravity: "north", quality: 3, aliases: ["a"] }) ?? {})).toBe("")
    expect(lookOf(toShape(named({ blur: 4, fit: "cover" })) ?? {})).toBe(lookOf(listOf(named({ blur: 4 }))[0]))
    expect(lookOf(named({ blur: 4 }))).not.toBe(lookOf(named({ blur: 5 })))
  })

  it("sizeNamed finds a size by its name or an alias", () => {
    expect(["tiny", "old", "90x60", "none"].map((name) => sizeNamed(name, list)?.name)).toEqual([
      "tiny",
      "tiny",
      "tiny",
      undefined,
    ])
  })

  it("publishList has the options, without the folders of overlays", () => {
    const sizes = listOf(named({ overlay: { image: "/home/me/logo.png", digest: "0".repeat(64) }, aliases: ["cards"] }))
    expect(publishList({ sizes, formats: [] }).sizes).toEqual([
      { size: "360x270", name: "card", aliases: ["cards"], overlay: [{ image: "logo.png" }] },
    ])
  })
})

describe("parseFocalPoint", () => {
  it.each([
    ["0.4,0.3", [0.4, 0.3]],
    [" 0 , 1 ", [0, 1]],
    ["1.0,0.25", [1, 0.25]],
  ])("parseFocalPoint reads %j", (text, point) => {
    expect(parseFocalPoint(text)).toEqual(point)
  })

  it.each([undefined, "", "0.4", "1.1,0", "-0.1,0", "0.4;0.3", "0.4,0.3,0.2", "a,b", "4,3"])(
    "parseFocalPoint is undefined for %j",
    (text) => {
      expect(parseFocalPoint(text)).toBeUndefined()
    },
  )

  it("parseFocalPoint is the inverse of formatFocalPoint", () => {
    expect(parseFocalPoint(formatFocalPoint([0.125, 0.5]))).toEqual([0.125, 0.5])
  })
})
