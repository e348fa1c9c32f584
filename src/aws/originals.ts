/** Responsible for the question which original an object of a bucket is. Functions that events call use it, so that none purges a rendition. */
import { canBeOriginal, type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import { formatS3Url, parseS3Url } from "../store/s3/place.ts"
import type { FunctionState } from "./function-state.ts"
import type { ObjectChange } from "./object-events.ts"

/** True for a key under the location of renditions, if it is not that of the originals. */
const isRendition = ({ originals, renditions }: FunctionState["config"], bucket: string, key: string): boolean => {
  const place = typeof renditions === "string" && renditions !== originals ? parseS3Url(renditions) : undefined
  return place !== undefined && formatS3Url({ bucket, prefix: "" }, key).startsWith(formatS3Url(place))
}

/** The key of the original that an object is. Undefined for one elsewhere, for a rendition, and for a key that no original has. */
export const originalOf = (
  { tailor, config }: FunctionState,
  { bucket, key }: ObjectChange,
): OriginalKey | undefined => {
  const place = typeof config.originals === "string" ? parseS3Url(config.originals) : undefined
  if (place && (place.bucket !== bucket || !key.startsWith(place.prefix))) return undefined
  const own = toOriginalKey(key.slice(place?.prefix.length ?? 0))
  if (own === undefined || !canBeOriginal(own, tailor.core.grammar)) return undefined
  return isRendition(config, bucket, key) ? undefined : own
}
