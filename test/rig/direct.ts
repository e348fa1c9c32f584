/**
 * Responsible for the direct flow on one machine: nginx as CloudFront with the edge functions, versitygw as S3, and the packaged functions
 * under Lambda's emulator. Between them, servers of this process behave like the real services where emulators are kinder: signatures,
 * permissions, limits of concurrency and memory, renamed headers, late and repeated events, repeated requests.
 *
 * It cannot show cold starts, CloudFront's own caching and its limit of an edge function's time.
 */
import type { EventV2 } from "../../src/aws/events.ts"
import type { FaultyS3 } from "../support/faulty-s3.ts"
import { freePort } from "../support/free-port.ts"
import { findTool, needTools } from "../support/tools.ts"
import { type Identity, type S3Server, startVersitygw } from "../support/versitygw.ts"
import { createBuckets, hideMissing, ORIGINALS, RENDITIONS, type Users } from "./buckets.ts"
import { type Cdn, invalidationApi, startCdn } from "./cdn.ts"
import { type Emulator, type Env, startEmulator, TIMEOUT_SECONDS } from "./emulator.ts"
import { eventOf, type FunctionAnswer, functionUrl, type FunctionUrl } from "./function-url.ts"
import { imgtailor, packageAndUnpack } from "./functions.ts"
import { originAccess } from "./origin-access.ts"
import { buildRig, type Parts, type RigOptions, type RunningRig } from "./processes.ts"
import { createQueues, type SyncCall } from "./queues.ts"
import { REGION } from "./sigv4.ts"

const DISTRIBUTION = "E1RIG"

/** The code that is deployed: folders with the contents of zips, and the sources of the edge functions. */
export interface Deployment {
  readonly folders: Readonly<Record<"direct" | "sync", string>>
  readonly edges: Readonly<Record<"edge" | "edgeResponse", string>>
}

/** Options of the direct rig. */
export interface DirectRigOptions extends RigOptions {
  /** Number of caches of the CDN, each with its own URL. @default 1 */
  readonly places?: number
  /** Reserved concurrency of the renderer. @default 10 */
  readonly concurrency?: number
  /** Whether the function's URL streams. @default true */
  readonly isStreaming?: boolean
  /** The longest delay of an event. @default 200 */
  readonly eventDelayMs?: number
  /** Delay of the second pass of events. @default longer than the longest render */
  readonly secondPassMs?: number
  /** The Node that runs the functions. @default Node 24 if it is installed, else this one */
  readonly node?: string
  /** The deployment of another rig with the same list, which has to be stopped later. @default a new one */
  readonly deployment?: Deployment
}

interface DirectParts {
  readonly url: string
  /** The URL of each place of the CDN. */
  readonly urls: readonly string[]
  readonly deployment: Deployment
  /** Its buckets are `originals` and `renditions`. */
  readonly s3: S3Server
  /** Between the CDN's signature and the bucket. */
  readonly origin: FaultyS3
  /** Between functions and S3. */
  readonly functionS3: FaultyS3
  /** Calls the renderer, without the CDN. */
  readonly call: (event: EventV2) => Promise<FunctionAnswer>
  /** URL of the renderer, which only CloudFront may call. */
  readonly functionUrl: string
  /** Signs requests as CloudFront does, and sends them to the renderer. */
  readonly signedFunctionUrl: string
  /** Paths of the renderer's calls since the last time. */
  readonly takeCalls: () => readonly string[]
  /** The log of the renderer. */
  readonly log: () => Promise<string>
  /** Results of the function that deletes since the last time. */
  readonly takeSyncs: () => readonly SyncCall[]
  /** Paths of each invalidation since the last time. */
  readonly takeInvalidations: () => readonly (readonly string[])[]
  /** Empties the caches of all places. */
  readonly emptyCaches: () => Promise<void>
}

/** A running direct rig. */
export type DirectRig = DirectParts & RunningRig

const SIZES = ["360x270", "480h", "1280w"]
/** Before the function's time-out, as in the stack. */
const DEADLINE_MS = (TIMEOUT_SECONDS - 10) * 1000
/** After the function's time-out, nothing is stored that it rendered. */
const SECOND_PASS_MS = (TIMEOUT_SECONDS + 2) * 1000
/** Longer than the function's time-out, as in the stack. */
const READ_TIMEOUT_MS = 2 * TIMEOUT_SECONDS * 1000

/** Environment variables of the functions, as the stack has them. */
const variablesOf = (
  { sizes = SIZES, formats, isStreaming = true }: DirectRigOptions,
  s3Url: string,
  cloudFrontUrl: string,
): Env => ({
  IMGTAILOR_ORIGINALS: `s3://${ORIGINALS}`,
  IMGTAILOR_RENDITIONS: `s3://${RENDITIONS}`,
  IMGTAILOR_SIZES: sizes.join(","),
  ...(formats && { IMGTAILOR_FORMATS: formats.join(",") }),
  IMGTAILOR_STREAMING: String(isStreaming),
  IMGTAILOR_DEADLINE_MS: String(DEADLINE_MS),
  IMGTAILOR_S3_ENDPOINT: s3Url,
  IMGTAILOR_DISTRIBUTION: DISTRIBUTION,
  AWS_ENDPOINT_URL_CLOUDFRONT: cloudFrontUrl,
})

const deploy = async (parts: Parts, { sizes = SIZES, formats }: DirectRigOptions): Promise<Deployment> => {
  const list = ["--sizes", sizes.join(","), ...(formats ? ["--formats", formats.join(",")] : [])]
  const [direct, sync, edge, edgeResponse] = await Promise.all([
    packageAndUnpack(parts, "direct"),
    packageAndUnpack(parts, "sync"),
    imgtailor(parts, ["edge", ...list]),
    imgtailor(parts, ["edge", "--response"]),
  ])
  return { folders: { direct, sync }, edges: { edge, edgeResponse } }
}

interface Functions {
  readonly renderer: FunctionUrl
  readonly sync: Emulator
}

/** One environment of each function, which has answered once. */
const startFunctions = async (
  parts: Parts,
  { folders }: Deployment,
  users: Users,
  env: Env,
  options: DirectRigOptions,
): Promise<Functions> => {
  const node = options.node ?? findTool("node24") ?? process.execPath
  const start = (mode: "direct" | "sync", { accessKeyId, secretAccessKey }: Identity): Promise<Emulator> => {
    const role = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    return startEmulator(parts, { folder: folders[mode], node, env: { ...env, ...role } })
  }
  const [first, sync] = await Promise.all([start("direct", users.renderer), start("sync", users.sync)])
  await Promise.all([first.invoke(eventOf("/healthz")), sync.invoke({})])
  const renderer = functionUrl({
    environments: [first],
    concurrency: options.concurrency ?? 10,
    start: () => start("direct", users.renderer),
    caller: users.cloudFront,
  })
  return { renderer, sync }
}

const build = async (parts: Parts, options: DirectRigOptions): Promise<DirectParts> => {
  // Reports every missing program at once.
  needTools("nginx", "versitygw", "aws-lambda-rie")
  const { eventDelayMs = 200, secondPassMs = SECOND_PASS_MS, places = 1 } = options
  const cdns: Cdn[] = []
  const invalidations = invalidationApi(cdns)
  const queues = createQueues({ delayMs: eventDelayMs, secondPassMs })
  const [api, events] = [await parts.listen(invalidations.listener), await parts.listen(queues.listener)]
  const s3 = await parts.use(startVersitygw({ eventsUrl: events.url }))
  const [origin, functionS3] = [await hideMissing(parts, s3), await hideMissing(parts, s3)]
  const [users, deployment] = await Promise.all([
    createBuckets(s3, options.originals, options.sizes ?? SIZES),
    options.deployment ?? deploy(parts, options),
  ])

  const env = variablesOf(options, functionS3.endpoint, api.url)
  const { renderer, sync } = await startFunctions(parts, deployment, users, env, options)
  queues.open(sync)
  const { url: rendererUrl } = await parts.listen(renderer.listener)
  const access = { identity: users.cloudFront, readTimeoutMs: READ_TIMEOUT_MS }
  const bucket = await parts.listen(originAccess({ ...access, url: origin.endpoint, service: "s3" }))
  const lambda = await parts.listen(originAccess({ ...access, url: rendererUrl, service: "lambda" }))
  const origins = { ...deployment.edges, bucketUrl: `${bucket.url}/${RENDITIONS}`, functionUrl: lambda.url }
  // The place with the known port starts last: when it is up, everything is.
  for (let place = places; place > 0; place--) {
    const port = place > 1 ? 0 : (options.port ?? 0)
    cdns.unshift(await startCdn(parts, { ...origins, port: port || (await freePort()) }))
  }

  const urls = cdns.map(({ url }) => url)
  return {
    url: urls[0] ?? "",
    urls,
    deployment,
    s3,
    origin,
    functionS3,
    call: renderer.call,
    functionUrl: rendererUrl,
    signedFunctionUrl: lambda.url,
    takeCalls: renderer.takeCalls,
    log: renderer.log,
    takeSyncs: queues.take,
    takeInvalidations: invalidations.take,
    emptyCaches: async () => void (await Promise.all(cdns.map(({ invalidate }) => invalidate()))),
  }
}

/** Starts a rig with empty caches. The caller stops it. */
export const startDirectRig = (options: DirectRigOptions): Promise<DirectRig> =>
  buildRig((parts) => build(parts, options), options.signal)
