/** Responsible for quarter turns and mirroring: `rotate`, then `flip` and `flop`. */
import { type Frame, toFrame, toImage } from "./frame.ts"
import type { FinishStep } from "./step.ts"

const rotated = async (frame: Frame, angle: number): Promise<Frame> => toFrame((await toImage(frame)).rotate(angle))

/** Turns a frame. */
export const turn: FinishStep = async (frame, { options: { rotate, flip, flop } }) => {
  const upright = rotate ? await rotated(frame, rotate) : frame
  if (!flip && !flop) return upright
  const image = await toImage(upright)
  return toFrame(image.flip(flip === true).flop(flop === true))
}
