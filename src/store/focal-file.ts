/**
 * Responsible for the file with focal points: `{ "shop/mug.jpg": [0.4, 0.3] }`. It is read again as soon as it has changed, so that an
 * editor sees the new crop with the next request.
 *
 * Invariants:
 * - A file that cannot be read or parsed changes nothing: the previous points stay, and the operator gets a notice.
 */
import { readFileSync, statSync } from "node:fs"

import { describeError } from "../errors.ts"
import { type FocalPoint, isFocalPoint } from "../sizes/focal-point.ts"

/** Focal points by the keys of originals. */
export type FocalPoints = ReadonlyMap<string, FocalPoint>

/** The present focal points of a file. */
export interface FocalFile {
  /** Looks whether the file has changed: some microseconds. */
  readonly points: () => FocalPoints
}

const parse = (text: string): { readonly points: FocalPoints; readonly invalid: readonly string[] } => {
  const value: unknown = JSON.parse(text)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SyntaxError("Expected an object with a point for each key.")
  const points = new Map<string, FocalPoint>()
  const invalid: string[] = []
  for (const [key, point] of Object.entries(value)) {
    if (isFocalPoint(point)) points.set(key, point)
    else invalid.push(key)
  }
  return { points, invalid }
}

const stampOf = (path: string): string | undefined => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && `${stat.mtimeMs} ${stat.ctimeMs} ${stat.size} ${stat.ino}`
}

/**
 * Opens a file of focal points. It need not exist yet.
 * @param onNotice called with a sentence when it cannot be used
 */
export const openFocalFile = (path: string, onNotice: (text: string) => void): FocalFile => {
  let stamp: string | undefined = ""
  let points: FocalPoints = new Map()

  const reload = (): void => {
    try {
      const read = parse(readFileSync(path, "utf8"))
      points = read.points
      const [first] = read.invalid
      if (first !== undefined)
        onNotice(
          `${path}: Expected points like [0.4, 0.3], each number from 0 to 1. Skipped ${read.invalid.length}, such as that of ${JSON.stringify(first)}.`,
        )
    } catch (error) {
      onNotice(`${path} cannot be used, so focal points stay as they were: ${describeError(error)}`)
    }
  }

  return {
    points: () => {
      let now: string | undefined
      try {
        now = stampOf(path)
      } catch {
        // A folder that cannot be read: the points of before stay.
        return points
      }
      if (now === stamp) return points
      stamp = now
      if (now === undefined) points = new Map()
      else reload()
      return points
    },
  }
}
