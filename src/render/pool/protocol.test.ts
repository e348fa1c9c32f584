/** Frames arrive whole and in order, however the pipe splits them. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { createFrameReader, type Frame, frameHead, MAX_BODY_BYTES } from "./protocol.ts"

const framesOf = (stream: Uint8Array, cuts: readonly number[], isCopied: boolean): readonly Frame[] => {
  const frames: Frame[] = []
  const reader = createFrameReader((frame) => frames.push(frame))
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length])].toSorted(
    (a, b) => a - b,
  )
  for (const [index, from] of edges.entries()) {
    let chunk = stream.subarray(from, edges[index + 1] ?? from)
    if (isCopied) {
      reader.push(chunk)
      continue
    }
    while (chunk.length > 0) {
      const target = reader.target()
      const length = Math.min(target.length, chunk.length)
      target.set(chunk.subarray(0, length))
      reader.advance(length)
      chunk = chunk.subarray(length)
    }
  }
  return frames
}

describe("a frame reader", () => {
  it("gives back every frame that was written, for any split of the stream", () => {
    const frame = fc.record({ text: fc.string(), body: fc.uint8Array({ maxLength: 40 }) })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.nat(500)), fc.boolean(), (sent, cuts, isCopied) => {
        const stream = Buffer.concat(sent.flatMap(({ text, body }) => [frameHead({ text }, body.length), body]))
        expect(framesOf(stream, cuts, isCopied).map(({ header, body }) => ({ header, body: [...body] }))).toEqual(
          sent.map(({ text, body }) => ({ header: { text }, body: [...body] })),
        )
      }),
    )
  })

  it("reads a large body to where it is needed, between small frames", () => {
    const body = Buffer.alloc(200_000, "imgtailor")
    const stream = Buffer.concat([
      frameHead({ at: 1 }, 0),
      frameHead({ at: 2 }, body.length),
      body,
      frameHead({ at: 3 }, 0),
    ])
    for (const cuts of [[], [10, 70_000], [150_000, 199_999]]) {
      const frames = framesOf(stream, cuts, false)
      expect(frames.map(({ header }) => header)).toEqual([{ at: 1 }, { at: 2 }, { at: 3 }])
      expect(body.equals(frames[1]?.body ?? new Uint8Array())).toBe(true)
    }
  })

  it.each([
    ["a header of no bytes", 0, 0],
    ["a header that is too long", 100_001, 0],
    ["a body that is too long", 2, MAX_BODY_BYTES + 1],
  ])("refuses %s before it allocates memory", (_, headerLength, bodyLength) => {
    const prefix = Buffer.alloc(8)
    prefix.writeUInt32BE(headerLength, 0)
    prefix.writeUInt32BE(bodyLength, 4)
    expect(() => createFrameReader(() => {}).push(prefix)).toThrow(RangeError)
  })

  it("refuses a header that is not JSON", () => {
    const frame = frameHead({}, 0)
    frame.write("{x", 8)
    expect(() => createFrameReader(() => {}).push(frame)).toThrow(SyntaxError)
  })
})
