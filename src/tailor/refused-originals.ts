/**
 * Responsible for remembering originals that were refused, so that a damaged upload is not read again for each request.
 *
 * Invariants:
 * - An error holds for the version of the original that it was found in, and at most as long as it says.
 * - Memory is bounded.
 */
import type { TailorError } from "../errors.ts"
import { createLru } from "../lru.ts"

/** An error that a version of an original will always meet, or until a time. */
interface Refused {
  readonly error: TailorError
  /** Milliseconds since 1970. */
  readonly untilMs: number
}

/** With its cause and their stacks, one takes about 10 kB. Forgetting it costs another read of its original. */
const MAX_REFUSALS = 1000

/** The originals that were refused. */
export interface RefusedOriginals {
  /** The error that this version of an original met before, if it still holds. */
  readonly refusedBefore: (original: string, version: string) => TailorError | undefined
  /** To be called with an error that this version of an original will meet again. */
  readonly onRefused: (original: string, version: string, error: TailorError) => void
}

/** @param clock milliseconds since 1970 */
export const createRefusedOriginals = (clock: () => number): RefusedOriginals => {
  const refusals = createLru<Refused>(MAX_REFUSALS)
  const nameOf = (original: string, version: string): string => `${original}\n${version}`
  return {
    refusedBefore: (original, version) => {
      const refused = refusals.get(nameOf(original, version))
      return refused && refused.untilMs > clock() ? refused.error : undefined
    },
    onRefused: (original, version, error) => {
      const untilMs = clock() + (error.rememberMs ?? Infinity)
      refusals.set(nameOf(original, version), { error, untilMs })
    },
  }
}
