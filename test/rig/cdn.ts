/**
 * Responsible for nginx as CloudFront: the edge functions, a cache for each place, an origin group (the bucket, then the function), the
 * caching of errors, the collapsing of simultaneous requests, and invalidation by tag.
 *
 * CloudFront caches 404, 414 and 5xx for their minimum TTL or for `max-age`, whichever is longer; 400, 403, 405, 412 and 415 if they have
 * `max-age`; and no other error (CloudFront Developer Guide, "HTTP 4xx and 5xx status codes that CloudFront caches"). With the minimum TTLs
 * of the stack, `Cache-Control` decides for all but the last.
 */
import { existsSync } from "node:fs"
import { mkdir, open, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"

import { edgeModule, loadNjs } from "../support/njs-edge.ts"
import { needTools } from "../support/tools.ts"
import { TIMEOUT_SECONDS } from "./emulator.ts"
import { answers, type Listener, type Parts } from "./processes.ts"

/** Options of a place of the CDN. */
export interface CdnOptions {
  /** Sources of the functions for viewer requests and for viewer responses. */
  readonly edge: string
  readonly edgeResponse: string
  /** URL of the bucket of renditions, without a trailing slash. */
  readonly bucketUrl: string
  readonly functionUrl: string
  readonly port: number
}

/** One place of the CDN. */
export interface Cdn {
  readonly url: string
  /** Removes cached responses: all, or those with one of these tags. */
  readonly invalidate: (tags?: readonly string[]) => Promise<void>
}

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]

/** Calls the function for viewer responses, which CloudFront does below 400. */
const RESPONSE_GLUE = `
function viewerResponse(r) {
  if (r.status >= 400) return
  const headers = {}
  for (const name in r.headersOut) headers[name.toLowerCase()] = { value: r.headersOut[name] }
  const changed = handler({ response: { statusCode: r.status, headers } }).headers
  for (const name in changed) r.headersOut[name] = changed[name].value
}

export default { viewerResponse }
`

/** Caching of the responses of both origins. Only the URL of a viewer's request reaches an origin. */
const CACHING = `
      proxy_cache cdn;
      proxy_cache_key $edge_uri;
      proxy_cache_valid 200 1d;
      proxy_no_cache $rig_never_kept;
      proxy_ignore_headers Vary;
      proxy_force_ranges on;
      proxy_http_version 1.1;
      proxy_pass_request_headers off;
      if_modified_since before;
      proxy_hide_header Cache-Status;
      add_header Cache-Status $rig_cache_status always;
      js_header_filter edge_response.viewerResponse;
`

const configuration = (folder: string, njs: string, { bucketUrl, functionUrl, port }: CdnOptions): string => `
${njs}
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  js_path ${folder};
  js_import edge from edge.js;
  js_import edge_response from edge-response.js;
  js_var $edge_uri;
  proxy_cache_path ${folder}/cache keys_zone=cdn:10m inactive=1y use_temp_path=off;
  large_client_header_buffers 4 8k;
  merge_slashes off;
  proxy_read_timeout ${2 * TIMEOUT_SECONDS}s;
  map $upstream_status $rig_never_kept {
    default           "";
    "~(413|422|429)$" 1;
  }
  map $upstream_cache_status $rig_cache_status {
    default "nginx; fwd=miss";
    HIT     "nginx; hit";
  }
  # nginx closes a connection after its own 412 without announcing it, which another nginx in front handles.
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://unix:${folder}/place.sock;
      proxy_http_version 1.1;
    }
  }
  server {
    listen unix:${folder}/place.sock;
    location / { js_content edge.viewerRequest; }
    location @origin {
      ${CACHING}
      proxy_intercept_errors on;
      error_page 403 404 500 502 503 504 = @function;
      proxy_pass ${bucketUrl}$edge_uri;
    }
    location @function {
      ${CACHING}
      proxy_cache_lock on;
      proxy_cache_lock_timeout ${TIMEOUT_SECONDS}s;
      proxy_cache_lock_age ${TIMEOUT_SECONDS}s;
      proxy_pass ${functionUrl}$edge_uri;
    }
  }
}
`

/** The beginning of a cached response: a file of nginx has its own fields and the headers before the body. */
const readHead = async (path: string): Promise<string> => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4096), position: 0 })
    return buffer.toString("latin1", 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** CloudFront separates tags by commas. */
const tagsIn = (head: string): readonly string[] =>
  /^x-amz-meta-cache-tag: (\S+)\r$/im.exec(head)?.[1]?.split(",") ?? []

const invalidateIn = async (folder: string, tags: readonly string[] | undefined): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    // It may have expired meanwhile.
    const found = tags && tagsIn(await readHead(path).catch(() => ""))
    if (!found || found.some((tag) => tags.includes(tag))) await rm(path, { force: true })
  }
}

/** Starts a place of the CDN. */
export const startCdn = async (parts: Parts, options: CdnOptions): Promise<Cdn> => {
  const { nginx } = needTools("nginx")
  const folder = join(parts.folder, `cdn-${options.port}`)
  const cache = join(folder, "cache")
  await mkdir(cache, { recursive: true })
  await writeFile(join(folder, "edge.js"), edgeModule(options.edge))
  await writeFile(join(folder, "edge-response.js"), options.edgeResponse + RESPONSE_GLUE)
  const njs = loadNjs(nginx)
  if (njs === undefined) throw new Error("This nginx has no njs: apt-get install libnginx-mod-http-js")
  await writeFile(join(folder, "nginx.conf"), configuration(folder, njs, options))
  const url = `http://127.0.0.1:${options.port}`
  await parts.start(nginx, ["-e", "stderr", "-c", join(folder, "nginx.conf")], {
    // It writes the file once it has the port. Another program may answer there.
    isUp: async () => existsSync(join(folder, "pid")) && (await answers(url)),
  })
  return { url, invalidate: (tags) => invalidateIn(cache, tags) }
}

/** CloudFront's API for invalidations. */
export interface Invalidations {
  readonly listener: Listener
  /** Paths of each invalidation since the last time. */
  readonly take: () => readonly (readonly string[])[]
}

/** Invalidates by tag in all places before it answers (CloudFront API Reference, "CreateInvalidation"). */
export const invalidationApi = (places: readonly Cdn[]): Invalidations => {
  let invalidations: (readonly string[])[] = []
  const listener: Listener = async (request, response) => {
    const paths = Array.from((await text(request)).matchAll(/<Path>([^<]*)<\/Path>/g), ([, path = ""]) => path)
    const tags = paths.filter((path) => path.startsWith("#")).map((path) => path.slice(1))
    for (const { invalidate } of places) await invalidate(tags)
    invalidations.push(paths)
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I${invalidations.length}</Id><Status>Completed</Status></Invalidation>`
    response.writeHead(201, { "content-type": "text/xml" }).end(xml)
  }
  const take = (): readonly (readonly string[])[] => {
    const taken = invalidations
    invalidations = []
    return taken
  }
  return { listener, take }
}
