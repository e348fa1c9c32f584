/**
 * Responsible for the studio: the web interface of `serve`. It is loaded only where it is switched on.
 *
 * Invariants:
 * - Requests to it are answered here alone: none is counted, logged or reported, so the token is in no log.
 * - A request that is not below `_studio/` costs one comparison of its path.
 */
import type { IncomingMessage, ServerResponse } from "node:http"

import { describeError, isAbort, TailorError } from "../errors.ts"
import type { RequestReport } from "../hooks.ts"
import type { Intercept } from "../server/node.ts"
import { createFiles } from "./files.ts"
import { createGuard } from "./guard.ts"
import { refuse, replyEmpty, type StudioReply, type StudioRequest } from "./reply.ts"
import type { RouteParts } from "./route.ts"
import { createRoutes } from "./routes.ts"
import { readJson, writeReply } from "./wire.ts"

/** Options of {@link createStudio}. */
export interface StudioOptions extends Omit<RouteParts, "guard"> {
  /** Port of the server, once it listens. */
  readonly port: () => number
}

/** The studio of one server. */
export interface Studio {
  /** Answers requests below `_studio/`, and redirects the root. */
  readonly intercept: Intercept
  /** To be called with each request to the tailor. */
  readonly observe: (report: RequestReport) => void
  /** Part of the studio's URL after the base path: `/_studio/#<token>`. */
  readonly path: string
  /** Ends its streams, so that the server can close. */
  readonly close: () => void
}

const FOLDER = "/_studio"

const toRequest = (request: IncomingMessage, path: string, query: string, signal: AbortSignal): StudioRequest => ({
  method: request.method ?? "GET",
  path,
  query: new URLSearchParams(query),
  header: (name) => {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join("; ") : value
  },
  json: () => readJson(request),
  signal,
})

/** An error of a route as a response. */
const toRefusal = (error: unknown): StudioReply | undefined => {
  if (error instanceof TailorError) return refuse(error.status, error.code, error.detail, error.hint)
  return isAbort(error) ? replyEmpty(499) : undefined
}

/** Creates the studio of a server. */
export const createStudio = (options: StudioOptions): Studio => {
  const { tailor, onNotice, isOpen, port } = options
  const { basePath, host, studioHosts } = tailor.config
  const root = `${basePath}${FOLDER}`
  const guard = createGuard({ isOpen, host, publicHosts: studioHosts, port })
  const routes = createRoutes({ ...options, guard })
  const getFile = createFiles()

  /** The root, the base path, and the studio without its slash. */
  const isEntry = (target: string): boolean =>
    target === "/" || target === root || target === basePath || target === `${basePath}/`

  const answer = async (request: StudioRequest): Promise<StudioReply> => {
    const isApi = request.path.startsWith("api/")
    const refused = guard.check(request, isApi)
    if (refused) return refused
    if (isApi) return routes.answer(request)
    if (request.method !== "GET" && request.method !== "HEAD")
      return refuse(405, "bad-request", "Expected GET or HEAD.")
    return (await getFile(request)) ?? refuse(404, "not-found", "The studio has no such page.", `Open ${root}/.`)
  }

  const handle = async (request: StudioRequest): Promise<StudioReply> => {
    try {
      return await answer(request)
    } catch (error) {
      const known = toRefusal(error)
      if (!known) onNotice(`The studio failed: ${describeError(error)}`, "error")
      return known ?? refuse(500, "internal", "The studio failed. The log has the reason.")
    }
  }

  const respond = async (
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    onRespond: (byteLength: number) => void,
  ): Promise<void> => {
    const leaving = new AbortController()
    response.once("close", () => leaving.abort())
    const [path = "", query = ""] = target.slice(root.length + 1).split(/\?(.*)/s)
    const result = await handle(toRequest(request, path, query, leaving.signal))
    await writeReply(response, result, request.method === "HEAD", onRespond)
  }

  const intercept: Intercept = (request, response, onRespond) => {
    const target = request.url ?? ""
    if (target.startsWith(`${root}/`)) {
      respond(request, response, target, onRespond).catch(() => response.destroy())
      return true
    }
    if (!isEntry(target)) return false
    if (request.method !== "GET" && request.method !== "HEAD") return false
    response.writeHead(302, { location: `${root}/`, "cache-control": "no-store", "content-length": "0" }).end()
    return true
  }

  return {
    intercept,
    observe: routes.observe,
    path: `${FOLDER}/${guard.token === undefined ? "" : `#${guard.token}`}`,
    close: routes.close,
  }
}
