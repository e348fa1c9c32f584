/**
 * The redirect flow on one machine, with the files of examples/aws: nginx as CloudFront, s3rver as the bucket's website endpoint, and
 * serverless-offline as API Gateway and Lambda, which unpacks the function's zip and calls it in a thread.
 *
 * What it cannot show: how S3 spells a key in a redirect, its 403, CloudFront's own caching, permissions, and Lambda's limits.
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
import { answers, type Built, buildRig, type Parts, type RigOptions } from "./processes.ts"

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url))
const EXAMPLES = join(PACKAGE, "examples", "aws")
const ZIP = "imgtailor-redirect.zip"
const BUCKET = "shop-photos"
/** The only pair that s3rver knows. */
const KEY = "S3RVER"

/** Which kind of API stands in front of the function, and so which of its events it is called with. */
export type Api = "http" | "rest"

export interface RedirectRigOptions extends RigOptions {
  /** @default http, as examples/aws has it */
  readonly api?: Api
  /** A zip of the function for this machine. @default it is made, which takes some seconds */
  readonly zip?: string
  /** What the website endpoint says of what is missing. @default 404 */
  readonly missing?: 403 | 404
  /** Whose keys the function signs with: its role's, or those of a user, in `AWS_KEY` and `AWS_SECRET`. @default role */
  readonly identity?: "role" | "user"
}

interface Redirect {
  readonly url: string
  /** Of the function, without a query. */
  readonly resizerUrl: string
  /** The function's zip, which another rig may be given. */
  readonly zip: string
  readonly put: Put
  readonly get: (key: string) => Promise<Response>
  /** Of the bucket, where whoever sends the header `x-amz-rig: bucket` may put photos. */
  readonly bucketUrl: string
  /** Starts another CDN in front of the bucket, which keeps for so long what says nothing of it. @returns its address */
  readonly addCdn: (defaultSeconds: number) => Promise<string>
  /** What the function logged, and what serverless-offline had to say. */
  readonly log: () => string
}

export type RedirectRig = Redirect & Built

/** A text with some of it replaced, all of which must be there. */
const adapt = (text: string, replacements: Readonly<Record<string, string>>): string => {
  let adapted = text
  for (const [part, instead] of Object.entries(replacements)) {
    if (!adapted.includes(part)) throw new Error(`Expected this in an example for AWS: ${part}`)
    adapted = adapted.replaceAll(part, () => instead)
  }
  return adapted
}

const example = (name: string): Promise<string> => readFile(join(EXAMPLES, name), "utf8")

interface Bucket {
  readonly port: number
  readonly put: Put
  readonly get: Redirect["get"]
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
  // A header of Amazon's makes s3rver take a request for one to the bucket, rather than to its website.
  const headers = { "x-amz-rig": "bucket" }
  const urlOf = (key: string): string => `${endpoint}/${BUCKET}/${encodeKey(key)}`
  const put: Put = async (key, body, type) => {
    const given = { ...headers, "content-type": type }
    const stored = await fetch(urlOf(key), { method: "PUT", headers: given, body: Buffer.from(body) })
    if (!stored.ok) throw new Error(`${key} was not stored: ${stored.status} ${await stored.text()}`)
  }
  return { port, put, get: (key) => fetch(urlOf(key), { headers }) }
}

/** Of a REST API, answers that are no text need it. */
const BINARY = `  apiGateway:\n    binaryMediaTypes: ["*/*"]\n`

/** Settings of serverless.yml that are another's here. */
const serviceOf = async (environment: Readonly<Record<string, string>>, sizes: string, api: Api): Promise<string> => {
  const [CDN, SIZES] = ["    CDN_URL: https://images.example.com\n", "SIZES: 360x270,480h,1280w"]
  // Names that begin with a dot are excluded by default.
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

/** serverless-offline with the service of a folder. @returns what it and the function have written */
const startApi = async ({ start }: Parts, cwd: string, port: number, key: string): Promise<() => string> => {
  const { osls } = needTools("osls")
  // Plugins are looked for beside a service; npm put this one beside osls.
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
  const { DefaultTTL } = Resources.KeepNothingUnasked.Properties.CachePolicyConfig
  return { DefaultTTL, errors: Resources.Images.Properties.DistributionConfig.CustomErrorResponses }
}

/** CloudFront, as far as the flow has to do with it: it keeps by path alone, and the origin hears of nothing else of the request. */
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

const build = async (parts: Parts, options: RedirectRigOptions): Promise<Redirect> => {
  // All that is missing is said at once.
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
  const log = await startApi(parts, service, apiPort, identity === "role" ? KEY : "a role that is refused")
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

/** Starts one, with an empty bucket and cache; visitors are let in when everything answers. Whoever starts it stops it. */
export const startRedirectRig = (options: RedirectRigOptions): Promise<RedirectRig> =>
  buildRig((parts) => build(parts, options), options.signal)
