/** From any asked-for size to a listed one: never of another shape while there is one of it, never smaller than need be. */
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
    ["the largest where none is as large", { width: 5000 }, "1280w"],
    ["the smallest for a small one", { width: 1 }, "320w"],
    ["device pixels", { width: 320, dpr: 2 }, "640w"],
    ["device pixels between", { width: 320, dpr: 2.1 }, "1280w"],
    ["the next larger height", { height: 241 }, "960h"],
    ["a crop of the same ratio", { width: 400, height: 300 }, "720x540"],
    ["a crop with device pixels", { width: 360, height: 270, dpr: 2 }, "720x540"],
    ["the largest crop of the ratio", { width: 4000, height: 3000 }, "720x540"],
    ["the nearest ratio where none is the same", { width: 190, height: 180 }, "200x200"],
    ["the nearest ratio, as large", { width: 300, height: 250 }, "360x270"],
    ["nothing for nothing", {}, undefined],
    ["nothing for a side of zero", { width: 0 }, undefined],
    ["nothing for a negative side", { width: 100, height: -1 }, undefined],
    ["nothing for what is no number", { width: Number.NaN }, undefined],
    ["nothing for infinity", { width: Infinity }, undefined],
    ["nothing without device pixels", { width: 100, dpr: 0 }, undefined],
  ])("gives %s", (_, asked, expected) => {
    expect(snap(asked, LIST)?.name).toBe(expected)
  })

  it("has nothing where no size of the kind is listed", () => {
    expect(snap({ width: 100 }, listOf("360x270", "480h"))).toBeUndefined()
    expect(snap({ height: 100 }, listOf("360x270", "480w"))).toBeUndefined()
    expect(snap({ width: 100, height: 100 }, listOf("480w", "480h"))).toBeUndefined()
  })

  it("leaves what is listed as it is, whatever the list", () => {
    fc.assert(
      fc.property(lists, fc.nat(), (list, at) => {
        const size = list[at % list.length] ?? list[0]
        const { width, height } = snap(size, list) ?? {}
        expect({ width, height }).toEqual({ width: size.width, height: size.height })
      }),
    )
  })

  it("gives the same for what it gave", () => {
    fc.assert(
      fc.property(lists, fc.record({ width: side, height: side }, { requiredKeys: [] }), (list, asked) => {
        const first = snap(asked, list)
        expect(first && snap(first, list)).toEqual(first)
      }),
    )
  })

  it("gives one that is large enough, and none smaller would be, or else the largest", () => {
    fc.assert(
      fc.property(lists, side, fc.constantFrom(1, 1.5, 2, 3), (list, width, dpr) => {
        const widths = list.flatMap((size) => (size.width && !size.height ? [size.width] : []))
        const enough = widths.filter((one) => one >= width * dpr)
        const expected = enough.length > 0 ? Math.min(...enough) : Math.max(...widths)
        expect(snap({ width, dpr }, list)?.width).toBe(widths.length > 0 ? expected : undefined)
      }),
    )
  })

  it("gives a crop of the same ratio for any multiple of one", () => {
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

  it("has all sizes of one shape, smallest first", () => {
    expect(namesFor("1280w", LIST)).toEqual(["320w", "640w", "1280w"])
    expect(namesFor("240h", LIST)).toEqual(["240h", "960h"])
    expect(namesFor("360x270", LIST)).toEqual(["360x270", "720x540"])
  })

  it("takes a side that was rounded for the same ratio", () => {
    expect(namesFor("320x213", listOf("320x213", "640x427", "1280x853", "640x400"))).toEqual([
      "320x213",
      "640x427",
      "1280x853",
    ])
    expect(namesFor("33x200", listOf("33x200", "67x400", "100x400"))).toEqual(["33x200", "67x400"])
  })

  it("keeps crops apart that keep different parts", () => {
    const list = listOf("360x270", { size: "720x540", name: "sky", gravity: "north" }, "1440x1080")
    expect(namesFor("360x270", list)).toEqual(["360x270", "1440x1080"])
    expect(namesFor("sky", list)).toEqual(["sky"])
  })
})
