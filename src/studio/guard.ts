/**
 * Responsible for access to the studio.
 *
 * Invariants:
 * - A browser that was led here under a foreign host name (DNS rebinding) gets nothing.
 * - A change needs the page's own origin and JSON, which a form and a link cannot send.
 * - The token is compared in constant time, is in no URL that is sent, and is not the cookie.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { isIP } from "node:net"

import { type StudioReply, type StudioRequest, refuse, replyEmpty } from "./reply.ts"

/** Options of {@link createGuard}. */
export interface GuardOptions {
  /** No token is needed: for a demo on the loopback interface. */
  readonly isOpen: boolean
  /** Host name or IP address that the server listens on. */
  readonly host: string
  /** Public host names, whose proxy may send another `Host`. */
  readonly publicHosts: readonly string[]
  /** Port of the server: cookies of one host are shared by all its ports. */
  readonly port: () => number
}

/** Decides on requests before any route. */
export interface Guard {
  /** For the fragment of the printed URL; undefined where none is needed. */
  readonly token: string | undefined
  /** The error for a request that is rejected, or undefined. @param isApi false for the files of the page, which hold no secret */
  readonly check: (request: StudioRequest, isApi: boolean) => StudioReply | undefined
  /** `POST api/session`. */
  readonly openSession: (request: StudioRequest) => Promise<StudioReply>
}

/** A session of a browser ends with the browser, and after this time. */
const SESSION_MS = 12 * 3_600_000
const MAX_SESSIONS = 50

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest()

/** The name in a `Host` header or an origin, without the port and the brackets of IPv6. */
const nameOf = (host: string): string =>
  host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase()

/** An attacker's page can only rebind the attacker's own name: never an IP address, `localhost` or a name below it. */
const isKnownHost = (host: string | undefined, names: ReadonlySet<string>): boolean => {
  if (host === undefined) return false
  const name = nameOf(host)
  return isIP(name) > 0 || name === "localhost" || name.endsWith(".localhost") || names.has(name)
}

const originHost = (origin: string | undefined): string | undefined => /^https?:\/\/([^/]+)$/.exec(origin ?? "")?.[1]

const isSafe = (method: string): boolean => method === "GET" || method === "HEAD"

const cookieOf = (header: string | undefined, name: string): string | undefined =>
  header
    ?.split(";")
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** Sessions by the digest of their cookie, the oldest first. */
const createSessions = () => {
  const sessions = new Map<string, number>()
  const nameIn = (cookie: string): string => digestOf(cookie).toString("hex")
  return {
    open: (): string => {
      const cookie = randomBytes(32).toString("base64url")
      const [oldest] = sessions.keys()
      if (oldest !== undefined && sessions.size >= MAX_SESSIONS) sessions.delete(oldest)
      sessions.set(nameIn(cookie), performance.now() + SESSION_MS)
      return cookie
    },
    has: (cookie: string): boolean => (sessions.get(nameIn(cookie)) ?? 0) > performance.now(),
  }
}

const FOREIGN_HOST = (host: string | undefined): StudioReply =>
  refuse(
    403,
    "not-allowed",
    `The studio is not served under the host name ${JSON.stringify(host ?? "")}.`,
    "Open it under localhost or an IP address, or add the name to the setting studioHosts.",
  )

const FOREIGN_PAGE = (): StudioReply =>
  refuse(
    403,
    "not-allowed",
    "The request does not come from a page of the studio.",
    "Behind a proxy, pass on the Host header, or add the public host name to the setting studioHosts.",
  )

/** Creates the guard of one server. */
export const createGuard = ({ isOpen, host: ownHost, publicHosts, port }: GuardOptions): Guard => {
  const publicNames = new Set(publicHosts.map((name) => name.toLowerCase()))
  const names = new Set([ownHost.toLowerCase(), ...publicNames])
  const token = isOpen ? undefined : randomBytes(32).toString("base64url")
  const tokenDigest = token === undefined ? undefined : digestOf(token)
  const sessions = createSessions()
  const cookieName = (): string => `imgtailor_studio_${port()}`

  const isOwnPage = ({ header }: StudioRequest): boolean => {
    const host = originHost(header("origin"))
    return host !== undefined && (host === header("host") || publicNames.has(nameOf(host)))
  }

  /** Browsers name the site of a request; other clients send nothing. */
  const isForeignSite = ({ header }: StudioRequest): boolean => {
    const site = header("sec-fetch-site")
    return site !== undefined && site !== "same-origin" && site !== "none"
  }

  const hasSession = ({ header }: StudioRequest): boolean => {
    const cookie = cookieOf(header("cookie"), cookieName())
    return isOpen || (cookie !== undefined && sessions.has(cookie))
  }

  const checkChange = (request: StudioRequest): StudioReply | undefined => {
    if (!isOwnPage(request)) return FOREIGN_PAGE()
    const isJson = /^application\/json\b/i.test(request.header("content-type") ?? "")
    return isJson ? undefined : refuse(415, "bad-request", "Expected a body with content-type: application/json.")
  }

  return {
    token,
    check: (request, isApi) => {
      if (!isKnownHost(request.header("host"), names)) return FOREIGN_HOST(request.header("host"))
      if (!isApi) return undefined
      if (isForeignSite(request)) return FOREIGN_PAGE()
      const refused = isSafe(request.method) ? undefined : checkChange(request)
      if (refused || request.path === "api/session") return refused
      if (hasSession(request)) return undefined
      return refuse(401, "no-session", "The studio needs its token.", "Open the URL that imgtailor serve has printed.")
    },
    openSession: async (request) => {
      const body = (await request.json()) as { readonly token?: unknown } | undefined
      if (isOpen) return replyEmpty(204)
      const given = typeof body?.token === "string" ? body.token : ""
      if (!tokenDigest || !timingSafeEqual(digestOf(given), tokenDigest))
        return refuse(
          401,
          "no-session",
          "This is not the token of the studio.",
          "It is new after each start of imgtailor serve.",
        )
      const isSecure = request.header("origin")?.startsWith("https:") === true
      // Without a path, the cookie is for the folder of this URL: `_studio/api`.
      const cookie = `${cookieName()}=${sessions.open()}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`
      return replyEmpty(204, { "set-cookie": cookie })
    },
  }
}
