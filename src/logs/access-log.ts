/**
 * Responsible for the lines of access logs: the combined format of nginx and Apache, JSON, and logs with a line `#Fields:` (CloudFront's
 * standard logs, W3C).
 */

/** A request in a log. */
export interface LoggedRequest {
  readonly method: string
  /** Raw path and query, or a whole URL. */
  readonly target: string
  /** Lower case, without a port. */
  readonly host?: string | undefined
  readonly status?: number | undefined
  /** Length of the response in bytes. */
  readonly byteLength?: number | undefined
}

type Values = Readonly<Record<string, unknown>>

/** `"GET /a.jpg?w=300 HTTP/1.1" 200 5120`, wherever it is in the line. */
const COMBINED = /"([A-Z]{3,10}) ([^" ]+)[^"]*" (\d{3}) (\d+|-)/

const toNumber = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number) ? number : undefined
}

const toHost = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value !== "-" ? value.toLowerCase().replace(/:\d+$/, "") : undefined

/** nginx and Apache write other bytes than printable ASCII as `\xC3`. */
const unescapeBytes = (target: string): string =>
  target.includes("\\x") ? target.replaceAll(/\\x([0-9a-f]{2})/gi, "%$1") : target

const parseCombined = (line: string): LoggedRequest | undefined => {
  const match = COMBINED.exec(line)
  if (!match) return undefined
  const [, method = "", target = "", status, byteLength] = match
  return { method, target: unescapeBytes(target), status: Number(status), byteLength: toNumber(byteLength) }
}

/** Names of members, the usual ones first. */
const NAMES = {
  target: ["request_uri", "target", "uri", "url", "path", "cs-uri-stem", "requestUri", "ClientRequestURI"],
  query: ["args", "query_string", "query", "cs-uri-query"],
  method: ["request_method", "method", "cs-method", "ClientRequestMethod"],
  host: ["http_host", "host", "x-host-header", "cs(Host)", "server_name", "ClientRequestHost"],
  status: ["status", "statusCode", "sc-status", "EdgeResponseStatus"],
  byteLength: ["body_bytes_sent", "bytes_sent", "byteLength", "size", "sc-bytes", "EdgeResponseBytes"],
} as const

const valueOf = (values: Values, names: readonly string[]): unknown => {
  const name = names.find((one) => Object.hasOwn(values, one) && values[one] !== "" && values[one] !== null)
  return name === undefined ? undefined : values[name]
}

const withQuery = (target: string, query: unknown): string =>
  typeof query === "string" && query !== "-" && query !== "" && !target.includes("?")
    ? `${target}?${query.replace(/^\?/, "")}`
    : target

const fromValues = (values: Values): LoggedRequest | undefined => {
  const target = valueOf(values, NAMES.target)
  const method = valueOf(values, NAMES.method) ?? "GET"
  if (typeof target !== "string" || typeof method !== "string") return undefined
  return {
    method,
    target: withQuery(target, valueOf(values, NAMES.query)),
    host: toHost(valueOf(values, NAMES.host)),
    status: toNumber(valueOf(values, NAMES.status)),
    byteLength: toNumber(valueOf(values, NAMES.byteLength)),
  }
}

const isObject = (value: unknown): value is Values => typeof value === "object" && value !== null

/** `{ "request": "GET /a.jpg HTTP/1.1" }` as separate members. */
const requestLine = (text: unknown): Values => {
  const [, method, target] = (typeof text === "string" && /^([A-Z]+) (\S+)/.exec(text)) || []
  return method === undefined ? {} : { method, target }
}

/** Some programs nest the request and the response: `{ "req": { "method": … }, "res": { "statusCode": 200 } }`. */
const parseJson = (line: string): LoggedRequest | undefined => {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(entry)) return undefined
  const members = entry
  const nested = ["request", "req", "httpRequest", "response", "res"].map((name) => members[name])
  const parts = nested.map((value) => (isObject(value) ? value : requestLine(value)))
  return fromValues(Object.assign({}, members, ...parts) as Values)
}

/** CloudFront escapes percent signs again. */
const unescapePercent = (values: Values): Values => {
  const unescape = (value: unknown): unknown => (typeof value === "string" ? value.replaceAll("%25", "%") : value)
  return { ...values, "cs-uri-stem": unescape(values["cs-uri-stem"]), "cs-uri-query": unescape(values["cs-uri-query"]) }
}

const parseFields = (line: string, fields: readonly string[]): LoggedRequest | undefined => {
  const isTabbed = line.includes("\t")
  const values = line.split(isTabbed ? "\t" : " ")
  if (values.length < fields.length) return undefined
  const named = Object.fromEntries(fields.map((name, at) => [name, values[at]]))
  return fromValues(isTabbed ? unescapePercent(named) : named)
}

/**
 * Returns a parser for the lines of one log. It remembers the line `#Fields:`.
 * @returns undefined for a line that is no request
 * @example
 * const parse = createLogParser()
 * parse('192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "GET /a.jpg HTTP/1.1" 200 512') // { method: "GET", target: "/a.jpg", … }
 */
export const createLogParser = (): ((line: string) => LoggedRequest | undefined) => {
  let fields: readonly string[] = []
  return (line) => {
    if (line.startsWith("#Fields:")) fields = line.slice("#Fields:".length).trim().split(/\s+/)
    if (line.startsWith("#") || line.trim() === "") return undefined
    if (line.startsWith("{")) return parseJson(line)
    return fields.length > 0 ? parseFields(line.trimEnd(), fields) : parseCombined(line)
  }
}
