/** Responsible for the text form of focal points, as metadata of objects has it. */

/** A place in an upright photo, from the left and from the top, each 0 to 1. */
export type FocalPoint = readonly [x: number, y: number]

/** True for two numbers from 0 to 1. */
export const isFocalPoint = (value: unknown): value is FocalPoint =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((part) => typeof part === "number" && part >= 0 && part <= 1)

/**
 * The focal point in a text; undefined for any other text.
 * @example
 * parseFocalPoint("0.4,0.3") // [0.4, 0.3]
 */
export const parseFocalPoint = (text: string | undefined): FocalPoint | undefined => {
  const match = /^ *(\d(?:\.\d+)?) *, *(\d(?:\.\d+)?) *$/.exec(text ?? "")
  const point = match && [Number(match[1]), Number(match[2])]
  return isFocalPoint(point) ? point : undefined
}

/** The inverse of {@link parseFocalPoint}. */
export const formatFocalPoint = ([x, y]: FocalPoint): string => `${x},${y}`
