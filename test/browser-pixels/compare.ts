/** Compares two drawings of the same image. */
import type { Drawn } from "./browser.ts"

/** Share of the pixels with a channel that differs by more than a tolerance. */
export const shareBeyond = (a: Drawn, b: Drawn, tolerance: number): number => {
  let beyond = 0
  for (let at = 0; at < a.data.length; at += 3) {
    const differs = [0, 1, 2].some(
      (channel) => Math.abs((a.data[at + channel] ?? 0) - (b.data[at + channel] ?? 0)) > tolerance,
    )
    if (differs) beyond += 1
  }
  return beyond / (a.width * a.height)
}

const BLOCK = 16

/** Mean of each channel of the block at a place. */
const meanOf = ({ data, width, height }: Drawn, left: number, top: number): readonly [number, number, number] => {
  const sum: [number, number, number] = [0, 0, 0]
  const [right, bottom] = [Math.min(left + BLOCK, width), Math.min(top + BLOCK, height)]
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++)
      for (const channel of [0, 1, 2] as const) sum[channel] += data[(y * width + x) * 3 + channel] ?? 0
  const count = (right - left) * (bottom - top)
  return [sum[0] / count, sum[1] / count, sum[2] / count]
}

/** Largest difference between the means of blocks of 16 × 16 pixels. */
export const maxBlockDifference = (a: Drawn, b: Drawn): number => {
  let largest = 0
  for (let top = 0; top < a.height; top += BLOCK) {
    for (let left = 0; left < a.width; left += BLOCK) {
      const [first, second] = [meanOf(a, left, top), meanOf(b, left, top)]
      for (const channel of [0, 1, 2] as const) largest = Math.max(largest, Math.abs(first[channel] - second[channel]))
    }
  }
  return largest
}
