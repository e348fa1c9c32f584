/** Responsible for the position of a picture in a larger one, by a compass word. */
import type { Dimensions, Gravity } from "../../sizes/size.ts"

/** Shares of the free space to the left and above. */
const SHARES: Readonly<Record<Gravity, readonly [across: number, down: number]>> = {
  center: [0.5, 0.5],
  north: [0.5, 0],
  northeast: [1, 0],
  east: [1, 0.5],
  southeast: [1, 1],
  south: [0.5, 1],
  southwest: [0, 1],
  west: [0, 0.5],
  northwest: [0, 0],
}

/** The corner of a picture in a larger one, in pixels. */
export interface Place {
  readonly left: number
  readonly top: number
}

/**
 * The corner of a picture in a canvas, in pixels.
 * @param margin pixels that stay free at each edge
 */
export const placeAt = (gravity: Gravity, picture: Dimensions, canvas: Dimensions, margin = 0): Place => {
  const [across, down] = SHARES[gravity]
  const free = (side: number, whole: number, share: number): number =>
    Math.max(0, Math.min(whole - side, margin + Math.floor(Math.max(0, whole - side - 2 * margin) * share)))
  return {
    left: free(picture.width, canvas.width, across),
    top: free(picture.height, canvas.height, down),
  }
}
