/**
 * Responsible for running edge functions in njs, the JavaScript engine of nginx, from which CloudFront's runtime is derived. njs supports
 * less, so a function that runs in it runs in CloudFront. nginx needs its module (Debian: libnginx-mod-http-js).
 */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"

/** Follows the source of the edge function, whose names are short. */
const GLUE = `
function eventOf(r) {
  const target = r.variables.request_uri
  const query = target.indexOf("?")
  const headers = {}
  r.rawHeadersIn.forEach((header) => {
    const name = header[0].toLowerCase()
    const before = headers[name]
    if (name === "cookie") return
    if (before === undefined) headers[name] = { value: header[1] }
    else before.multiValue = (before.multiValue || [{ value: before.value }]).concat([{ value: header[1] }])
  })
  const querystring = {}
  if (query >= 0)
    target.slice(query + 1).split("&").forEach((pair) => {
      const at = pair.indexOf("=")
      querystring[at < 0 ? pair : pair.slice(0, at)] = { value: at < 0 ? "" : pair.slice(at + 1) }
    })
  return {
    version: "1.0",
    context: { eventType: "viewer-request" },
    viewer: { ip: r.remoteAddress },
    request: { method: r.method, uri: query < 0 ? target : target.slice(0, query), querystring, headers, cookies: {} },
  }
}

function viewerRequest(r) {
  const result = handler(eventOf(r))
  if (result.statusCode === undefined) {
    const query = Object.keys(result.querystring).map((name) => name + "=" + result.querystring[name].value).join("&")
    r.variables.edge_uri = result.uri + (query ? "?" + query : "")
    return r.internalRedirect("@origin")
  }
  r.status = result.statusCode
  Object.keys(result.headers).forEach((name) => { r.headersOut[name] = result.headers[name].value })
  r.headersOut["x-cache"] = "FunctionGeneratedResponse from cloudfront"
  if (result.body !== undefined) r.headersOut["content-length"] = Buffer.from(result.body).length
  r.sendHeader()
  if (result.body !== undefined) r.send(result.body)
  r.finish()
}

function batch(r) {
  r.return(200, JSON.stringify(JSON.parse(r.requestText).map((event) => handler(event))))
}

export default { viewerRequest, batch }
`

/**
 * The contents of a file for `js_import edge from edge.js`:
 *
 * - `js_content edge.viewerRequest` handles a viewer request like CloudFront: it sends the response of the function, or passes the request
 *   on to `location @origin`, with the encoded path and the query in `$edge_uri`, which `js_var $edge_uri;` declares.
 * - `js_content edge.batch` calls the function for each event of a JSON array, and answers with the results.
 *
 * @param source result of `edgeSource`
 */
export const edgeModule = (source: string): string => source + GLUE

/**
 * The directive `load_module …;` for njs, empty if it is compiled in; undefined if this nginx does not have it and tests may be skipped.
 * @throws {Error} with `CI=true`, if this nginx does not have it
 */
export const loadNjs = (nginx: string): string | undefined => {
  // It prints to standard error.
  const built = execFileSync("/bin/sh", ["-c", '"$0" -V 2>&1', nginx], { encoding: "utf8" })
  const folder = /--modules-path=(\S+)/.exec(built)?.[1]
  const module = folder === undefined ? undefined : join(folder, "ngx_http_js_module.so")
  if (module !== undefined && existsSync(module)) return `load_module ${module};`
  if (/njs|http_js/.test(built)) return ""
  if (process.env["CI"]) throw new Error("njs was not found: apt-get install libnginx-mod-http-js")
  return undefined
}
