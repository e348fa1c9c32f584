/**
 * Responsible for turning a request into a plain `Answer`. Every HTTP interface (the Node server, `fetch`, a cloud function)
 * translates to and from this handler and decides nothing itself.
 *
 * Invariants:
 * - A handler never rejects: every error becomes a response.
 * - An opened body is either sent or closed.
 */
import { codeOf, methodNotAllowed, preconditionFailed, rangeNotSatisfiable, rejectedUrl } from "../errors.ts"
import type { Health } from "../health.ts"
import { createMemory } from "../lru.ts"
import type { RenditionKey } from "../sizes/key.ts"
import { type ByteRange, closeBody, isOpenBody } from "../store/store.ts"
import type { ServedRendition } from "../tailor/answer.ts"
import { subjectOf } from "../tailor/decision.ts"
import type { Core } from "../tailor/tailor.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { type UrlHeaders, withCacheTags } from "./cache-tags.ts"
import { evaluateConditions, isRangeCurrent } from "./conditional.ts"
import { createRenditionHeaders, type Headers, OPTIONS_HEADERS, withDecision } from "./headers.ts"
import { answerLiveness, answerReadiness } from "./health.ts"
import { toProblem } from "./problem.ts"
import { createListAnswer } from "./published-list.ts"
import { parseRange } from "./range.ts"
import { createResolveTarget, type ResolveOptions } from "./resolve-target.ts"
import { createRootError, type FindExample, isRoot } from "./root.ts"
import { createSubstitute, type MissingOption, type Substitute } from "./substitute.ts"
import { LIST_PATH, withoutQuery, type ResolvedUrl } from "./url-path.ts"

export interface HandleOptions extends ResolveOptions {
  /** `Cache-Control` of renditions whose size has none. */
  readonly cacheControl: string
  /** For `/healthz` and `/readyz`. */
  readonly health: Health
  /** Finds an original for the example in the answer at the root. @default the answer has no example */
  readonly findExample?: FindExample | undefined
  /** Returns the cache tags of a key, separated by commas. @default no tags are sent */
  readonly cacheTagsOf?: ((key: RenditionKey) => string) | undefined
  /** Picture for originals that are missing. @default errors are sent as text */
  readonly missing?: MissingOption | undefined
  /** Answer to a request for an image while the server is busy. @default "refuse" */
  readonly whenBusy?: "nearest" | "refuse" | undefined
}

/** Answers a request: a hit that is found without waiting at once, any other by a promise. Never throws or rejects: errors are answers. */
export type Handle = (request: HttpRequest) => Answer | Promise<Answer>

interface Resolver {
  /** The result for a URL that was resolved lately. */
  readonly recall: (request: HttpRequest) => ResolvedUrl | undefined
  /** @throws {TailorError} the URL is refused */
  readonly resolve: (request: HttpRequest) => Promise<ResolvedUrl>
}

/** Resolves URLs and remembers recent ones: the result depends on the URL and `Accept` alone. */
const createResolver = (core: Core, options: HandleOptions): Resolver => {
  const memory = createMemory<ResolvedUrl>()
  const resolveAny = createResolveTarget(core.grammar, options)
  const recall: Resolver["recall"] = ({ target, header }) => memory.recall(target, header("accept") ?? "")
  return {
    recall,
    resolve: async (request) => {
      const known = recall(request)
      if (known) return known
      const { target, header } = request
      const accept = header("accept")
      const resolved = await resolveAny(target, accept)
      if ("refused" in resolved) throw rejectedUrl(resolved)
      memory.remember(target, accept ?? "", resolved)
      return resolved
    },
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

/**
 * The answer with a rendition, subject to the conditions and the range of the request.
 * An open body that the answer does not have must be closed.
 * @throws {TailorError} the conditions or the range cannot be satisfied
 */
const toAnswer = (
  found: ServedRendition,
  resolved: ResolvedUrl,
  request: HttpRequest,
  headersOf: UrlHeaders,
): Answer => {
  const { header, method } = request
  const { meta, byteLength, body, decision } = found
  const condition = evaluateConditions(header, meta)
  if (condition === "failed") throw preconditionFailed()
  const { whole, notModified } = headersOf(found, resolved, resolved.parsed.readings[0].size)
  if (condition === "not-modified") return { status: 304, headers: withDecision(notModified, decision), decision }
  if (method === "HEAD") return { status: 200, headers: withDecision(whole, decision), decision }
  const range = isRangeCurrent(header, meta) ? parseRange(header("range"), byteLength) : "none"
  if (range === "unsatisfiable") throw rangeNotSatisfiable(byteLength)
  const headers = withDecision(whole, decision)
  if (range !== "none") return toRangeAnswer(found, headers, range)
  return { status: 200, headers, body: isOpenBody(body) ? body.stream() : body, decision }
}

interface ImageParts {
  readonly headersOf: UrlHeaders
  readonly substitute: Substitute
}

/** The URL of a size with a forced format can mean two keys: that of the rendition that was found. */
export const foundUrl = ({ meta }: Pick<ServedRendition, "meta">, resolved: ResolvedUrl): ResolvedUrl => {
  const { alternative } = resolved
  return alternative && meta.original === alternative.parsed.readings[0].original ? alternative : resolved
}

/** The answer to a request for a rendition that failed. */
const toRenditionProblem = (
  error: unknown,
  request: HttpRequest,
  { parsed }: ResolvedUrl,
  found: ServedRendition | undefined,
): Answer =>
  toProblem(error, request, {
    ...subjectOf(parsed.readings[0]),
    ...(found && { timings: found.decision.timings, byteLength: found.byteLength }),
  })

const answerRendition = async (
  request: HttpRequest,
  { answer }: Core,
  resolved: ResolvedUrl,
  { headersOf, substitute }: ImageParts,
): Promise<Answer> => {
  let found: ServedRendition | undefined
  try {
    found = await answer(resolved.parsed, request.onDisconnect)
    const result = toAnswer(found, foundUrl(found, resolved), request, headersOf)
    if (result.body === undefined) await closeBody(found)
    return result
  } catch (error) {
    await closeBody(found)
    return substitute(toRenditionProblem(error, request, resolved, found), request, resolved)
  }
}

const toHitAnswer = (
  found: ServedRendition,
  resolved: ResolvedUrl,
  request: HttpRequest,
  headersOf: UrlHeaders,
): Answer => {
  try {
    return toAnswer(found, resolved, request, headersOf)
  } catch (error) {
    return toRenditionProblem(error, request, resolved, found)
  }
}

/** The answer with a hit that is found without waiting. Undefined for every other request. */
const answerHit = (
  request: HttpRequest,
  { findHit }: Core,
  { recall }: Resolver,
  headersOf: UrlHeaders,
): Answer | undefined => {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined
  const resolved = recall(request)
  if (!resolved) return undefined
  if (request.method === "HEAD" || request.header("if-none-match") !== undefined) {
    const known = findHit(resolved.parsed, true)
    const answer = known && toHitAnswer(known, resolved, request, headersOf)
    if (answer && answer.body === undefined) return answer
  }
  const found = findHit(resolved.parsed)
  return found && toHitAnswer(found, resolved, request, headersOf)
}

const OPTIONS_ANSWER: Answer = {
  status: 204,
  headers: OPTIONS_HEADERS,
  decision: { outcome: "other", reason: "OPTIONS", timings: {} },
}

export const createHandle = (core: Core, options: HandleOptions): Handle => {
  const { basePath, health } = options
  const images: ImageParts = {
    headersOf: withCacheTags(createRenditionHeaders(options.cacheControl), options.cacheTagsOf),
    substitute: createSubstitute(core, options),
  }
  const resolver = createResolver(core, options)
  const listPath = basePath + LIST_PATH
  const answerList = createListAnswer(core.grammar)
  const rootError = createRootError(core.grammar, basePath, options.findExample)
  const explained = (error: unknown, { target }: HttpRequest): unknown =>
    codeOf(error) === "bad-url" && isRoot(target, basePath) ? rootError() : error
  const answerLater = async (request: HttpRequest): Promise<Answer> => {
    try {
      if (request.method === "OPTIONS") return OPTIONS_ANSWER
      if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method)
      const path = withoutQuery(request.target)
      if (path === "/healthz") return answerLiveness(request, health)
      if (path === "/readyz") return await answerReadiness(request, health)
      if (path === listPath) return answerList(request)
      return await answerRendition(request, core, await resolver.resolve(request), images)
    } catch (error) {
      return toProblem(await explained(error, request), request)
    }
  }
  return (request) => answerHit(request, core, resolver, images.headersOf) ?? answerLater(request)
}
