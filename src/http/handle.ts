/**
 * A request in, a plain `Answer` out; never throws. Everything that speaks HTTP (the Node server, `fetch`, a function in the cloud)
 * translates to and from this and decides nothing itself.
 */
import { badAddress, methodNotAllowed, preconditionFailed, rangeNotSatisfiable, TailorError } from "../errors.ts"
import { decodePath, encodeKey, formatKey, type Parsed, parseKey, splitKey } from "../sizes/key.ts"
import { isNegotiable, negotiate } from "../sizes/negotiate.ts"
import { closeBody, isOpenBody } from "../store/store.ts"
import type { Found } from "../tailor/answer.ts"
import { cacheStatus, type Counts, serverTiming, subjectOf } from "../tailor/decision.ts"
import type { Core } from "../tailor/tailor.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { evaluateConditions, isRangeStillGood } from "./conditional.ts"
import { COMMON_HEADERS, httpDate, OPTIONS_HEADERS } from "./headers.ts"
import { toProblem } from "./problem.ts"
import { parseRange } from "./range.ts"

export interface HandleOptions {
  /** "" or a path like `/img`, without a slash at its end. */
  readonly basePath: string
  /** `Cache-Control` of renditions. */
  readonly cacheControl: string
  /** Shown by `/healthz`. */
  readonly counts: Counts
}

export type Handle = (request: HttpRequest) => Promise<Answer>

/** What an address asks for, after negotiation. */
interface Wanted {
  readonly parsed: Parsed
  /** The address is one that is negotiated, whichever way it went. */
  readonly isNegotiated: boolean
  /** Where negotiation chose an explicit format: its own address. */
  readonly contentLocation?: string
}

const pathOf = (target: string): string => {
  const query = target.indexOf("?")
  return query < 0 ? target : target.slice(0, query)
}

const parseTarget = (target: string, basePath: string, { grammar }: Core): Parsed => {
  const path = pathOf(target)
  if (basePath && !path.startsWith(`${basePath}/`)) throw badAddress(`Expected an address under ${basePath}/.`)
  const segments = decodePath(path.slice(basePath.length))
  const parsed = "refused" in segments ? segments : parseKey(segments, grammar)
  if ("refused" in parsed) throw new TailorError(parsed.refused, parsed)
  return parsed
}

const resolveWanted = (request: HttpRequest, { basePath }: HandleOptions, core: Core): Wanted => {
  const parsed = parseTarget(request.target, basePath, core)
  const { formats } = core.grammar
  const [reading] = parsed.readings
  const { file } = splitKey(reading.original)
  const isNegotiated = reading.format === undefined && reading.size !== "info" && isNegotiable(file, formats)
  const format = isNegotiated ? negotiate(request.header("accept"), file, formats) : undefined
  if (!format) return { parsed, isNegotiated }
  const explicit = { ...reading, format }
  const key = formatKey(explicit)
  return { parsed: { key, readings: [explicit] }, isNegotiated, contentLocation: `${basePath}/${encodeKey(key)}` }
}

const renditionHeaders = ({ meta, decision }: Found, wanted: Wanted, cacheControl: string): Record<string, string> => {
  const headers: Record<string, string> = {
    ...COMMON_HEADERS,
    "cache-control": cacheControl,
    etag: meta.etag,
    "last-modified": httpDate(meta.modifiedMs),
    "cache-status": cacheStatus(decision),
  }
  if (wanted.isNegotiated) headers["vary"] = "Accept"
  if (wanted.contentLocation) headers["content-location"] = wanted.contentLocation
  const timing = serverTiming(decision)
  if (timing) headers["server-timing"] = timing
  return headers
}

/** Status, body and length of a rendition that is to be sent. */
const sendRendition = (
  found: Found,
  request: HttpRequest,
  headers: Record<string, string>,
): Pick<Answer, "status" | "headers" | "body"> => {
  const { meta, bytes, body } = found
  headers["content-type"] = meta.contentType
  headers["accept-ranges"] = "bytes"
  const range =
    isRangeStillGood(request.header, meta) && request.method === "GET"
      ? parseRange(request.header("range"), bytes)
      : "none"
  if (range === "unsatisfiable") throw rangeNotSatisfiable(bytes)
  if (range === "none") {
    headers["content-length"] = String(bytes)
    return { status: 200, headers, body: isOpenBody(body) ? body.stream() : body }
  }
  headers["content-length"] = String(range.end - range.start + 1)
  headers["content-range"] = `bytes ${range.start}-${range.end}/${bytes}`
  return {
    status: 206,
    headers,
    body: isOpenBody(body) ? body.stream(range) : body.subarray(range.start, range.end + 1),
  }
}

const toAnswer = async (found: Found, wanted: Wanted, request: HttpRequest, cacheControl: string): Promise<Answer> => {
  const condition = evaluateConditions(request.header, found.meta)
  if (condition === "failed") throw preconditionFailed()
  const headers = renditionHeaders(found, wanted, cacheControl)
  const { decision } = found
  if (condition === "send" && request.method !== "HEAD") return { ...sendRendition(found, request, headers), decision }
  await closeBody(found)
  if (condition === "not-modified") return { status: 304, headers, decision }
  headers["content-type"] = found.meta.contentType
  headers["content-length"] = String(found.bytes)
  headers["accept-ranges"] = "bytes"
  return { status: 200, headers, decision }
}

const answerRendition = async (request: HttpRequest, core: Core, options: HandleOptions): Promise<Answer> => {
  const wanted = resolveWanted(request, options, core)
  const subject = subjectOf(wanted.parsed.readings[0])
  let found: Found | undefined
  try {
    found = await core.answer(wanted.parsed, request.signal)
    return await toAnswer(found, wanted, request, options.cacheControl)
  } catch (error) {
    await closeBody(found)
    return toProblem(error, request, {
      ...subject,
      ...(found && { timings: found.decision.timings, bytes: found.bytes }),
    })
  }
}

const plain = (status: number, headers: Readonly<Record<string, string>>, reason: string, body?: string): Answer => ({
  status,
  headers,
  ...(body !== undefined && { body: new TextEncoder().encode(body) }),
  decision: { outcome: "refused", reason, timings: {} },
})

const answerHealth = ({ method }: HttpRequest, counts: Counts): Answer => {
  const body = `${JSON.stringify({ status: "ok", requests: counts })}\n`
  const headers = {
    ...COMMON_HEADERS,
    "content-type": "application/json",
    "content-length": String(body.length),
    "cache-control": "no-store",
  }
  return plain(200, headers, "health", method === "HEAD" ? undefined : body)
}

export const createHandle =
  (core: Core, options: HandleOptions): Handle =>
  async (request) => {
    try {
      if (request.method === "OPTIONS") return plain(204, OPTIONS_HEADERS, "options")
      if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method)
      if (pathOf(request.target) === "/healthz") return answerHealth(request, options.counts)
      return await answerRendition(request, core, options)
    } catch (error) {
      return toProblem(error, request)
    }
  }
