/** Responsible for the question which original an object of a bucket is. Functions that events call use it, so that none purges a rendition. */
import { canBeOriginal, type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import { formatS3Url, parseS3Url, type S3Place } from "../store/s3/place.ts"
import { isSourceList } from "../store/sources.ts"
import type { FunctionState } from "./function-state.ts"
import type { ObjectChange } from "./object-events.ts"

/** True for a key under the location of renditions, if it is not that of the originals. */
const isRendition = ({ originals, renditions }: FunctionState["config"], bucket: string, key: string): boolean => {
  const place = typeof renditions === "string" && renditions !== originals ? parseS3Url(renditions) : undefined
  return place !== undefined && formatS3Url({ bucket, prefix: "" }, key).startsWith(formatS3Url(place))
}

/** Buckets with originals, and the prefix that their keys get. */
const bucketsOf = (
  originals: FunctionState["config"]["originals"],
): readonly { readonly prefix: string; readonly place: S3Place }[] => {
  const sources: readonly { readonly prefix: string; readonly location: unknown }[] = isSourceList(originals)
    ? originals
    : [{ prefix: "", location: originals }]
  return sources.flatMap(({ prefix, location }) => {
    const place = typeof location === "string" ? parseS3Url(location) : undefined
    return place ? [{ prefix, place }] : []
  })
}

/** The text that may be the key of an original; undefined for an object elsewhere. */
const keyIn = (originals: FunctionState["config"]["originals"], { bucket, key }: ObjectChange): string | undefined => {
  // Objects of a custom store are not known by their bucket.
  if (typeof originals !== "string" && !isSourceList(originals)) return key
  const found = bucketsOf(originals).find(({ place }) => place.bucket === bucket && key.startsWith(place.prefix))
  return found && found.prefix + key.slice(found.place.prefix.length)
}

/** The key of the original that an object is. Undefined for one elsewhere, for a rendition, and for a key that no original has. */
export const originalOf = ({ tailor, config }: FunctionState, change: ObjectChange): OriginalKey | undefined => {
  const text = keyIn(config.originals, change)
  const own = text === undefined ? undefined : toOriginalKey(text)
  if (own === undefined || !canBeOriginal(own, tailor.core.grammar)) return undefined
  return isRendition(config, change.bucket, change.key) ? undefined : own
}
