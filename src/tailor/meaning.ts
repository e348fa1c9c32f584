/** Responsible for the original that a key means: of its readings, the first whose original exists. */
import { originalNotFound, rejectedUrl, type TailorError } from "../errors.ts"
import type { Parsed } from "../sizes/key.ts"
import type { HeadOptions, Originals } from "../store/store.ts"
import { type Existing, findExisting } from "./freshness.ts"

/** The error for a key none of whose originals exists. */
export const absentError = ({ readings: [{ original }], otherwise }: Parsed): TailorError =>
  otherwise ? rejectedUrl(otherwise) : originalNotFound(original)

/** A key and its present meaning. */
export interface Meaning {
  readonly parsed: Parsed
  /** Undefined if none of its originals exists. */
  readonly existing: Existing | undefined
}

/** The present meaning of a key; the last alternative if no original of any exists. */
export const findMeaning = async (originals: Originals, parsed: Parsed, options: HeadOptions): Promise<Meaning> => {
  const existing = await findExisting(originals, parsed.readings, options)
  return existing || !parsed.alternative ? { parsed, existing } : findMeaning(originals, parsed.alternative, options)
}
