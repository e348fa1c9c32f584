/**
 * Responsible for the original that a URL of another service names: from a URL or URL path to a key of ours (`compatOrigins`).
 *
 * Invariants:
 * - An absolute URL is mapped only if its host is listed, so a URL never means the file of another host.
 * - Every key that is returned consists of valid segments.
 */
import { decodePath, isSegment, recode, type Refusal, refuse } from "../sizes/decode-path.ts"
import type { RequestedImage } from "./service.ts"

/**
 * Prefixes of keys, by the place of the originals: a host with or without a path, `s3://bucket`, or a URL path like `/media`.
 * @example
 * { "shop.example.com": "shop/", "cdn.example.com/media": "", "/wp-content/uploads": "" }
 */
export type Origins = Readonly<Record<string, string>>

/** A scheme and a slash; servers that merge slashes leave only one. */
const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/{1,3}([^/?#]*)/i
/** Without a scheme: `//host/path`. */
const WITHOUT_SCHEME = /^\/\/([^/?#]+)/
const DOMAIN = /^(?:[a-z0-9-]+\.)+[a-z]{2,24}(?::\d{1,5})?$/i

/**
 * The original at the end of a path: a whole URL, escaped or not, or the path itself.
 * @param path raw, with its leading slash
 */
export const sourceIn = (path: string): string => {
  const rest = path.slice(1)
  if (ABSOLUTE.test(rest)) return rest
  const unescaped = /%3a/i.test(rest) ? recode(decodeURIComponent, rest) : undefined
  return unescaped !== undefined && ABSOLUTE.test(unescaped) ? unescaped : path
}

const WEB = new Set(["http", "https"])
/** Schemes of files on the old service's own disk. */
const LOCAL = new Set(["local", "file"])

/** The canonical form of a place. */
export const toPlace = (text: string): string => {
  const bare = text.replace(/^https?:\/\//i, "").replace(/\/+$/, "")
  const at = bare.startsWith("/") ? 0 : bare.search(/(?<![:/])\/(?!\/)/)
  const host = at < 0 ? bare : bare.slice(0, at)
  return host.toLowerCase() + (at < 0 ? "" : bare.slice(at))
}

const toPrefix = (text: string): string => (text === "" || text.endsWith("/") ? text : `${text}/`)

interface Place {
  /** Empty for a URL path. */
  readonly host: string
  /** Raw path that starts with a slash, or nothing. */
  readonly path: string
}

const placeOfUrl = (url: string, scheme: string, authority: string): Place => {
  const name = scheme.toLowerCase()
  if (LOCAL.has(name)) return { host: "", path: `/${url.slice(`${scheme}:`.length).replace(/^\/+/, "")}` }
  const host = authority.toLowerCase().replace(name === "http" ? /:80$/ : /:443$/, "")
  const path = url.slice((ABSOLUTE.exec(url)?.[0] ?? "").length)
  return { host: WEB.has(name) ? host : `${name}://${host}`, path }
}

const placeOfPath = (path: string, canBeginWithHost: boolean): Place => {
  const [, first = ""] = path.split("/")
  const isHost = canBeginWithHost && DOMAIN.test(first) && path.length > first.length + 1
  return isHost ? { host: first.toLowerCase(), path: path.slice(first.length + 1) } : { host: "", path }
}

const placeOf = (source: string, canBeginWithHost: boolean): Place => {
  const bare = /^[^?#]*/.exec(source)?.[0] ?? ""
  const [absolute, scheme = "", authority = ""] = ABSOLUTE.exec(bare) ?? []
  if (absolute !== undefined) return placeOfUrl(bare, scheme, authority)
  const [marked, named = ""] = WITHOUT_SCHEME.exec(bare) ?? []
  if (marked !== undefined) return { host: named.toLowerCase(), path: bare.slice(marked.length) }
  return placeOfPath(bare.startsWith("/") ? bare : `/${bare}`, canBeginWithHost)
}

const refuseHost = (host: string): Refusal => {
  const shown = /^[a-z0-9+.:/_-]{1,100}$/.test(host) ? host : "that host"
  return refuse(
    "bad-url",
    "The original is on a host that is not listed in compatOrigins.",
    `Add compatOrigins: { "${shown}": "" } if the originals have copies of its files.`,
  )
}

/** Finds the key of the original that an image names, or why there is none. */
export type FindOriginal = (image: Pick<RequestedImage, "source" | "canBeginWithHost">) => string | Refusal

/** @param origins see {@link Origins}; the longest place that matches decides. A URL path without an entry is the key itself */
export const createFindOriginal = (origins: Origins): FindOriginal => {
  const entries = Object.entries(origins)
    .map(([place, prefix]) => ({ place: toPlace(place), prefix: toPrefix(prefix) }))
    .toSorted((a, b) => b.place.length - a.place.length)
  return ({ source, canBeginWithHost = false }) => {
    const { host, path } = placeOf(source, canBeginWithHost)
    const segments = path === "" ? [] : decodePath(path)
    if ("refused" in segments) return segments
    const full = `${host}/${segments.join("/")}`
    const entry = entries.find((one) => full.startsWith(`${one.place}/`))
    if (!entry && host !== "") return refuseHost(host)
    const key = entry ? entry.prefix + full.slice(entry.place.length + 1) : full.slice(1)
    return key !== "" && key.split("/").every(isSegment) && !key.includes("\ufffd")
      ? key
      : refuse("bad-url", "The URL names no original.")
  }
}
