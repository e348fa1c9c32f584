/**
 * Responsible for the values of response headers.
 *
 * Invariants:
 * - Header values are a closed set: none is copied from a request.
 */
import type { ErrorCode } from "../error-codes.ts"
import { cacheControlOf, type INFO, type Size } from "../sizes/list.ts"
import type { RenditionMeta, RenditionObject } from "../store/store.ts"
import { type Decision, STAGES } from "../tailor/decision.ts"

/**
 * Headers of every response. Images are public, may be read by canvas and other origins, have exactly the type that they declare, and
 * load nothing themselves.
 */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  "content-security-policy": "default-src 'none'",
  "cross-origin-resource-policy": "cross-origin",
  "timing-allow-origin": "*",
  "x-content-type-options": "nosniff",
}

/** Value of `Allow`, and of `Access-Control-Allow-Methods` for preflights. */
export const ALLOWED_METHODS = "GET, HEAD, OPTIONS"

/** Headers of the response to `OPTIONS`, including preflights. */
export const OPTIONS_HEADERS: Readonly<Record<string, string>> = {
  ...COMMON_HEADERS,
  allow: ALLOWED_METHODS,
  "access-control-allow-methods": ALLOWED_METHODS,
  "access-control-allow-headers": "*",
  "access-control-max-age": "86400",
}

/** How a URL was resolved to the URL of the rendition. */
export interface Negotiation {
  /** True for a base URL, whose format depends on `Accept`, whichever format was chosen. */
  readonly isNegotiated: boolean
  /** URL path of the rendition, where it differs from the requested one. */
  readonly contentLocation?: string
  /**
   * True for a URL that is not listed and was resolved to a listed one. It may resolve to another rendition when the list changes, and
   * purging does not know it, so its response is cached for a short time only.
   */
  readonly isAlias?: boolean
}

/** Header values by lower-case name. */
export type Headers = Readonly<Record<string, string>>

/** `Cache-Status` of an error (RFC 9211). */
export const refusedStatus = (code: ErrorCode | undefined): string => `imgtailor; detail=${code ?? "none"}`

type StatusInput = Pick<Decision, "outcome" | "isStale" | "isUnverified" | "isOutdated" | "code">

const hitDetail = ({ isUnverified, isOutdated }: StatusInput): string =>
  isUnverified ? "; detail=unverified" : isOutdated ? "; detail=outdated" : ""

/** `Cache-Status` of a decision (RFC 9211). */
export const cacheStatus = (decision: StatusInput): string => {
  const { outcome, isStale, code } = decision
  if (outcome === "hit") return `imgtailor; hit${hitDetail(decision)}`
  if (outcome === "refused" || outcome === "other") return refusedStatus(code)
  return `imgtailor; fwd=${isStale ? "stale" : "uri-miss"}${outcome === "coalesced" ? "; collapsed" : ""}`
}

/** `Server-Timing` of a decision, or undefined where nothing was timed. */
export const serverTiming = ({ timings }: Decision): string | undefined => {
  const parts = STAGES.flatMap((stage) => {
    const ms = timings[stage]
    return ms === undefined ? [] : `${stage};dur=${ms.toFixed(1)}`
  })
  return parts.length > 0 ? parts.join(", ") : undefined
}

/** Longest `max-age` of an alias in seconds: as long as the published list is cached. */
const MAX_ALIAS_AGE = 300
/** Longest `max-age` in seconds of a rendition that could not be compared with its original. */
const MAX_UNVERIFIED_AGE = 30

/** Longest `max-age` and `s-maxage` in seconds of a rendition that is rendered again in the background. */
const MAX_OUTDATED_AGE = 60

/**
 * The same `Cache-Control` with a shorter `max-age`, also for a CDN. It is added where there is none: a cache would choose a lifetime by
 * `Last-Modified` otherwise (RFC 9111 §4.2.2).
 */
const shortened = (cacheControl: string, maxAgeSeconds: number): string => {
  const kept = cacheControl
    .split(",")
    .filter((directive) => !/^ *(?:s-maxage|immutable|stale-)/i.test(directive))
    .join(",")
    .replace(/max-age=(\d+)/i, (_, seconds) => `max-age=${Math.min(Number(seconds), maxAgeSeconds)}`)
    .trim()
  if (/max-age|no-store|no-cache/i.test(kept)) return kept
  return `${kept && `${kept}, `}max-age=${maxAgeSeconds}`
}

/** The `Cache-Control` of a URL that is not listed, such as an alias. */
export const aliasCacheControl = (cacheControl: string): string => shortened(cacheControl, MAX_ALIAS_AGE)

/** The `Cache-Control` of a rendition that will be replaced soon. */
const outdatedCacheControl = (cacheControl: string): string => {
  const shorter = shortened(cacheControl, MAX_OUTDATED_AGE)
  return /s-maxage=/i.test(cacheControl) ? `${shorter}, s-maxage=${MAX_OUTDATED_AGE}` : shorter
}

/** The headers of a rendition, changed where the request was not a plain hit. */
export const withDecision = (headers: Headers, decision: Decision): Headers => {
  const { outcome, isUnverified, isOutdated } = decision
  if (outcome === "hit" && !isUnverified && !isOutdated) return headers
  const timing = serverTiming(decision)
  const cacheControl = headers["cache-control"] ?? ""
  return {
    ...headers,
    "cache-status": cacheStatus(decision),
    ...(isUnverified && { "cache-control": shortened(cacheControl, MAX_UNVERIFIED_AGE) }),
    ...(isOutdated && { "cache-control": outdatedCacheControl(cacheControl) }),
    ...(timing && { "server-timing": timing }),
  }
}

/** Headers of a rendition, for a hit and for a 304. */
interface HeaderSet {
  readonly whole: Headers
  readonly notModified: Headers
}

/** The headers of one rendition, by kind of URL. */
interface CachedHeaders {
  readonly sets: Map<string, HeaderSet>
  /** The latest URL and its headers, so that nothing is computed for the same URL. */
  readonly negotiation: Negotiation
  readonly latest: HeaderSet
}

type HeaderInput = Pick<RenditionObject, "meta" | "byteLength">

/** Returns the headers of a rendition: the same object for the same record and kind of URL. */
export type RenditionHeaders = (rendition: HeaderInput, negotiation: Negotiation, size: Size | typeof INFO) => HeaderSet

const build = (
  { meta: { etag, modifiedMs, contentType }, byteLength }: HeaderInput,
  { isNegotiated, contentLocation, isAlias }: Negotiation,
  cacheControl: string,
): HeaderSet => {
  const notModified = {
    ...COMMON_HEADERS,
    "cache-control": isAlias ? aliasCacheControl(cacheControl) : cacheControl,
    etag,
    "last-modified": new Date(modifiedMs).toUTCString(),
    "cache-status": "imgtailor; hit",
    ...(isNegotiated && { vary: "Accept" }),
    ...(contentLocation && { "content-location": contentLocation }),
  }
  const content = { "content-type": contentType, "content-length": String(byteLength), "accept-ranges": "bytes" }
  return { notModified, whole: { ...notModified, ...content } }
}

/**
 * Remembers the headers of renditions for as long as their record lives: those of a popular rendition are built once.
 * @param cacheControl of sizes without their own setting
 */
export const createRenditionHeaders = (cacheControl: string): RenditionHeaders => {
  const cache = new WeakMap<RenditionMeta, CachedHeaders>()
  return (rendition, negotiation, size) => {
    const cached = cache.get(rendition.meta)
    if (cached?.negotiation === negotiation) return cached.latest
    const sets = cached?.sets ?? new Map<string, HeaderSet>()
    const { isNegotiated, contentLocation = "", isAlias } = negotiation
    const name = `${isAlias ? "alias" : ""} ${isNegotiated ? "negotiated" : ""} ${contentLocation}`
    let latest = sets.get(name)
    if (!latest) sets.set(name, (latest = build(rendition, negotiation, cacheControlOf(size, cacheControl))))
    cache.set(rendition.meta, { sets, negotiation, latest })
    return latest
  }
}
