/** Responsible for the sizes of a list that Next can request: it supports only widths. */
import { fail } from "../client/fail.ts"
import { lookOf, type Shape, type SizeInput, toShape } from "../sizes/list.ts"

/** A size by width, without options that need its name. */
export interface ByWidth extends Shape {
  readonly width: number
  readonly height?: never
}

const isByWidth = (shape: Shape): shape is ByWidth => Boolean(shape.width) && !shape.height && !lookOf(shape)

/** The sizes by width of a list. @throws {TypeError} for an invalid size, and if there are no sizes by width */
export const byWidth = (sizes: readonly SizeInput[]): readonly ByWidth[] => {
  const shapes = sizes.map(
    (size) => toShape(size) ?? fail(`Expected a size like 360x270, 1280w or 480h, got ${JSON.stringify(size)}.`),
  )
  const found = shapes.filter(isByWidth)
  return found.length > 0 ? found : fail("Expected a size by width, like 1280w, in sizes.")
}
