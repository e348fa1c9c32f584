/** Which original an object of a bucket is. Everything that is called about objects asks here, so that none takes a rendition for one. */
import { canBeOriginal, type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import { formatS3Url, parseS3Url } from "../store/s3/place.ts"
import type { FunctionState } from "./function.ts"
import type { ObjectChange } from "./object-events.ts"

/** True for a key in the place of the renditions, where that is another one. */
const isRendition = ({ originals, renditions }: FunctionState["config"], bucket: string, key: string): boolean => {
  const place = typeof renditions === "string" && renditions !== originals ? parseS3Url(renditions) : undefined
  return place !== undefined && formatS3Url({ bucket, prefix: "" }, key).startsWith(formatS3Url(place))
}

/** The original that an object is; undefined in another place, for what can be none, and for our own renditions. */
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
