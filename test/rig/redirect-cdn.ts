/**
 * Responsible for nginx as CloudFront of the redirect flow, with the cache policy, the error lifetimes and the headers of
 * examples/aws/cloudfront.json.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { needTools } from "../support/tools.ts"
import { answers, type Parts } from "./processes.ts"

const TEMPLATE = new URL("../../examples/aws/cloudfront.json", import.meta.url)

interface Behaviour {
  readonly DefaultTTL: number
  readonly errors: readonly { readonly ErrorCode: number; readonly ErrorCachingMinTTL: number }[]
  /** `Access-Control-Allow-Origin`, which CloudFront adds if the request has an `Origin`. */
  readonly allowedOrigin: string
  /** Other headers of every response, as directives of nginx. */
  readonly headers: readonly string[]
}

const behaviourOf = async (): Promise<Behaviour> => {
  const { Resources } = JSON.parse(await readFile(TEMPLATE, "utf8"))
  const { DefaultTTL } = Resources.CacheOnlyWithCacheControl.Properties.CachePolicyConfig
  const config = Resources.HeadersOfImages.Properties.ResponseHeadersPolicyConfig
  const { CorsConfig, SecurityHeadersConfig, CustomHeadersConfig } = config
  const added: readonly (readonly [string, string])[] = [
    ["X-Content-Type-Options", SecurityHeadersConfig.ContentTypeOptions.Override ? "nosniff" : ""],
    ["Content-Security-Policy", SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy],
    ...CustomHeadersConfig.Items.map(({ Header, Value }: Record<string, string>) => [Header, Value] as const),
  ]
  return {
    DefaultTTL,
    errors: Resources.Images.Properties.DistributionConfig.CustomErrorResponses,
    allowedOrigin: CorsConfig.AccessControlAllowOrigins.Items[0],
    headers: added.map(([name, value]) => `add_header ${name} "${value}" always;`),
  }
}

/** Options of a CDN. */
export interface RedirectCdnOptions {
  /** Name of its files. */
  readonly name: string
  readonly port: number
  /** Port of the website endpoint. */
  readonly originPort: number
  /** Host name of the website endpoint. */
  readonly originHost: string
  /** Time for which responses without `Cache-Control` are cached. @default that of the example */
  readonly defaultSeconds?: number
}

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]

const configuration = (folder: string, options: RedirectCdnOptions, behaviour: Behaviour): string => {
  const { name, port, originPort, originHost, defaultSeconds } = options
  const times: readonly (readonly [string, number])[] = [
    ["200 301 302 307", defaultSeconds ?? behaviour.DefaultTTL],
    ...behaviour.errors.map(({ ErrorCode, ErrorCachingMinTTL }) => [String(ErrorCode), ErrorCachingMinTTL] as const),
  ]
  const valid = times.filter(([, time]) => time > 0).map(([codes, time]) => `proxy_cache_valid ${codes} ${time}s;`)
  return `
    daemon off;
    master_process off;
    pid ${folder}/${name}.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${TEMPORARY.map((part) => `${part}_temp_path ${folder}/${name}-${part};`).join("\n      ")}
      proxy_cache_path ${folder}/${name} keys_zone=cdn:1m;
      map $request_uri $path { ~^([^?]*) $1; }
      map $http_origin $allowed_origin { "" ""; default "${behaviour.allowedOrigin}"; }
      # A redirect contains the whole path.
      proxy_buffer_size 16k;
      proxy_buffers 8 16k;
      server {
        listen 127.0.0.1:${port};
        location / {
          limit_except GET { deny all; }
          proxy_pass http://127.0.0.1:${originPort}$path;
          proxy_pass_request_headers off;
          proxy_set_header Host ${originHost};
          proxy_redirect off;
          proxy_cache cdn;
          proxy_cache_key $path;
          proxy_cache_lock on;
          ${valid.join("\n          ")}
          add_header X-Cache $upstream_cache_status always;
          add_header Access-Control-Allow-Origin $allowed_origin always;
          ${behaviour.headers.join("\n          ")}
        }
      }
    }
  `
}

/** Starts nginx as CloudFront: the cache key is the path, and nothing else of a request reaches the origin. @returns its URL */
export const startRedirectCdn = async ({ folder, start }: Parts, options: RedirectCdnOptions): Promise<string> => {
  const { nginx } = needTools("nginx")
  const file = join(folder, `${options.name}.conf`)
  await writeFile(file, configuration(folder, options, await behaviourOf()))
  const url = `http://127.0.0.1:${options.port}`
  await start(nginx, ["-e", "stderr", "-p", folder, "-c", file], { isUp: () => answers(url) })
  return url
}
