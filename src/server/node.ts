/**
 * `node:http`: a listener to mount in a server of your own, and the server of `imgtailor serve`.
 * GET and HEAD have no body, so there is little to translate; an answer held in memory goes to the socket in one piece.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

import type { Answer } from "../http/answer.ts"
import type { Handle } from "../http/handle.ts"

/** Longer than the idle time-out of the proxies in front (nginx 60 s, a load balancer 60 s), so that they never meet a closing socket. */
const KEEP_ALIVE_MS = 65_000
const HEADERS_MS = 15_000
const REQUEST_MS = 30_000
/** A connection on which nothing moves for this long is cut: a reader that stopped reading holds a file open. */
const IDLE_MS = 300_000

/** Node gives bytes outside ASCII as Latin-1; escaped, they are decoded as the UTF-8 that they are. */
const toTarget = (url: string): string => url.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** Aborts when the client goes before the answer has been sent. */
const leavingSignal = (response: ServerResponse): AbortSignal => {
  const controller = new AbortController()
  response.once("close", () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

const write = async (response: ServerResponse, { status, headers, body }: Answer): Promise<void> => {
  response.writeHead(status, headers)
  if (body === undefined || body instanceof Uint8Array) {
    response.end(body)
    return
  }
  // A client that leaves, or a file that fails half-way, ends the connection: the length that was promised tells the client.
  await pipeline(body instanceof Readable ? body : Readable.from(body), response).catch(() => response.destroy())
}

const respond = async (handle: Handle, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const answer = await handle({
    method: request.method ?? "GET",
    target: toTarget(request.url ?? "/"),
    header: (name) => headerOf(request, name),
    signal: () => leavingSignal(response),
  })
  await write(response, answer)
}

/**
 * A listener for `http.createServer`.
 * @example
 * createServer(toNodeListener(createTailor({ originals: "photos", sizes: ["1280w"] }))).listen(3000)
 */
export const toNodeListener =
  ({ handle }: { readonly handle: Handle }): RequestListener =>
  (request, response) => {
    void respond(handle, request, response)
  }

/** Running requests by connection; connections without any may be closed at once when the server ends. */
const requestsOf = new WeakMap<Server, Map<Socket, number>>()

/** The server of `imgtailor serve`. End it with {@link closeServer}. */
export const createNodeServer = (tailor: { readonly handle: Handle }): Server => {
  const listener = toNodeListener(tailor)
  const running = new Map<Socket, number>()
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }
  const server = createServer(options, (request, response) => {
    const { socket } = request
    running.set(socket, (running.get(socket) ?? 0) + 1)
    response.once("close", () => {
      const left = (running.get(socket) ?? 1) - 1
      if (running.has(socket)) running.set(socket, left)
      if (left === 0 && !server.listening) socket.end()
    })
    listener(request, response)
  })
  server.on("connection", (socket) => {
    running.set(socket, 0)
    socket.once("close", () => running.delete(socket))
  })
  server.timeout = IDLE_MS
  requestsOf.set(server, running)
  return server
}

/**
 * Refuses new connections, lets running requests end, and resolves when the last one has. Connections on which nothing was asked are
 * closed at once.
 * @param graceMs after which the remaining connections are cut
 */
export const closeServer = async (server: Server, graceMs: number): Promise<void> => {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    for (const [socket, count] of requestsOf.get(server) ?? []) if (count === 0) socket.destroy()
  })
  clearTimeout(cut)
}
