/** Responsible for what earlier requests showed of originals and renditions: lengths, and times of renders. */
import type { RequestReport } from "../hooks.ts"
import { createLru } from "../lru.ts"
import type { Originals } from "../store/store.ts"

/** See the functions. */
export interface Memory {
  readonly observe: (report: RequestReport) => void
  /** Length of an original in bytes; undefined if it is not known without waiting. */
  readonly byteLengthOf: (original: string) => number | undefined
  /** Time of the latest render of a rendition in ms. */
  readonly renderMsOf: (original: string, size: string, format: string | undefined) => number | undefined
}

const MAX_LENGTHS = 20_000
const MAX_TIMES = 5000

/** Creates an empty memory. */
export const createMemory = ({ headSync }: Pick<Originals, "headSync">): Memory => {
  const lengths = createLru<{ readonly byteLength: number | undefined }>(MAX_LENGTHS)
  const times = createLru<{ readonly renderMs: number }>(MAX_TIMES)
  const nameOf = (original: string, size: string, format: string | undefined): string =>
    `${original}\n${size}\n${format ?? ""}`
  return {
    observe: ({ outcome, original, size, format, originalInfo, timings }) => {
      if (outcome !== "miss" || original === undefined || size === undefined) return
      if (originalInfo) lengths.set(original, { byteLength: originalInfo.byteLength })
      if (timings.render !== undefined) times.set(nameOf(original, size, format), { renderMs: timings.render })
    },
    byteLengthOf: (original) => {
      const known = lengths.get(original)
      if (known) return known.byteLength
      const byteLength = headSync?.(original)?.byteLength
      lengths.set(original, { byteLength })
      return byteLength
    },
    renderMsOf: (original, size, format) => times.get(nameOf(original, size, format))?.renderMs,
  }
}
