/** Responsible for the drafts that were tried, as values. */
import type { Picture } from "../lib/api-client.ts"

/** One tried draft. */
export interface Draft extends Pick<Picture, "byteLength" | "renderMs"> {
  /** Undefined for lossless formats. */
  readonly quality: number | undefined
  /** SSIM to the reference; undefined if they could not be compared. */
  readonly similarity: number | undefined
}

const MAX_DRAFTS = 8

/** Adds a draft. The last one of each quality stays, and the latest eight in all. */
export const withDraft = (
  drafts: readonly Draft[],
  { quality, similarity, byteLength, renderMs }: Draft,
): readonly Draft[] =>
  [...drafts.filter((draft) => draft.quality !== quality), { quality, similarity, byteLength, renderMs }].slice(
    -MAX_DRAFTS,
  )
