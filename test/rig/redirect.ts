/**
 * Responsible for the redirect flow on one machine, with the files of examples/aws: nginx as CloudFront, s3rver as the website endpoint of
 * the bucket, and serverless-offline as API Gateway and Lambda, which unpacks the zip of the function and calls it in a thread.
 *
 * It cannot show how S3 encodes a key in a redirect, CloudFront's own caching, permissions, and Lambda's limits.
 */
import { realpathSync } from "node:fs"
import { copyFile, cp, readFile, symlink, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

import { encodeKey } from "../../src/sizes/key.ts"
import { needTools } from "../support/tools.ts"
import { freePort } from "../support/versitygw.ts"
import { packageInto } from "./functions.ts"
import { type Put, uploadFolder } from "./originals.ts"
import { answers, buildRig, type Parts, type RigOptions, type RunningRig } from "./processes.ts"

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url))
const EXAMPLES = join(PACKAGE, "examples", "aws")
const ZIP = "imgtailor-redirect.zip"
const BUCKET = "shop-photos"
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

const startBucket = async ({ folder, start }: Parts, website: string, missing: 403 | 404): Promise<Bucket> => {
  const { s3rver } = needTools("s3rver")
  const xml = join(folder, "website.xml")
  await writeFile(xml, website)
  const port = await freePort()
  const program = fileURLToPath(new URL("website.mjs", import.meta.url))
  const endpoint = `http://127.0.0.1:${port}`
  const args = [program, s3rver, join(folder, "bucket"), String(port), BUCKET, xml, String(missing)]
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
const serviceOf = async (environment: Readonly<Record<string, string>>, sizes: string, api: Api): Promise<string> => {
  const [CDN, SIZES] = ["    CDN_URL: https://images.example.com\n", "SIZES: 360x270,480h,1280w"]
  // The originals of tests include names that begin with a dot, which are excluded by default.
  const variables = { IMGTAILOR_EXCLUDE: "!**/.*", ...environment }
  const lines = Object.entries(variables).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}\n`)
  const rest = { "- httpApi: GET /resizer": "- http: GET /resizer", "provider:\n": `provider:\n${BINARY}` }
  const service = adapt(await example("serverless.yml"), {
    [CDN]: lines.join(""),
    [SIZES]: sizes === "" ? SIZES : `SIZES: ${sizes}`,
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

interface Behaviour {
  readonly DefaultTTL: number
  readonly errors: readonly { readonly ErrorCode: number; readonly ErrorCachingMinTTL: number }[]
}

const behaviourOf = async (): Promise<Behaviour> => {
  const { Resources } = JSON.parse(await example("cloudfront.json"))
  const { DefaultTTL } = Resources.CacheOnlyWithCacheControl.Properties.CachePolicyConfig
  return { DefaultTTL, errors: Resources.Images.Properties.DistributionConfig.CustomErrorResponses }
}

/** Starts nginx as CloudFront: the cache key is the path, and nothing else of a request reaches the origin. */
const startCdn = async (
  { folder, start }: Parts,
  [port, originPort]: readonly [number, number],
  name: string,
  defaultSeconds?: number,
): Promise<string> => {
  const { nginx } = needTools("nginx")
  const { DefaultTTL, errors } = await behaviourOf()
  const times: readonly (readonly [string, number])[] = [
    ["200 301 302 307", defaultSeconds ?? DefaultTTL],
    ...errors.map(({ ErrorCode, ErrorCachingMinTTL }) => [String(ErrorCode), ErrorCachingMinTTL] as const),
  ]
  const valid = times.filter(([, time]) => time > 0).map(([codes, time]) => `proxy_cache_valid ${codes} ${time}s;`)
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  const conf = `
    daemon off;
    master_process off;
    pid ${folder}/${name}.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${temporary.map((part) => `${part}_temp_path ${folder}/${name}-${part};`).join("\n      ")}
      proxy_cache_path ${folder}/${name} keys_zone=cdn:1m;
      map $request_uri $path { ~^([^?]*) $1; }
      server {
        listen 127.0.0.1:${port};
        location / {
          limit_except GET { deny all; }
          proxy_pass http://127.0.0.1:${originPort}$path;
          proxy_pass_request_headers off;
          proxy_set_header Host ${BUCKET}.s3-website.localhost;
          proxy_redirect off;
          proxy_cache cdn;
          proxy_cache_key $path;
          proxy_cache_lock on;
          ${valid.join("\n          ")}
          add_header X-Cache $upstream_cache_status always;
        }
      }
    }
  `
  const file = join(folder, `${name}.conf`)
  await writeFile(file, conf)
  const url = `http://127.0.0.1:${port}`
  await start(nginx, ["-e", "stderr", "-p", folder, "-c", file], { isUp: () => answers(url) })
  return url
}

const build = async (parts: Parts, options: RedirectRigOptions): Promise<RedirectParts> => {
  // Reports every missing program at once.
  needTools("nginx", "osls", "s3rver")
  const { api = "http", identity = "role", missing = 404 } = options
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
  const [bucket] = await Promise.all([startBucket(parts, website, missing), packaged])
  await uploadFolder(options.originals, bucket.put)
  const environment = {
    CDN_URL: `http://127.0.0.1:${cdnPort}`,
    IMGTAILOR_S3_ENDPOINT: `http://127.0.0.1:${bucket.port}`,
    ...(options.formats && { IMGTAILOR_FORMATS: options.formats.join(",") }),
    ...(identity === "user" && { AWS_KEY: KEY, AWS_SECRET: KEY }),
  }
  await writeFile(join(service, "serverless.yml"), await serviceOf(environment, options.sizes?.join(",") ?? "", api))
  const log = await startApi(parts, service, apiPort, identity === "role" ? KEY : "a role without permissions")
  const url = await startCdn(parts, [cdnPort, bucket.port], "cdn")
  const addCdn = async (defaultSeconds: number): Promise<string> => {
    const port = await freePort()
    return startCdn(parts, [port, bucket.port], `cdn-${port}`, defaultSeconds)
  }
  return {
    url,
    resizerUrl: `http://127.0.0.1:${apiPort}/${route}`,
    zip,
    put: bucket.put,
    get: bucket.get,
    bucketUrl: `http://127.0.0.1:${bucket.port}/${BUCKET}`,
    addCdn,
    log,
  }
}

/** Starts a rig with an empty cache. The caller stops it. */
export const startRedirectRig = (options: RedirectRigOptions): Promise<RedirectRig> =>
  buildRig((parts) => build(parts, options), options.signal)
