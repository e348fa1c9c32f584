/** Responsible for the type of the steps between the resizer and the encoder. */
import type { RecipeOptions } from "../../sizes/recipe.ts"
import type { Dimensions, Gravity } from "../../sizes/size.ts"
import type { Frame } from "./frame.ts"
import type { Rectangle } from "./plan.ts"

/** Bytes of the overlays' files, by their SHA-256 in hex. */
export type GetAsset = (digest: string) => Uint8Array | undefined

/** Input of a step besides the pixels. */
export interface FinishJob {
  readonly options: RecipeOptions
  /** Place of the picture in `contain`. */
  readonly gravity: Gravity
  /** `#rrggbb` */
  readonly background: string
  /** Dimensions after the last step. */
  readonly output: Dimensions
  readonly getAsset: GetAsset
  /** Called with each part that an overlay covers. */
  readonly onDraw: (part: Rectangle) => void
}

/** Changes the pixels of one frame. Returns the same frame if there is nothing to do. */
export type FinishStep = (frame: Frame, job: FinishJob) => Frame | Promise<Frame>
