/** The sizes of a list that Next can ask for: it knows widths alone. */
import { fail } from "../client/fail.ts"
import { type Shape, type SizeInput, toShape } from "../sizes/list.ts"

/** A size that shows all of a picture, and is so many pixels wide. */
export interface ByWidth extends Shape {
  readonly width: number
  readonly height?: never
}

const isByWidth = (shape: Shape): shape is ByWidth => Boolean(shape.width) && !shape.height

/** @throws {TypeError} for what is no size, and where none is by width */
export const byWidth = (sizes: readonly SizeInput[]): readonly ByWidth[] => {
  const shapes = sizes.map(
    (size) => toShape(size) ?? fail(`Expected a size like 360x270, 1280w or 480h, got ${JSON.stringify(size)}.`),
  )
  const found = shapes.filter(isByWidth)
  return found.length > 0 ? found : fail("Expected a size by width, like 1280w, in sizes.")
}
