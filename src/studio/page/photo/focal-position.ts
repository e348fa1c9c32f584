/** Responsible for the place of a crop around a focal point, as `object-position` has it. */
import type { Point } from "../../api.ts"

interface Box {
  readonly width: number
  readonly height: number
}

/** Where the crop begins, as a share of the room that is left: 0 to 1. The point is in the middle, or as near to it as the edges allow. */
const along = (full: number, part: number, at: number): number => {
  const room = full - part
  return room <= 0 ? 0.5 : Math.min(1, Math.max(0, (at * full - part / 2) / room))
}

/**
 * The horizontal and vertical `object-position` of a crop, each 0 to 1.
 * @example
 * positionOf({ width: 200, height: 100 }, { width: 1, height: 1 }, [0.5, 0.5]) // [0.5, 0.5]
 */
export const positionOf = (original: Box, box: Box, [x, y]: Point): readonly [x: number, y: number] => {
  const scale = Math.min(original.width / box.width, original.height / box.height)
  return [along(original.width, box.width * scale, x), along(original.height, box.height * scale, y)]
}
