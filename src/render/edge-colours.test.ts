import { describe, expect, it } from "vitest"

import { settleEdgeColours } from "./edge-colours.ts"

const pixelsOf = (...pixels: readonly (readonly [number, number, number, number])[]) => ({
  data: Uint8Array.from(pixels.flat()),
  width: pixels.length,
  height: 1,
  channels: 4 as const,
})

const SHAPE = [238, 102, 51, 255] as const

describe("settleEdgeColours", () => {
  it("faint pixels get the colour of their shape where the difference is invisible", () => {
    const { data } = settleEdgeColours(
      pixelsOf(SHAPE, SHAPE, [191, 63, 63, 4], [237, 101, 50, 188], [230, 102, 51, 188]),
    )
    expect([...data]).toEqual([...SHAPE, ...SHAPE, 238, 102, 51, 4, 238, 102, 51, 188, 230, 102, 51, 188])
  })

  it("opaque and invisible pixels stay as they are", () => {
    const pixels = pixelsOf(SHAPE, SHAPE, [237, 102, 51, 255], [9, 9, 9, 0])
    expect([...settleEdgeColours(pixels).data]).toEqual([...SHAPE, ...SHAPE, 237, 102, 51, 255, 9, 9, 9, 0])
  })

  it("other colours of translucent pixels stay", () => {
    const pixels = pixelsOf(SHAPE, SHAPE, [40, 90, 200, 100])
    expect([...settleEdgeColours(pixels).data.subarray(8)]).toEqual([40, 90, 200, 100])
  })
})
