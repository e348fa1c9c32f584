/**
 * Responsible for the redirect flow on one machine, with the files of examples/aws: nginx as CloudFront (redirect-cdn.ts), s3rver as the website endpoint of
 * the bucket, and serverless-offline as API Gateway and Lambda, which unpacks the zip of the function and calls it in a thread.
 *
 * The bucket policy decides which objects visitors get. It cannot show how S3 encodes a key in a redirect, CloudFront's own caching, the
 * permissions of the function, and Lambda's limits.
 */
import { realpathSync } from "node:fs"
import { copyFile, cp, readFile, symlink, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

import { publicStatements } from "../../src/aws/stack/policies.ts"
import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { encodeKey } from "../../src/sizes/key.ts"
import { freePort } from "../support/free-port.ts"
import { needTools } from "../support/tools.ts"
import { packageInto } from "./functions.ts"
import { type Put, uploadFolder } from "./originals.ts"
import { answers, buildRig, type Parts, type RigOptions, type RunningRig } from "./processes.ts"
import { startRedirectCdn } from "./redirect-cdn.ts"

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url))
const EXAMPLES = join(PACKAGE, "examples", "aws")
const ZIP = "imgtailor-redirect.zip"
const BUCKET = "shop-photos"
/** The sizes of examples/aws. */
const SIZES = ["360x270", "480h", "1280w"]
/** The only credentials that s3rver accepts. */
const KEY = "S3RVER"

/** The kind of API Gateway in front of the function, which decides its events. */
export type Api = "http" | "rest"

/** Options of the redirect rig. */
export interface RedirectRigOptions extends RigOptions {
  /** @default http, as in examples/aws */
  readonly api?: Api
  /** A zip of the function for this machine. @default a new one, which takes some seconds */
  readonly zip?: string
  /** Status of the website endpoint for a missing object. @default 404 */
  readonly missing?: 403 | 404
  /** Credentials of the function: those of its role, or of a user in `AWS_KEY` and `AWS_SECRET`. @default role */
  readonly identity?: "role" | "user"
}

interface RedirectParts {
  readonly url: string
  /** URL of the function, without a query. */
  readonly resizerUrl: string
  /** The zip of the function, for another rig. */
  readonly zip: string
  readonly put: Put
  readonly get: (key: string) => Promise<Response>
  /** URL of the bucket, which accepts objects in requests with the header `x-amz-rig: bucket`. */
  readonly bucketUrl: string
  /** Access key of the bucket, which is its own secret. */
  readonly accessKey: string
  /** Starts another CDN, which caches responses without `Cache-Control` for some time. @returns its URL */
  readonly addCdn: (defaultSeconds: number) => Promise<string>
  /** The output of the function and of serverless-offline. */
  readonly log: () => string
}

/** A running redirect rig. */
export type RedirectRig = RedirectParts & RunningRig

/** Replaces parts of an example. @throws {Error} it does not contain one of them */
const adapt = (text: string, replacements: Readonly<Record<string, string>>): string => {
  let adapted = text
  for (const [part, replacement] of Object.entries(replacements)) {
    if (!adapted.includes(part)) throw new Error(`Expected this in an example for AWS: ${part}`)
    adapted = adapted.replaceAll(part, () => replacement)
  }
  return adapted
}

const example = (name: string): Promise<string> => readFile(join(EXAMPLES, name), "utf8")

interface Bucket {
  readonly port: number
  readonly put: Put
  readonly get: RedirectParts["get"]
}

interface Website {
  readonly xml: string
  readonly missing: 403 | 404
  /** Patterns of the objects that visitors get. */
  readonly publicArns: readonly string[]
}

const startBucket = async ({ folder, start }: Parts, website: Website): Promise<Bucket> => {
  const { s3rver } = needTools("s3rver")
  const xml = join(folder, "website.xml")
  await writeFile(xml, website.xml)
  const port = await freePort()
  const program = fileURLToPath(new URL("website.mjs", import.meta.url))
  const endpoint = `http://127.0.0.1:${port}`
  const rules = [xml, String(website.missing), JSON.stringify(website.publicArns)]
  const args = [program, s3rver, join(folder, "bucket"), String(port), BUCKET, ...rules]
  await start(process.execPath, args, { isUp: () => answers(endpoint) })
  // With any header of Amazon, s3rver treats a request as one to the bucket instead of the website.
  const headers = { "x-amz-rig": "bucket" }
  const urlOf = (key: string): string => `${endpoint}/${BUCKET}/${encodeKey(key)}`
  const put: Put = async (key, body, type) => {
    const init = { method: "PUT", headers: { ...headers, "content-type": type }, body: Buffer.from(body) }
    const response = await fetch(urlOf(key), init)
    if (!response.ok) throw new Error(`${key} was not stored: ${response.status} ${await response.text()}`)
  }
  return { port, put, get: (key) => fetch(urlOf(key), { headers }) }
}

/** A REST API needs it for responses that are not text. */
const BINARY = `  apiGateway:\n    binaryMediaTypes: ["*/*"]\n`

/** serverless.yml with settings of the rig. */
const serviceOf = async (
  settings: Readonly<Record<string, string>>,
  sizes: readonly string[],
  api: Api,
): Promise<string> => {
  // The originals of tests include names that begin with a dot, which are excluded by default.
  const variables = { IMGTAILOR_EXCLUDE: "!**/.*", ...settings }
  const lines = Object.entries(variables).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}\n`)
  const rest = { "- httpApi: GET /resizer": "- http: GET /resizer", "provider:\n": `provider:\n${BINARY}` }
  const service = adapt(await example("serverless.yml"), {
    "    CDN_URL: https://images.example.com\n": lines.join(""),
    [`SIZES: ${SIZES.join(",")}`]: `SIZES: ${sizes.join(",")}`,
    ...(api === "rest" && rest),
  })
  return `${service}\nplugins:\n  - serverless-offline\n`
}

/** Starts serverless-offline with the service of a folder. @returns its output */
const startApi = async ({ start }: Parts, cwd: string, port: number, key: string): Promise<() => string> => {
  const { osls } = needTools("osls")
  // osls looks for plugins beside the service; npm installed this one beside osls.
  await symlink(resolve(realpathSync(osls), "../../.."), join(cwd, "node_modules"))
  const ports = ["--httpPort", String(port), "--lambdaPort", String(await freePort())]
  const preload = ["--import", new URL("raw-query.mjs", import.meta.url).href]
  const program = await start(
    process.execPath,
    [...preload, osls, "offline", "--host", "127.0.0.1", ...ports, "--noSponsor"],
    {
      cwd,
      env: { AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: key },
      isUp: () => answers(`http://127.0.0.1:${port}/`),
    },
  )
  return program.log
}

/** The objects that examples/aws/bucket-policy.json makes public, with other sizes. */
const publicArnsOf = (sizes: readonly string[]): readonly string[] => {
  const place = { originals: `s3://${BUCKET}`, renditions: `s3://${BUCKET}`, sharedStore: true, s3Region: "us-east-1" }
  const { grammar } = resolveConfig({ ...place, sizes }, environment())
  return publicStatements(`arn:aws:s3:::${BUCKET}/`, grammar).flatMap(({ Resource }) => Resource as readonly string[])
}

const build = async (parts: Parts, options: RedirectRigOptions): Promise<RedirectParts> => {
  // Reports every missing program at once.
  needTools("nginx", "osls", "s3rver")
  const { api = "http", identity = "role", missing = 404, sizes = SIZES } = options
  const service = join(parts.folder, "service")
  await cp(EXAMPLES, service, { recursive: true })
  const zip = join(service, ZIP)
  const packaged = options.zip ? copyFile(options.zip, zip) : packageInto(parts, "redirect", service)
  const apiPort = await freePort()
  const cdnPort = options.port || (await freePort())
  const route = api === "rest" ? "prod/resizer" : "resizer"
  const website = adapt(await example("website.xml"), {
    "<Protocol>https<": "<Protocol>http<",
    ">abcde12345.execute-api.eu-central-1.amazonaws.com<": `>127.0.0.1:${apiPort}<`,
    ">resizer?key=<": `>${route}?key=<`,
  })
  const publicArns = publicArnsOf(sizes)
  const [bucket] = await Promise.all([startBucket(parts, { xml: website, missing, publicArns }), packaged])
  await uploadFolder(options.originals, bucket.put)
  const settings = {
    CDN_URL: `http://127.0.0.1:${cdnPort}`,
    IMGTAILOR_S3_ENDPOINT: `http://127.0.0.1:${bucket.port}`,
    ...(options.formats && { IMGTAILOR_FORMATS: options.formats.join(",") }),
    ...(identity === "user" && { AWS_KEY: KEY, AWS_SECRET: KEY }),
  }
  await writeFile(join(service, "serverless.yml"), await serviceOf(settings, sizes, api))
  const log = await startApi(parts, service, apiPort, identity === "role" ? KEY : "a role without permissions")
  const origin = { originPort: bucket.port, originHost: `${BUCKET}.s3-website.localhost` }
  const url = await startRedirectCdn(parts, { ...origin, name: "cdn", port: cdnPort })
  const addCdn = async (defaultSeconds: number): Promise<string> => {
    const port = await freePort()
    return startRedirectCdn(parts, { ...origin, name: `cdn-${port}`, port, defaultSeconds })
  }
  return {
    url,
    resizerUrl: `http://127.0.0.1:${apiPort}/${route}`,
    zip,
    put: bucket.put,
    get: bucket.get,
    bucketUrl: `http://127.0.0.1:${bucket.port}/${BUCKET}`,
    accessKey: KEY,
    addCdn,
    log,
  }
}

/** Starts a rig with an empty cache. The caller stops it. */
export const startRedirectRig = (options: RedirectRigOptions): Promise<RedirectRig> =>
  buildRig((parts) => build(parts, options), options.signal)
