/**
 * What CloudFront runs when a viewer asks, before it looks into its cache: what is not on the list is refused here, and an accepted
 * address becomes the key that is stored, in one spelling, so that neither `Accept` nor query nor spelling splits the cache. It says what
 * our own server would say, by the same code. Pure.
 */
import { explain } from "../../http/explain.ts"
import { type Headers, OPTIONS_HEADERS } from "../../http/headers.ts"
import { LIST_PATH, type resolveUrlPath } from "../../http/url-path.ts"
import { expectedMethod, type RefusalCode, REFUSALS } from "../../refusals.ts"
import { encodeKey, type Grammar } from "../../sizes/key.ts"

/** A header as CloudFront gives it; `multiValue` where it was sent more than once (CloudFront Developer Guide, "CloudFront Functions event structure"). */
export interface EdgeHeader {
  readonly value: string
  readonly multiValue?: readonly { readonly value: string }[]
}

/** A viewer's request, as far as it matters here. */
export interface EdgeRequest {
  readonly method: string
  /**
   * The path as it was sent, escapes and dot segments included, without the query. Bytes that are no UTF-8 are taken for ISO 8859-1
   * (CloudFront Developer Guide, "Restrictions on all edge functions").
   */
  uri: string
  querystring: Readonly<Record<string, EdgeHeader>>
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, EdgeHeader>>
  cookies: Readonly<Record<string, EdgeHeader>>
}

/** An answer that no origin is asked for. */
export interface EdgeResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, EdgeHeader>>
  readonly body?: string
}

/** From a viewer's request to the one that origins get, or to an answer. */
export type Edge = (event: { readonly request: EdgeRequest }) => EdgeRequest | EdgeResponse

const acceptOf = ({ headers: { accept } }: EdgeRequest): string | undefined =>
  accept?.multiValue ? accept.multiValue.map(({ value }) => value).join(", ") : accept?.value

/** Headers as CloudFront takes them. */
export const toHeaders = (headers: Headers): EdgeResponse["headers"] =>
  Object.keys(headers).reduce<Record<string, EdgeHeader>>((all, name) => {
    all[name] = { value: headers[name] ?? "" }
    return all
  }, {})

const refuse = (
  code: RefusalCode,
  { detail, hint }: { readonly detail: string; readonly hint?: string },
  request: EdgeRequest,
): EdgeResponse => {
  const { text, headers } = explain({ code, detail, hint }, REFUSALS[code], acceptOf(request))
  return {
    statusCode: REFUSALS[code].status,
    headers: toHeaders(headers),
    ...(request.method !== "HEAD" && { body: text }),
  }
}

/** The same request for another object: its own, changed, since CloudFront takes back what it gave. */
const forward = (request: EdgeRequest, uri: string): EdgeRequest => {
  request.uri = uri
  request.querystring = {}
  request.cookies = {}
  return request
}

/**
 * @param basePath what precedes the addresses of viewers, and no key
 * @param resolve what addresses mean: given, so that what snaps is only in the source of who wants it
 */
export const createEdge =
  (grammar: Grammar, basePath: string, resolve: typeof resolveUrlPath): Edge =>
  ({ request }) => {
    const { method, uri } = request
    if (method === "OPTIONS") return { statusCode: 204, headers: toHeaders(OPTIONS_HEADERS) }
    if (method !== "GET" && method !== "HEAD")
      return refuse("method-not-allowed", { detail: expectedMethod(method) }, request)
    if (uri === "/healthz") return forward(request, uri)
    if (uri === basePath + LIST_PATH) return forward(request, LIST_PATH)
    const wanted = resolve(uri, acceptOf(request), basePath, grammar)
    return "refused" in wanted
      ? refuse(wanted.refused, wanted, request)
      : forward(request, `/${encodeKey(wanted.parsed.key)}`)
  }
