/** Responsible for the sides that a format can hold. */
import { originalTooLarge } from "../errors.ts"
import type { Format } from "../sizes/format.ts"
import type { Dimensions } from "../sizes/size.ts"
import { ENCODERS } from "./encode.ts"

/** @throws {original-too-large} a rendition would not fit its format */
export const checkSide = (format: Format, { width, height }: Dimensions): void => {
  const { maxSide } = ENCODERS[format]
  const side = Math.max(width, height)
  if (side > maxSide) throw originalTooLarge(`a side that would become ${side} pixels`, `${maxSide} for ${format}`)
}
