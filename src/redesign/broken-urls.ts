/** Responsible for the URLs of pages that a new list would reject. */
import { INFO, isSizeSegment, type SizeList, sizeNamed } from "../sizes/list.ts"
import type { OwnRequest } from "./own-requests.ts"

/** Requests for a size that the new list does not have. */
export interface BrokenSize {
  readonly name: string
  readonly count: number
  /** One URL path. */
  readonly example: string
}

/** Counts requests that a new list rejects. */
export interface BrokenUrls {
  readonly add: (request: OwnRequest) => void
  /** Most requested first. */
  readonly sizes: () => readonly BrokenSize[]
}

/** Names that are counted. Logs also have those of attackers. */
const MAX_NAMES = 1000

/** @param before sizes that are answered now: requests for others are rejected already */
export const createBrokenUrls = (before: SizeList, after: SizeList): BrokenUrls => {
  const found = new Map<string, { count: number; readonly example: string }>()
  return {
    add: ({ size, target }) => {
      if (size === INFO || !isSizeSegment(size) || !sizeNamed(size, before) || sizeNamed(size, after)) return
      const known = found.get(size)
      if (known) known.count += 1
      else if (found.size < MAX_NAMES) found.set(size, { count: 1, example: target })
    },
    sizes: () =>
      Array.from(found, ([name, { count, example }]) => ({ name, count, example })).toSorted(
        (a, b) => b.count - a.count,
      ),
  }
}
