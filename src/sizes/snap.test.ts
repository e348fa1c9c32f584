/** Tests of snapping: the result has the requested shape if one is listed, and is not smaller than necessary. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { parseSizeList, type SizeInput, type SizeList } from "./list.ts"
import { sizesOfShape, snap } from "./snap.ts"

const listOf = (...inputs: SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.list
}

const LIST = listOf("320w", "1280w", "640w", "240h", "960h", "360x270", "720x540", "200x200", "400x400")

const side = fc.integer({ min: 1, max: 3000 })
const text = fc.oneof(
  side.map((width) => `${width}w`),
  side.map((height) => `${height}h`),
  fc.tuple(side, side).map(([width, height]) => `${width}x${height}`),
)
const lists = fc.uniqueArray(text, { minLength: 1, maxLength: 12 }).map((sizes) => listOf(...sizes))

describe("snap", () => {
  it.each<[string, Parameters<typeof snap>[0], string | undefined]>([
    ["the size itself", { width: 640 }, "640w"],
    ["the next larger width", { width: 321 }, "640w"],
    ["the largest if none is large enough", { width: 5000 }, "1280w"],
    ["the smallest for a smaller one", { width: 1 }, "320w"],
    ["a width in device pixels", { width: 320, dpr: 2 }, "640w"],
    ["a width in device pixels between two sizes", { width: 320, dpr: 2.1 }, "1280w"],
    ["the next larger height", { height: 241 }, "960h"],
    ["a crop of the same ratio", { width: 400, height: 300 }, "720x540"],
    ["a crop with device pixels", { width: 360, height: 270, dpr: 2 }, "720x540"],
    ["the largest crop of the ratio", { width: 4000, height: 3000 }, "720x540"],
    ["the nearest ratio if none is the same", { width: 190, height: 180 }, "200x200"],
    ["the nearest ratio, large enough", { width: 300, height: 250 }, "360x270"],
    ["undefined without sides", {}, undefined],
    ["undefined for a side of zero", { width: 0 }, undefined],
    ["undefined for a negative side", { width: 100, height: -1 }, undefined],
    ["undefined for NaN", { width: Number.NaN }, undefined],
    ["undefined for infinity", { width: Infinity }, undefined],
    ["undefined for a dpr of zero", { width: 100, dpr: 0 }, undefined],
  ])("snap returns %s", (_, requested, expected) => {
    expect(snap(requested, LIST)?.name).toBe(expected)
  })

  it("snap is undefined if no size of the kind is listed", () => {
    expect(snap({ width: 100 }, listOf("360x270", "480h"))).toBeUndefined()
    expect(snap({ height: 100 }, listOf("360x270", "480w"))).toBeUndefined()
    expect(snap({ width: 100, height: 100 }, listOf("480w", "480h"))).toBeUndefined()
  })

  it("snap returns a listed size for itself", () => {
    fc.assert(
      fc.property(lists, fc.nat(), (list, at) => {
        const size = list[at % list.length] ?? list[0]
        const { width, height } = snap(size, list) ?? {}
        expect({ width, height }).toEqual({ width: size.width, height: size.height })
      }),
    )
  })

  it("snap applied twice returns the same size", () => {
    fc.assert(
      fc.property(lists, fc.record({ width: side, height: side }, { requiredKeys: [] }), (list, requested) => {
        const first = snap(requested, list)
        expect(first && snap(first, list)).toEqual(first)
      }),
    )
  })

  it("snap returns the smallest width that is large enough, or else the largest", () => {
    fc.assert(
      fc.property(lists, side, fc.constantFrom(1, 1.5, 2, 3), (list, width, dpr) => {
        const widths = list.flatMap((size) => (size.width && !size.height ? [size.width] : []))
        const enough = widths.filter((one) => one >= width * dpr)
        const expected = enough.length > 0 ? Math.min(...enough) : Math.max(...widths)
        expect(snap({ width, dpr }, list)?.width).toBe(widths.length > 0 ? expected : undefined)
      }),
    )
  })

  it("snap returns a crop of the same ratio for any multiple of a crop", () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 9 }), lists, (width, height, times, others) => {
        const list = listOf(
          `${width}x${height}`,
          ...others.map(({ name }) => name).filter((name) => name !== `${width}x${height}`),
        )
        const given = snap({ width: width * times, height: height * times }, list)
        const [w, h] = [given?.width ?? 0, given?.height ?? 0]
        expect(2 * Math.abs(w * height - width * h) * times).toBeLessThanOrEqual(
          Math.max(w + width * times, h + height * times),
        )
      }),
    )
  })
})

describe("sizesOfShape", () => {
  const namesFor = (name: string, list: SizeList): readonly string[] =>
    sizesOfShape(list.find((size) => size.name === name) ?? list[0], list).map((size) => size.name)

  it("sizesOfShape returns all sizes of one shape, smallest first", () => {
    expect(namesFor("1280w", LIST)).toEqual(["320w", "640w", "1280w"])
    expect(namesFor("240h", LIST)).toEqual(["240h", "960h"])
    expect(namesFor("360x270", LIST)).toEqual(["360x270", "720x540"])
  })

  it("sizesOfShape accepts rounded sides as the same ratio", () => {
    expect(namesFor("320x213", listOf("320x213", "640x427", "1280x853", "640x400"))).toEqual([
      "320x213",
      "640x427",
      "1280x853",
    ])
    expect(namesFor("33x200", listOf("33x200", "67x400", "100x400"))).toEqual(["33x200", "67x400"])
  })

  it("sizesOfShape separates crops with different gravity", () => {
    const list = listOf("360x270", { size: "720x540", name: "sky", gravity: "north" }, "1440x1080")
    expect(namesFor("360x270", list)).toEqual(["360x270", "1440x1080"])
    expect(namesFor("sky", list)).toEqual(["sky"])
  })
})
