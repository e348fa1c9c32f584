import { describe, expect, it } from "vitest"

import { keepMainColours } from "./main-colours.ts"

describe("keepMainColours", () => {
  it("edges get the nearer of the colours beside them, which stay exact", () => {
    const grey = [255, 255, 255, 250, 170, 60, 0, 0, 0]
    const data = Uint8Array.from(grey.flatMap((level) => [level, level, level]))
    const kept = keepMainColours({ data, width: 9, height: 1, channels: 3 }, 2)
    const levels = [...kept.data].filter((_, at) => at % 3 === 0)
    expect(levels).toEqual([255, 255, 255, 255, 255, 0, 0, 0, 0])
  })

  it("an opaque shape stays opaque, and its edge is opaque or invisible", () => {
    const alphas = [255, 255, 255, 180, 60, 0, 0, 0]
    const data = Uint8Array.from(alphas.flatMap((alpha) => [240, 30, 20, alpha]))
    const kept = keepMainColours({ data, width: 8, height: 1, channels: 4 }, 2)
    expect([...kept.data].filter((_, at) => at % 4 === 3)).toEqual([255, 255, 255, 255, 0, 0, 0, 0])
    expect([...kept.data.subarray(0, 4)]).toEqual([240, 30, 20, 255])
  })
})
