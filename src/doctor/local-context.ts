/** Responsible for the subject of local checks: a configuration with its stores and its renderer, and the machine. */
import type { OpenTailor } from "../create-tailor.ts"
import { imageKeyOf, type OriginalKey } from "../sizes/key.ts"
import { asFolder, asRemoteUrl } from "../store/registry.ts"
import { type Bucket, openBucket } from "../store/s3/bucket.ts"
import { parseS3Url } from "../store/s3/place.ts"
import { isSourceList } from "../store/sources.ts"
import type { System } from "./system.ts"

/** Originals to look at. */
export interface Sample {
  readonly keys: readonly OriginalKey[]
  /** Sentences about folders that cannot be listed. */
  readonly skipped: readonly string[]
}

/** The subject of local checks. */
export interface LocalContext {
  readonly tailor: OpenTailor
  readonly system: System
  /** Folder of the originals, if they are in one. */
  readonly originalsFolder: string | undefined
  /** Folder of the renditions, if they are in one. */
  readonly renditionsFolder: string | undefined
  /** Bucket of the originals, if they are in one. */
  readonly originalsBucket: (() => Bucket) | undefined
  /** Bucket of the renditions, if they are in one. */
  readonly renditionsBucket: (() => Bucket) | undefined
  /** Some originals, listed once for all checks. */
  readonly sample: () => Promise<Sample>
  /** Text of nginx's configuration, to be compared with the list. */
  readonly nginxText?: string | undefined
}

/** Keys that are looked at. */
const MAX_LISTED = 5000
/** Originals that are kept, spread over the listed ones. */
const MAX_SAMPLE = 12

const takeSample = async ({ originals, core }: OpenTailor): Promise<Sample> => {
  const found: OriginalKey[] = []
  const skipped: string[] = []
  let listed = 0
  for await (const text of originals.list("", { onSkip: (message) => skipped.push(message) })) {
    const key = imageKeyOf(text, core.grammar)
    if (key !== undefined) found.push(key)
    listed += 1
    if (listed === MAX_LISTED) break
  }
  const step = Math.max(1, found.length / MAX_SAMPLE)
  const keys = Array.from({ length: Math.min(found.length, MAX_SAMPLE) }, (_, at) => found[Math.floor(at * step)])
  return { keys: keys.filter((key) => key !== undefined), skipped }
}

const bucketOf = (location: unknown, { config }: OpenTailor): (() => Bucket) | undefined => {
  const place = parseS3Url(asRemoteUrl(location) ?? "")
  if (!place) return undefined
  const { s3Endpoint, s3Region, s3PathStyle } = config.s3
  let bucket: Bucket | undefined
  return () => (bucket ??= openBucket({ ...place, endpoint: s3Endpoint, region: s3Region, pathStyle: s3PathStyle }))
}

/** The only location of the originals; undefined where there are several. */
const locationOf = ({ config: { originals } }: OpenTailor): unknown => {
  if (!isSourceList(originals)) return originals
  return originals.length === 1 ? originals[0]?.location : undefined
}

/** The subject of local checks, for a tailor. */
export const localContext = (
  tailor: OpenTailor,
  system: System,
  { nginxText }: Pick<LocalContext, "nginxText"> = {},
): LocalContext => {
  let sample: Promise<Sample> | undefined
  const originals = locationOf(tailor)
  return {
    tailor,
    system,
    nginxText,
    originalsFolder: asFolder(originals),
    renditionsFolder: asFolder(tailor.config.renditions),
    originalsBucket: bucketOf(originals, tailor),
    renditionsBucket: bucketOf(tailor.config.renditions, tailor),
    sample: () => (sample ??= takeSample(tailor)),
  }
}
