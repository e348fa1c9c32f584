/**
 * Responsible for the edge function: CloudFront calls it for each viewer request, before it looks into its cache. It refuses URLs that are
 * not listed, and rewrites accepted ones to the path of the stored object.
 *
 * Invariants:
 * - Answers as the server does, status, headers and text included.
 * - An accepted request has one spelling and neither query nor cookies, so that only the stored object decides the cache key.
 */
import { explain } from "../../http/explain.ts"
import { type Headers, OPTIONS_HEADERS } from "../../http/headers.ts"
import { LIST_PATH } from "../../http/url-path.ts"
import { expectedMethod, type RefusalCode, REFUSALS } from "../../refusals.ts"
import type { EdgeList } from "./edge-list.ts"
import { explainRefusal } from "./explain-refusal.ts"
import { type SnapSize, toStoredPath } from "./fast-path.ts"

/** A header; `multiValue` if it was sent more than once (CloudFront Developer Guide, "CloudFront Functions event structure"). */
export interface EdgeHeader {
  readonly value: string
  readonly multiValue?: readonly { readonly value: string }[]
}

/** The parts of a viewer request that the edge function uses. */
export interface EdgeRequest {
  readonly method: string
  /**
   * The path as sent, without the query: escapes and dot segments are kept. Bytes that are not UTF-8 are read as ISO 8859-1
   * (CloudFront Developer Guide, "Restrictions on all edge functions").
   */
  uri: string
  querystring: Readonly<Record<string, EdgeHeader>>
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, EdgeHeader>>
  cookies: Readonly<Record<string, EdgeHeader>>
}

/** A response of the edge function itself. */
export interface EdgeResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, EdgeHeader>>
  readonly body?: string
}

const acceptOf = ({ headers: { accept } }: EdgeRequest): string | undefined =>
  accept?.multiValue ? accept.multiValue.map(({ value }) => value).join(", ") : accept?.value

/** Headers in the form of CloudFront's events. */
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

/** The same request for another path. CloudFront expects the object that it passed, so it is changed in place. */
const forward = (request: EdgeRequest, uri: string): EdgeRequest => {
  request.uri = uri
  request.querystring = {}
  request.cookies = {}
  return request
}

/** The forwarded request, or a response without a request to an origin. @param snapSize only for `unknownSize: "snap"` */
export const handleRequest = (
  request: EdgeRequest,
  list: EdgeList,
  snapSize?: SnapSize,
): EdgeRequest | EdgeResponse => {
  const { method, uri } = request
  if (method === "OPTIONS") return { statusCode: 204, headers: toHeaders(OPTIONS_HEADERS) }
  if (method !== "GET" && method !== "HEAD")
    return refuse("method-not-allowed", { detail: expectedMethod(method) }, request)
  const path = toStoredPath(uri, acceptOf(request), list, snapSize)
  if (path) return forward(request, path)
  if (uri === "/healthz") return forward(request, uri)
  if (uri === list.basePath + LIST_PATH) return forward(request, LIST_PATH)
  const refusal = explainRefusal(uri, list, snapSize)
  return refuse(refusal.refused, refusal, request)
}
