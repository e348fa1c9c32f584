/** Tests of the published list: a configuration can read it again, and its version changes exactly with the list. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { FORMATS } from "./format.ts"
import { parseSizeList, type SizeInput, type SizeList } from "./list.ts"
import { publishList } from "./published.ts"
import { GRAVITIES } from "./size.ts"

const listOf = (inputs: readonly SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.list
}

const publish = (inputs: readonly SizeInput[], more = {}): ReturnType<typeof publishList> =>
  publishList({ sizes: listOf(inputs), formats: ["avif", "webp"], ...more })

describe("publishList", () => {
  it("publishList writes each size in its canonical form", () => {
    const { sizes } = publish([
      "360x270",
      { size: "1280w" },
      { size: "480h", gravity: "center", quality: {} },
      { size: "120x120", name: "thumb", gravity: "north", quality: 70 },
      { size: "50x50", name: "east", gravity: "east" },
      { size: "60x60", name: "small", quality: { webp: 50, jpeg: 40 } },
      { size: "1280w", name: "wide" },
      { size: "640w", name: "fresh", cacheControl: "no-cache" },
    ])
    expect(sizes).toEqual([
      "360x270",
      "1280w",
      "480h",
      { size: "120x120", name: "thumb", gravity: "north", quality: { jpeg: 70, webp: 70, avif: 70 } },
      { size: "50x50", name: "east", gravity: "east" },
      { size: "60x60", name: "small", quality: { jpeg: 40, webp: 50 } },
      { size: "1280w", name: "wide" },
      { size: "640w", name: "fresh", cacheControl: "no-cache" },
    ])
  })

  it("publishList is the inverse of parseSizeList, through JSON", () => {
    const side = fc.integer({ min: 1, max: 8192 })
    const size = fc.oneof(
      side.map((w) => `${w}w`),
      side.map((h) => `${h}h`),
      fc.tuple(side, side).map(([w, h]) => `${w}x${h}`),
    )
    const number = fc.integer({ min: 1, max: 100 })
    const quality = fc.oneof(number, fc.record({ jpeg: number, webp: number, avif: number }, { requiredKeys: [] }))
    const entry = fc.record(
      {
        size,
        name: fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/),
        gravity: fc.constantFrom(...GRAVITIES),
        quality,
        cacheControl: fc.constantFrom("no-cache", "max-age=60"),
      },
      { requiredKeys: ["size"] },
    )
    const isList = (inputs: readonly SizeInput[]): boolean => "list" in parseSizeList(inputs)
    const inputs = fc.array(fc.oneof(size, entry), { minLength: 1, maxLength: 8 }).filter(isList)
    fc.assert(
      fc.property(inputs, (given) => {
        const published = JSON.parse(JSON.stringify(publish(given))) as ReturnType<typeof publishList>
        expect(listOf(published.sizes)).toEqual(listOf(given))
        expect(publish(published.sizes)).toEqual(published)
      }),
    )
  })

  it("publishList returns a version that changes with the list, and only then", () => {
    const lists = [
      publish(["360x270", "480h"]),
      publish(["480h", "360x270"]),
      publish(["360x270"]),
      publish([{ size: "360x270", name: "card", quality: 70 }, "480h"]),
      publish([{ size: "360x270", name: "card", gravity: "north" }, "480h"]),
      publish([{ size: "360x270", name: "card" }, "480h"]),
      publish([{ size: "360x270", name: "card", cacheControl: "no-cache" }, "480h"]),
      publish(["360x270", "480h"], { formats: ["webp", "avif"] }),
      publish(["360x270", "480h"], { formats: FORMATS }),
      publish(["360x270", "480h"], { formats: [] }),
      publish(["360x270", "480h"], { basePath: "/img" }),
    ]
    expect(new Set(lists.map(({ version }) => version)).size).toBe(lists.length)
    for (const { version } of lists) expect(version).toMatch(/^[0-9a-z]{2,14}$/)
    expect(publish([{ size: "360x270", gravity: "center" }, "480h"], { basePath: "" })).toEqual(lists[0])
  })
})
