/**
 * The direct flow on one machine, each part a real program where there is one: nginx as CloudFront with the edge function, versitygw as S3,
 * and the packaged functions under Lambda's emulator, called as their URL and S3's events would. What it cannot show is what only Amazon
 * has: origin access control, the time of a cold start, CloudFront's own caching.
 */
import type { EventV2 } from "../../src/aws/events.ts"
import type { FaultyS3 } from "../support/faulty-s3.ts"
import { findTool, needTools } from "../support/tools.ts"
import { freePort, type S3Server, startVersitygw } from "../support/versitygw.ts"
import { furnish, hide, ORIGINALS, RENDITIONS } from "./buckets.ts"
import { type Cdn, invalidationApi, startCdn } from "./cdn.ts"
import { type FunctionAnswer, functionUrl, TIMEOUT_SECONDS } from "./function-url.ts"
import { createNotifier, type Env, imgtailor, startFunctions, type SyncCall, unpack } from "./functions.ts"
import { type Built, buildRig, type Parts, type RigOptions } from "./processes.ts"

const DISTRIBUTION = "E1RIG"

/** What is deployed: the functions' zips, unpacked, and the sources of those at the edge. */
export interface Made {
  readonly folders: Readonly<Record<"direct" | "sync", string>>
  readonly edges: Readonly<Record<"edge" | "edgeResponse", string>>
}

export interface DirectRigOptions extends RigOptions {
  /** How many places the CDN has. @default 1 */
  readonly places?: number
  /** Whether the function's URL streams. @default true */
  readonly streams?: boolean
  /** How long after a change sync is called once more. @default the longest that a render can take, and some */
  readonly secondPassMs?: number
  /** The Node that runs the functions. @default Node 24 where it is installed, else this one */
  readonly node?: string
  /** What another rig deployed, which has the same list and lives longer. @default it is made */
  readonly made?: Made
}

interface Direct {
  readonly url: string
  /** Of each place of the CDN. */
  readonly urls: readonly string[]
  readonly made: Made
  /** Its buckets are `originals` and `renditions`. */
  readonly s3: S3Server
  /** Between CDN and bucket. */
  readonly origin: FaultyS3
  /** Between functions and S3. */
  readonly functionS3: FaultyS3
  /** Calls the function that renders, past the CDN. */
  readonly call: (event: EventV2) => Promise<FunctionAnswer>
  /** Paths that it was called with since this was last asked. */
  readonly takeCalls: () => readonly string[]
  /** What sync did since this was last asked. */
  readonly takeSyncs: () => readonly SyncCall[]
  /** Paths of each invalidation since this was last asked. */
  readonly takeInvalidations: () => readonly (readonly string[])[]
  /** Empties every place's cache. */
  readonly forget: () => Promise<void>
}

export type DirectRig = Direct & Built

const SIZES = ["360x270", "480h", "1280w"]
/** Before the function's time-out, and before the CDN waits no longer. */
const DEADLINE_MS = (TIMEOUT_SECONDS - 10) * 1000
/** After the function's time-out nothing can be stored any more of what it read before. */
const LONGEST_RENDER_MS = (TIMEOUT_SECONDS + 2) * 1000

/** The functions' settings, as the stack would put them into their environment. */
const settingsOf = (
  { sizes = SIZES, formats, streams = true }: DirectRigOptions,
  s3Url: string,
  cloudFrontUrl: string,
): Env => ({
  IMGTAILOR_ORIGINALS: `s3://${ORIGINALS}`,
  IMGTAILOR_RENDITIONS: `s3://${RENDITIONS}`,
  IMGTAILOR_SIZES: sizes.join(","),
  ...(formats && { IMGTAILOR_FORMATS: formats.join(",") }),
  IMGTAILOR_STREAMING: String(streams),
  IMGTAILOR_DEADLINE_MS: String(DEADLINE_MS),
  IMGTAILOR_S3_ENDPOINT: s3Url,
  IMGTAILOR_DISTRIBUTION: DISTRIBUTION,
  AWS_ENDPOINT_URL_CLOUDFRONT: cloudFrontUrl,
})

const make = async (parts: Parts, { sizes = SIZES, formats }: DirectRigOptions): Promise<Made> => {
  const list = ["--sizes", sizes.join(","), ...(formats ? ["--formats", formats.join(",")] : [])]
  const [direct, sync, edge, edgeResponse] = await Promise.all([
    unpack(parts, "direct"),
    unpack(parts, "sync"),
    imgtailor(parts, ["edge", ...list]),
    imgtailor(parts, ["edge", "--response"]),
  ])
  return { folders: { direct, sync }, edges: { edge, edgeResponse } }
}

const build = async (parts: Parts, options: DirectRigOptions): Promise<Direct> => {
  // All that is missing is said at once.
  needTools("nginx", "versitygw", "aws-lambda-rie")
  const cdns: Cdn[] = []
  const invalidations = invalidationApi(cdns)
  const notifier = createNotifier(options.secondPassMs ?? LONGEST_RENDER_MS)
  const [api, events] = [await parts.listen(invalidations.listener), await parts.listen(notifier.listener)]
  const s3 = await parts.use(startVersitygw({ eventsUrl: events.url }))
  const [origin, functionS3] = [await hide(parts, s3), await hide(parts, s3)]
  const [users, made] = await Promise.all([
    furnish(s3, options.originals, options.sizes ?? SIZES),
    options.made ?? make(parts, options),
  ])

  const node = options.node ?? findTool("node24") ?? process.execPath
  const env = settingsOf(options, functionS3.endpoint, api.url)
  const { renderers, sync } = await startFunctions(parts, { folders: made.folders, users, node, env })
  notifier.open(sync)
  const { listener, call, takeCalls } = functionUrl(renderers)
  const { url: renderUrl } = await parts.listen(listener)
  const origins = { ...made.edges, bucketUrl: `${origin.endpoint}/${RENDITIONS}`, functionUrl: renderUrl }
  // The one that is known goes last: whoever sees it sees all.
  for (let place = options.places ?? 1; place > 0; place--) {
    const port = place > 1 ? 0 : (options.port ?? 0)
    cdns.unshift(await startCdn(parts, { ...origins, port: port || (await freePort()) }))
  }

  const urls = cdns.map(({ url }) => url)
  return {
    url: urls[0] ?? "",
    urls,
    made,
    s3,
    origin,
    functionS3,
    call,
    takeCalls,
    takeSyncs: notifier.take,
    takeInvalidations: invalidations.take,
    forget: async () => void (await Promise.all(cdns.map(({ forget }) => forget()))),
  }
}

/** Starts one, with empty buckets and caches; visitors are let in when everything answers. Whoever starts it stops it. */
export const startDirectRig = (options: DirectRigOptions): Promise<DirectRig> =>
  buildRig((parts) => build(parts, options), options.signal)
