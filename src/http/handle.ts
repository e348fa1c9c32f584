/**
 * Responsible for turning a request into a plain `Answer`. Every HTTP interface (the Node server, `fetch`, a cloud function)
 * translates to and from this handler and decides nothing itself.
 *
 * Invariants:
 * - A handler never rejects: every error becomes a response.
 * - An opened body is either sent or closed.
 */
import { methodNotAllowed, preconditionFailed, rangeNotSatisfiable, rejectedUrl } from "../errors.ts"
import type { Health } from "../health.ts"
import { createMemory } from "../lru.ts"
import { type ByteRange, closeBody, isOpenBody } from "../store/store.ts"
import type { ServedRendition } from "../tailor/answer.ts"
import { subjectOf } from "../tailor/decision.ts"
import type { Core } from "../tailor/tailor.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { type CompatOptions, createCompatResolve } from "./compat.ts"
import { evaluateConditions, isRangeCurrent } from "./conditional.ts"
import {
  createRenditionHeaders,
  type Headers,
  OPTIONS_HEADERS,
  type RenditionHeaders,
  withDecision,
} from "./headers.ts"
import { answerLiveness, answerReadiness } from "./health.ts"
import { toProblem } from "./problem.ts"
import { createListAnswer } from "./published-list.ts"
import { parseRange } from "./range.ts"
import { resolveSnapped } from "./snap-path.ts"
import { createSubstitute, type MissingOption, type Substitute } from "./substitute.ts"
import { LIST_PATH, withoutQuery, resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

export interface HandleOptions extends Partial<CompatOptions> {
  /** "", or a path like `/img` without a trailing slash. */
  readonly basePath: string
  /** `Cache-Control` of renditions whose size has none. */
  readonly cacheControl: string
  /** How to handle an unlisted size. @default "reject" */
  readonly unknownSize?: "reject" | "snap"
  /** For `/healthz` and `/readyz`. */
  readonly health: Health
  /** Picture for originals that are missing. @default errors are sent as text */
  readonly missing?: MissingOption | undefined
  /** What a request for an image gets while the server is busy. @default "refuse" */
  readonly whenBusy?: "nearest" | "refuse" | undefined
}

/** Answers a request. Never rejects: errors are answers. */
export type Handle = (request: HttpRequest) => Promise<Answer>

type Resolve = (request: HttpRequest) => ResolvedUrl

/** Resolves URLs and remembers recent ones: the result depends on the URL and `Accept` alone. */
const createResolve = (core: Core, { basePath }: HandleOptions, resolve: typeof resolveUrlPath): Resolve => {
  const memory = createMemory<ResolvedUrl>()
  return ({ target, header }) => {
    const accept = header("accept")
    return memory(`${target}\n${accept ?? ""}`, () => {
      const resolved = resolve(withoutQuery(target), accept, basePath, core.grammar)
      if ("refused" in resolved) throw rejectedUrl(resolved)
      return resolved
    })
  }
}

const toRangeAnswer = (found: ServedRendition, headers: Headers, range: ByteRange): Answer => ({
  status: 206,
  headers: {
    ...headers,
    "content-length": String(range.end - range.start + 1),
    "content-range": `bytes ${range.start}-${range.end}/${found.byteLength}`,
  },
  body: isOpenBody(found.body) ? found.body.stream(range) : found.body.subarray(range.start, range.end + 1),
  decision: found.decision,
})

/** The answer with a rendition, subject to the conditions and the range of the request. */
const toAnswer = async (
  found: ServedRendition,
  resolved: ResolvedUrl,
  request: HttpRequest,
  headersOf: RenditionHeaders,
): Promise<Answer> => {
  const { header, method } = request
  const { meta, byteLength, body, decision } = found
  const condition = evaluateConditions(header, meta)
  if (condition === "failed") throw preconditionFailed()
  const { whole, notModified } = headersOf(found, resolved, resolved.parsed.readings[0].size)
  if (condition === "not-modified" || method === "HEAD") {
    await closeBody(found)
    if (condition === "not-modified") return { status: 304, headers: withDecision(notModified, decision), decision }
    return { status: 200, headers: withDecision(whole, decision), decision }
  }
  const range = isRangeCurrent(header, meta) ? parseRange(header("range"), byteLength) : "none"
  if (range === "unsatisfiable") throw rangeNotSatisfiable(byteLength)
  const headers = withDecision(whole, decision)
  if (range !== "none") return toRangeAnswer(found, headers, range)
  return { status: 200, headers, body: isOpenBody(body) ? body.stream() : body, decision }
}

interface ImageParts {
  readonly headersOf: RenditionHeaders
  readonly substitute: Substitute
}

/** The URL of a size with a forced format can mean two keys: that of the rendition that was found. */
const foundUrl = ({ meta }: ServedRendition, resolved: ResolvedUrl): ResolvedUrl => {
  const { parsed } = resolved
  const { alternative } = parsed
  const isOther = alternative !== undefined && meta.original === alternative.readings[0].original
  return isOther ? { parsed: alternative, isNegotiated: false } : resolved
}

const answerRendition = async (
  request: HttpRequest,
  { answer }: Core,
  resolved: ResolvedUrl,
  { headersOf, substitute }: ImageParts,
): Promise<Answer> => {
  let found: ServedRendition | undefined
  try {
    found = await answer(resolved.parsed, request.signal)
    return await toAnswer(found, foundUrl(found, resolved), request, headersOf)
  } catch (error) {
    await closeBody(found)
    const problem = toProblem(error, request, {
      ...subjectOf(resolved.parsed.readings[0]),
      ...(found && { timings: found.decision.timings, byteLength: found.byteLength }),
    })
    return substitute(problem, request, resolved)
  }
}

const OPTIONS_ANSWER: Answer = {
  status: 204,
  headers: OPTIONS_HEADERS,
  decision: { outcome: "other", reason: "OPTIONS", timings: {} },
}

/** Returns the resolver for an installation that accepts URLs of other services. */
const createResolveAny = (
  core: Core,
  { basePath, compat = [], compatOrigins = {}, compatKeys = {} }: HandleOptions,
  own: typeof resolveUrlPath,
): ((request: HttpRequest) => Promise<ResolvedUrl>) => {
  const resolve = createCompatResolve(own, core.grammar, { basePath, compat, compatOrigins, compatKeys })
  return async ({ target, header }) => {
    const resolved = await resolve(target, header("accept"))
    if ("refused" in resolved) throw rejectedUrl(resolved)
    return resolved
  }
}

export const createHandle = (core: Core, options: HandleOptions): Handle => {
  const { basePath, unknownSize, compat = [], health } = options
  const own = unknownSize === "snap" ? resolveSnapped : resolveUrlPath
  const images: ImageParts = {
    headersOf: createRenditionHeaders(options.cacheControl),
    substitute: createSubstitute(core, options),
  }
  const resolve = createResolve(core, options, own)
  const resolveAny = compat.length > 0 ? createResolveAny(core, options, own) : undefined
  const listPath = basePath + LIST_PATH
  const answerList = createListAnswer(core.grammar)
  return async (request) => {
    try {
      if (request.method === "OPTIONS") return OPTIONS_ANSWER
      if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method)
      const path = withoutQuery(request.target)
      if (path === "/healthz") return answerLiveness(request, health)
      if (path === "/readyz") return await answerReadiness(request, health)
      if (path === listPath) return answerList(request)
      const resolved = resolveAny ? await resolveAny(request) : resolve(request)
      return await answerRendition(request, core, resolved, images)
    } catch (error) {
      return toProblem(error, request)
    }
  }
}
