/**
 * Responsible for everything that options of a size do to the resized pixels: one list of steps, in the order that docs/sizes.md states.
 *
 * Invariants:
 * - A recipe without options never comes here: its bytes are those of the resizer and encoder alone.
 * - Each frame of an animation gets the same steps, and no step sees two frames.
 */
import type { ImageRecipe } from "../../sizes/recipe.ts"
import { GRAVITIES, type Gravity } from "../../sizes/size.ts"
import { cutFrame, findCrop, type Subject } from "./crop.ts"
import { blur, grayscale, sharpen, tint } from "./effects.ts"
import { type Frame, joinFrames, type Pixels, splitFrames } from "./frame.ts"
import { isByContent } from "./needs-finish.ts"
import { drawOverlays } from "./overlay.ts"
import { pad } from "./pad.ts"
import { type Plan, type Rectangle, unionOf } from "./plan.ts"
import { round } from "./round.ts"
import type { FinishJob, FinishStep, GetAsset } from "./step.ts"
import { turn } from "./turn.ts"

/** The steps, in order. `trim` and the resizer come before them. */
export const FINISH_STEPS: readonly FinishStep[] = [turn, blur, sharpen, grayscale, tint, pad, drawOverlays, round]

/** Input of {@link finishPixels} besides the pixels. */
export interface FinishInput {
  readonly recipe: ImageRecipe
  readonly plan: Plan
  /** The focal point, or the subject that the file marks, in the resized picture. Only for `gravity: "smart"`. */
  readonly subject: Subject | undefined
  readonly getAsset: GetAsset
}

const compass = ({ gravity }: ImageRecipe): Gravity => GRAVITIES.find((word) => word === gravity) ?? "center"

const cropFrames = async (
  frames: readonly [Frame, ...Frame[]],
  { recipe, plan, subject }: FinishInput,
): Promise<readonly Frame[]> => {
  if (!isByContent(recipe)) return frames
  const rectangle = await findCrop(frames[0], plan.picture, { gravity: recipe.gravity, subject })
  return frames.map((frame) => cutFrame(frame, rectangle))
}

/** Pixels after the last step. */
export interface FinishedPixels extends Pixels {
  readonly channels: 3 | 4
  /** The part that overlays cover. */
  readonly drawn: Rectangle | undefined
}

/** The pixels of a rendition, from those of the resizer. */
export const finishPixels = async (pixels: Pixels, input: FinishInput): Promise<FinishedPixels> => {
  const { recipe, plan, getAsset } = input
  let drawn: Rectangle | undefined
  const job: FinishJob = {
    options: recipe.options ?? {},
    gravity: compass(recipe),
    background: recipe.settings.background,
    output: plan.output,
    getAsset,
    onDraw: (part) => {
      drawn = drawn ? unionOf(drawn, part) : part
    },
  }
  const finished: Frame[] = []
  for (const frame of await cropFrames(splitFrames(pixels) as [Frame, ...Frame[]], input)) {
    let current = frame
    for (const step of FINISH_STEPS) current = await step(current, job)
    finished.push(current)
  }
  return { ...joinFrames(finished as [Frame, ...Frame[]]), drawn }
}
