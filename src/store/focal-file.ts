/**
 * Responsible for the file with focal points: `{ "shop/mug.jpg": [0.4, 0.3] }`. It is read again as soon as it has changed, so that an
 * editor sees the new crop with the next request.
 *
 * Invariants:
 * - A file that cannot be read or parsed changes nothing: the previous points stay, and the operator gets a notice.
 */
import { readFileSync, statSync } from "node:fs"

import { describeError } from "../errors.ts"
import { type FocalPoints, parseFocalPoints } from "./focal-points.ts"

/** The present focal points of a file. */
export interface FocalFile {
  /** Looks whether the file has changed: some microseconds. */
  readonly points: () => FocalPoints
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
      points = parseFocalPoints(readFileSync(path, "utf8"), path, onNotice)
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
