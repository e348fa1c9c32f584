/**
 * Responsible for the colours of translucent pixels after a resize. The image library multiplies by alpha, rounds, and divides: the fainter
 * a pixel, the further its colour is from that of its shape. The difference is invisible, but each such colour costs bytes: the smooth edges of a logo
 * had thousands.
 *
 * Invariants:
 * - Over any background, a pixel changes by at most one level. Alpha and opaque pixels stay as they are.
 */
import type { Frame } from "./steps/frame.ts"

const SLOT_BITS = 10

const slotOf = (colour: number): number => Math.imul(colour, 0x9e_37_79_b1) >>> (32 - SLOT_BITS)

/** Colours that shapes may have. */
const MAX_SHAPES = 12

const rgbAt = (data: Uint8Array, at: number): number =>
  ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)

/** The colours that cover most, found in one pass: in each slot of a table, the colour that outweighs all others stays. */
const findShapes = ({ data }: Frame): readonly number[] => {
  const colours = new Int32Array(1 << SLOT_BITS)
  const weights = new Float64Array(1 << SLOT_BITS)
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] ?? 0
    if (alpha === 0) continue
    const colour = rgbAt(data, at)
    const slot = slotOf(colour)
    const weight = weights[slot] ?? 0
    if (colours[slot] === colour) weights[slot] = weight + alpha
    else if (weight >= alpha) weights[slot] = weight - alpha
    else {
      colours[slot] = colour
      weights[slot] = alpha - weight
    }
  }
  const ranked = [...weights.keys()].toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
  return ranked
    .filter((slot) => (weights[slot] ?? 0) > 0)
    .slice(0, MAX_SHAPES)
    .map((slot) => colours[slot] ?? 0)
}

/** The largest difference of a channel. */
const distance = (a: number, b: number): number =>
  Math.max(
    Math.abs((a >> 16) - (b >> 16)),
    Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)),
    Math.abs((a & 255) - (b & 255)),
  )

/** @returns the same pixels, in place, with translucent ones in the colours of shapes where these look the same */
export const settleEdgeColours = (pixels: Frame): Frame => {
  const { data, channels } = pixels
  if (channels === 3) return pixels
  let shapes: readonly number[] | undefined
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] ?? 0
    if (alpha === 0 || alpha === 255) continue
    shapes ??= findShapes(pixels)
    const colour = rgbAt(data, at)
    const shape = shapes.find((candidate) => distance(candidate, colour) * alpha <= 255)
    if (shape === undefined || shape === colour) continue
    data[at] = shape >> 16
    data[at + 1] = (shape >> 8) & 255
    data[at + 2] = shape & 255
  }
  return pixels
}
