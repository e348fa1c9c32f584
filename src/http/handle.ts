/**
 * A request in, a plain `Answer` out; never throws. Everything that speaks HTTP (the Node server, `fetch`, a function in the cloud)
 * translates to and from this and decides nothing itself.
 */
import { methodNotAllowed, preconditionFailed, rangeNotSatisfiable, rejectedUrl } from "../errors.ts"
import { createMemory } from "../lru.ts"
import { type ByteRange, closeBody, isOpenBody } from "../store/store.ts"
import type { ServedRendition } from "../tailor/answer.ts"
import { cacheStatus, type Counts, serverTiming, subjectOf } from "../tailor/decision.ts"
import type { Core } from "../tailor/tailor.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { evaluateConditions, isRangeStillGood } from "./conditional.ts"
import {
  COMMON_HEADERS,
  createRenditionHeaders,
  type Headers,
  OPTIONS_HEADERS,
  type RenditionHeaders,
} from "./headers.ts"
import { createResolveIpx, isIpx } from "./ipx.ts"
import { toProblem } from "./problem.ts"
import { createListAnswer } from "./published-list.ts"
import { parseRange } from "./range.ts"
import { resolveSnapped } from "./snap-path.ts"
import { LIST_PATH, withoutQuery, resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

export interface HandleOptions {
  /** "" or a path like `/img`, without a slash at its end. */
  readonly basePath: string
  /** `Cache-Control` of renditions. */
  readonly cacheControl: string
  /** What a size means that is not on the list. @default "reject" */
  readonly unknownSize?: "reject" | "snap"
  /** Whose addresses are understood besides our own. @default [] */
  readonly compat?: readonly "ipx"[]
  /** Shown by `/healthz`. */
  readonly counts: Counts
}

/** Answers a request; never rejects. */
export type Handle = (request: HttpRequest) => Promise<Answer>

type Resolve = (request: HttpRequest) => ResolvedUrl

/** Resolves addresses, and remembers the popular ones: what they mean never changes. */
const createResolve = (core: Core, { basePath }: HandleOptions, resolve: typeof resolveUrlPath): Resolve => {
  const remembered = createMemory<ResolvedUrl>()
  return ({ target, header }) => {
    const accept = header("accept")
    return remembered(`${target}\n${accept ?? ""}`, () => {
      const wanted = resolve(withoutQuery(target), accept, basePath, core.grammar)
      if ("refused" in wanted) throw rejectedUrl(wanted)
      return wanted
    })
  }
}

/** Headers of an answer: those kept for the rendition, and what only this request's decision adds. */
const withDecision = (headers: Headers, { decision }: ServedRendition): Headers => {
  if (decision.outcome === "hit") return headers
  const timing = serverTiming(decision)
  return { ...headers, "cache-status": cacheStatus(decision), ...(timing && { "server-timing": timing }) }
}

const sendRange = (found: ServedRendition, headers: Headers, range: ByteRange): Answer => ({
  status: 206,
  headers: {
    ...headers,
    "content-length": String(range.end - range.start + 1),
    "content-range": `bytes ${range.start}-${range.end}/${found.byteLength}`,
  },
  body: isOpenBody(found.body) ? found.body.stream(range) : found.body.subarray(range.start, range.end + 1),
  decision: found.decision,
})

/** The rendition that was found, as far as the request's conditions and range let it be sent. */
const toAnswer = async (
  found: ServedRendition,
  wanted: ResolvedUrl,
  request: HttpRequest,
  headersOf: RenditionHeaders,
): Promise<Answer> => {
  const { header, method } = request
  const { meta, byteLength, body, decision } = found
  const condition = evaluateConditions(header, meta)
  if (condition === "failed") throw preconditionFailed()
  const { whole, notModified } = headersOf(meta, byteLength, wanted)
  if (condition === "not-modified" || method === "HEAD") {
    await closeBody(found)
    if (condition === "not-modified") return { status: 304, headers: withDecision(notModified, found), decision }
    return { status: 200, headers: withDecision(whole, found), decision }
  }
  const range = isRangeStillGood(header, meta) ? parseRange(header("range"), byteLength) : "none"
  if (range === "unsatisfiable") throw rangeNotSatisfiable(byteLength)
  const headers = withDecision(whole, found)
  if (range !== "none") return sendRange(found, headers, range)
  return { status: 200, headers, body: isOpenBody(body) ? body.stream() : body, decision }
}

const answerRendition = async (
  request: HttpRequest,
  { answer }: Core,
  resolve: Resolve,
  headersOf: RenditionHeaders,
): Promise<Answer> => {
  const wanted = resolve(request)
  let found: ServedRendition | undefined
  try {
    found = await answer(wanted.parsed, request.signal)
    return await toAnswer(found, wanted, request, headersOf)
  } catch (error) {
    await closeBody(found)
    const subject = subjectOf(wanted.parsed.readings[0])
    return toProblem(error, request, {
      ...subject,
      ...(found && { timings: found.decision.timings, bytes: found.byteLength }),
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

/** Gives what resolves addresses of Nuxt Image and unpic, which is loaded when the first one comes. */
const createLoadIpx = (core: Core, options: HandleOptions): (() => Promise<Resolve>) => {
  let loading: Promise<Resolve> | undefined
  const load = async (): Promise<Resolve> => {
    const { extract } = await import("unpic/providers/ipx")
    return createResolve(core, options, createResolveIpx(extract))
  }
  return () => (loading ??= load())
}

export const createHandle = (core: Core, options: HandleOptions): Handle => {
  const { basePath, unknownSize, compat = [] } = options
  const headersOf = createRenditionHeaders(options.cacheControl)
  const resolve = createResolve(core, options, unknownSize === "snap" ? resolveSnapped : resolveUrlPath)
  const loadIpx = compat.includes("ipx") ? createLoadIpx(core, options) : undefined
  const listPath = basePath + LIST_PATH
  const answerList = createListAnswer(core.grammar)
  return async (request) => {
    try {
      if (request.method === "OPTIONS") return plain(204, OPTIONS_HEADERS, "options")
      if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method)
      const path = withoutQuery(request.target)
      if (path === "/healthz") return answerHealth(request, options.counts)
      if (path === listPath) return answerList(request)
      const isForeign = loadIpx !== undefined && isIpx(path, basePath)
      return await answerRendition(request, core, isForeign ? await loadIpx() : resolve, headersOf)
    } catch (error) {
      return toProblem(error, request)
    }
  }
}
