/** Responsible for round corners: alpha, with smooth edges. */
import { withAlpha } from "./frame.ts"
import type { FinishStep } from "./step.ts"

/** The share of a pixel that is inside a circle, by the distance of its middle from the edge. */
const coverage = (across: number, down: number, radius: number): number =>
  Math.max(0, Math.min(1, radius - Math.hypot(across, down) + 0.5))

/** Rounds the corners by a radius, or as far as possible. */
export const round: FinishStep = (frame, { options: { round: wanted } }) => {
  if (wanted === undefined) return frame
  const { width, height } = frame
  const half = Math.min(width, height) / 2
  const radius = wanted === "circle" ? half : Math.min(wanted, half)
  const { data, channels } = withAlpha(frame)
  const rounded = new Uint8Array(data)
  const side = Math.ceil(radius)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const share = coverage(radius - x - 0.5, radius - y - 0.5, radius)
      if (share === 1) continue
      for (const row of new Set([y, height - 1 - y]))
        for (const column of new Set([x, width - 1 - x])) {
          const at = (row * width + column) * channels + 3
          rounded[at] = Math.round((data[at] ?? 0) * share)
        }
    }
  }
  return { data: rounded, width, height, channels }
}
