/** Header values come from here and from nowhere else: a closed set, none of it copied from a request. */
import type { RenditionMeta } from "../store/store.ts"

/** On every answer: pictures are public, are read by canvas and by other origins, and are exactly what their type says. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  "cross-origin-resource-policy": "cross-origin",
  "timing-allow-origin": "*",
  "x-content-type-options": "nosniff",
}

/** Of `Allow` and of preflights. */
export const ALLOWED_METHODS = "GET, HEAD, OPTIONS"

/** Answer to `OPTIONS`, preflights included. */
export const OPTIONS_HEADERS: Readonly<Record<string, string>> = {
  ...COMMON_HEADERS,
  allow: ALLOWED_METHODS,
  "access-control-allow-methods": ALLOWED_METHODS,
  "access-control-allow-headers": "*",
  "access-control-max-age": "86400",
}

/** How a rendition's address was arrived at. */
export interface Negotiation {
  /** The address is one that is negotiated, whichever way it went. */
  readonly isNegotiated: boolean
  /** Where it is not the one that was asked for: the address of what is answered. */
  readonly contentLocation?: string
  /** The address is none that is listed, but was read as one: it means another when the list changes, and no purge knows it. */
  readonly isAlias?: boolean
}

/** By lower-case name. */
export type Headers = Readonly<Record<string, string>>

/** Headers of a rendition that is a hit, and of a 304 for it. */
interface HeaderSet {
  readonly whole: Headers
  readonly notModified: Headers
}

/** Gives the headers of a rendition; the same object for the same record and way of asking. */
export type RenditionHeaders = (meta: RenditionMeta, bytes: number, negotiation: Negotiation) => HeaderSet

/** Seconds: as long as the list itself. */
const MAX_ALIAS_AGE = 300

/** For an address that is not listed: at most as long, and no longer in a CDN. */
const shortened = (cacheControl: string): string =>
  cacheControl
    .split(",")
    .filter((directive) => !/^ *(?:s-maxage|immutable|stale-)/i.test(directive))
    .join(",")
    .replace(/max-age=(\d+)/i, (_, seconds) => `max-age=${Math.min(Number(seconds), MAX_ALIAS_AGE)}`)
    .trim()

const build = (
  { etag, modifiedMs, contentType }: RenditionMeta,
  bytes: number,
  { isNegotiated, contentLocation, isAlias }: Negotiation,
  cacheControl: string,
): HeaderSet => {
  const notModified = {
    ...COMMON_HEADERS,
    "cache-control": isAlias ? shortened(cacheControl) : cacheControl,
    etag,
    "last-modified": new Date(modifiedMs).toUTCString(),
    "cache-status": "imgtailor; hit",
    ...(isNegotiated && { vary: "Accept" }),
    ...(contentLocation && { "content-location": contentLocation }),
  }
  const content = { "content-type": contentType, "content-length": String(bytes), "accept-ranges": "bytes" }
  return { notModified, whole: { ...notModified, ...content } }
}

/** Headers of renditions, kept as long as their record is: a popular one's are made once, not for each request. */
export const createRenditionHeaders = (cacheControl: string): RenditionHeaders => {
  const kept = new WeakMap<RenditionMeta, Map<string, HeaderSet>>()
  return (meta, bytes, negotiation) => {
    let sets = kept.get(meta)
    if (!sets) kept.set(meta, (sets = new Map()))
    const { isNegotiated, contentLocation = "", isAlias } = negotiation
    const name = `${isAlias ? "alias" : ""} ${isNegotiated ? "negotiated" : ""} ${contentLocation}`
    let set = sets.get(name)
    if (!set) sets.set(name, (set = build(meta, bytes, negotiation, cacheControl)))
    return set
  }
}
