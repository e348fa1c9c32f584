/** Responsible for the table of focal points by the keys of originals, as JSON: `{ "shop/mug.jpg": [0.4, 0.3] }`. */
import { type FocalPoint, isFocalPoint } from "../sizes/focal-point.ts"

/** Focal points by the keys of originals. */
export type FocalPoints = ReadonlyMap<string, FocalPoint>

/** Focal points that may change. */
export interface FocalSource {
  /** The points as last read; undefined before the first read has ended. Looks whether they have to be read again. */
  readonly points: () => FocalPoints | undefined
  /** The same after a read that is under way. Never rejects. */
  readonly load: (options?: { readonly fresh?: boolean }) => Promise<FocalPoints>
}

/**
 * Reads the table from a text. Entries that are no points are skipped.
 * @param place for messages: a path or a URL
 * @param onNotice called with a sentence about skipped entries
 * @throws {SyntaxError} the text is no JSON object
 */
export const parseFocalPoints = (text: string, place: string, onNotice: (text: string) => void): FocalPoints => {
  const value: unknown = JSON.parse(text)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SyntaxError("Expected an object with a point for each key.")
  const points = new Map<string, FocalPoint>()
  const invalid: string[] = []
  for (const [key, point] of Object.entries(value)) {
    if (isFocalPoint(point)) points.set(key, point)
    else invalid.push(key)
  }
  const [first] = invalid
  if (first !== undefined)
    onNotice(
      `${place}: Expected points like [0.4, 0.3], each number from 0 to 1. Skipped ${invalid.length}, such as that of ${JSON.stringify(first)}.`,
    )
  return points
}
