/**
 * `node:http`: a listener to mount in a server of your own, and the server of `imgtailor serve`.
 * GET and HEAD have no body, so there is little to translate; an answer held in memory goes to the socket in one piece.
 */
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http"
import type { Socket } from "node:net"
import { type Duplex, Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

import type { Answer } from "../http/answer.ts"
import type { Handle } from "../http/handle.ts"

/** Longer than the idle time-out of the proxies in front (nginx 60 s, a load balancer 60 s), so that they never meet a closing socket. */
const KEEP_ALIVE_MS = 65_000
const HEADERS_MS = 15_000
const REQUEST_MS = 30_000
/** A connection on which nothing moves for this long is cut: a reader that stopped reading holds a file open. */
const IDLE_MS = 300_000

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** Aborts when the client goes before the answer has been sent. */
const leavingSignal = (response: ServerResponse): AbortSignal => {
  const controller = new AbortController()
  if (response.closed) controller.abort()
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
    target: request.url ?? "/",
    header: (name) => headerOf(request, name),
    signal: () => leavingSignal(response),
  })
  await write(response, answer)
}

/** Requests that may wait on one connection. Clients that mean well send a few at most, and send again what a closed one left open. */
const MAX_WAITING = 100

const waitingOn = new WeakMap<Socket, number>()

/**
 * Works on a request once those before it on its connection have been answered: otherwise one client that sends a thousand at once, and
 * reads nothing, holds as many files open. Node gives a response its socket when its turn comes.
 */
const inTurn = ({ socket }: IncomingMessage, response: ServerResponse, work: () => void): void => {
  if (response.socket !== null) return work()
  const waiting = waitingOn.get(socket) ?? 0
  if (waiting >= MAX_WAITING) {
    socket.destroy()
    return
  }
  waitingOn.set(socket, waiting + 1)
  response.once("socket", () => {
    waitingOn.set(socket, (waitingOn.get(socket) ?? 1) - 1)
    work()
  })
}

/**
 * A listener for `http.createServer`.
 * @example
 * createServer(toNodeListener(createTailor({ originals: "photos", sizes: ["1280w"] }))).listen(3000)
 */
export const toNodeListener =
  ({ handle }: { readonly handle: Handle }): RequestListener =>
  (request, response) =>
    inTurn(request, response, () => void respond(handle, request, response).catch(() => response.destroy()))

/** What Node's parser refuses never becomes a request; by the code of its error. */
const UNPARSED: Readonly<Record<string, string>> = {
  HPE_INVALID_URL:
    "400 bad-url: The address has characters that none may have. Escape what is not ASCII, as UTF-8: é is %C3%A9.",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
}

const answerUnparsed = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  const body = `${UNPARSED[error.code ?? ""] ?? "400 Bad Request"}\n`
  const status = body.slice(0, 3)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
}

/** Connections on which nothing was asked yet: Node does not take them for idle. */
const unusedOf = new WeakMap<Server, Set<Socket>>()

/** How often a server that ends looks for connections whose last request has been answered. */
const IDLE_LOOK_MS = 50

/** The server of `imgtailor serve`. End it with {@link closeServer}. */
export const createNodeServer = (tailor: { readonly handle: Handle }): Server => {
  const listener = toNodeListener(tailor)
  const unused = new Set<Socket>()
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }
  const server = createServer(options, (request, response) => {
    unused.delete(request.socket)
    listener(request, response)
  })
  server.on("connection", (socket) => {
    unused.add(socket)
    socket.once("close", () => unused.delete(socket))
  })
  server.on("clientError", answerUnparsed)
  server.timeout = IDLE_MS
  unusedOf.set(server, unused)
  return server
}

/**
 * Refuses new connections, lets running requests end, and resolves when the last one has. Connections on which nothing was asked are
 * closed at once.
 * @param graceMs after which the remaining connections are cut
 */
export const closeServer = async (server: Server, graceMs: number): Promise<void> => {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  // Those that become idle later would be kept for the next request, which never comes.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    for (const socket of unusedOf.get(server) ?? []) socket.destroy()
  })
  clearTimeout(cut)
  clearInterval(sweep)
}
