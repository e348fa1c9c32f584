/**
 * Responsible for the URL that a client requested, where a framework hands over another one: Express, connect and NestJS remove the path
 * of the mount from `url`.
 */
import type { IncomingMessage } from "node:http"

/** A request that passed through a framework. */
interface MountedRequest extends IncomingMessage {
  /** The URL before any mount changed it (Express, connect). */
  readonly originalUrl?: unknown
  /** The path of all mounts around the handler (Express). */
  readonly baseUrl?: unknown
}

/** The URL of a request, and the path that the mounts around its handler removed from it. */
export interface MountedUrl {
  /** Raw path and query. */
  readonly target: string
  /** Empty where the target is the whole URL. */
  readonly mount: string
}

/** The path of the mounts. Where a handler before this one has rewritten `url`, the original no longer ends in it. */
const mountOf = ({ originalUrl, baseUrl }: MountedRequest, url: string): string => {
  if (typeof baseUrl === "string") return baseUrl
  return typeof originalUrl === "string" && originalUrl.endsWith(url) ? originalUrl.slice(0, -url.length) : ""
}

/** True for a path or URL below a base path. @param basePath "", or a path like `/img` without a trailing slash */
export const isBelow = (target: string, basePath: string): boolean =>
  basePath === "" || (target.startsWith(basePath) && /^[/?]|^$/.test(target.slice(basePath.length)))

/** The origin of a target in absolute form, which servers must accept (RFC 9112 §3.2.2). Proxies send it. */
const ORIGIN = /^https?:\/\/[^/?#]*/i

const toOriginForm = (target: string): string => {
  const origin = target.startsWith("/") ? undefined : ORIGIN.exec(target)?.[0]
  if (origin === undefined) return target
  const rest = target.slice(origin.length)
  return rest.startsWith("/") ? rest : `/${rest}`
}

/**
 * The URL of a request. With a base path, the mount belongs to it: `/images` mounted under `/images` has the whole URL as its target.
 * Without one, the target is below the mount.
 */
export const mountedUrl = (request: IncomingMessage, basePath: string): MountedUrl => {
  const url = toOriginForm(request.url ?? "/")
  const mount = mountOf(request, url)
  if (mount === "") return { target: url, mount }
  return basePath !== "" && isBelow(mount + url, basePath) ? { target: mount + url, mount: "" } : { target: url, mount }
}
