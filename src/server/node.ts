/**
 * Public entry point `imgtailor/node`: a listener to mount in a `node:http` server, and the server of `imgtailor serve`.
 * GET and HEAD have no body, so there is little to translate. An answer that is in memory is written to the socket in one piece.
 *
 * Invariants:
 * - Every connection ends, independent of its client. See connections.ts.
 * - Closing a server truncates no response.
 */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Server as NetServer, type Socket } from "node:net"
import { type Duplex, Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

import type { Answer } from "../http/answer.ts"
import type { Handle } from "../http/handle.ts"
import { CONNECTION_TIMES, type Connections, type ConnectionTimes, createConnections } from "./connections.ts"
import { connectionLimit } from "./descriptors.ts"
import { isBelow, mountedUrl, type MountedUrl } from "./mounted.ts"

export type { ConnectionTimes } from "./connections.ts"

/** Longer than the idle time-out of proxies (nginx 60 s, AWS load balancers 60 s), so that they never use a connection that is being closed. */
const KEEP_ALIVE_MS = 65_000
/** Part of the time for the first request that its headers may take, before the client gets a 408. */
const HEADERS_SHARE = 0.75

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** Calls back when the client disconnects before the response has been sent. */
const onDisconnect = (response: ServerResponse, callback: () => void): (() => void) => {
  if (response.closed) callback()
  else response.once("close", callback)
  return () => response.off("close", callback)
}

const write = (response: ServerResponse, { status, headers, body }: Answer): void => {
  response.writeHead(status, headers)
  if (body === undefined || body instanceof Uint8Array) {
    response.end(body)
    return
  }
  // Where the client disconnects or the file fails, the connection is closed: `Content-Length` shows the client that bytes are missing.
  pipeline(body instanceof Readable ? body : Readable.from(body), response).catch(() => response.destroy())
}

type OnRespond = (socket: Socket, byteLength: number) => void

/** URLs in headers are those that the client can request. */
const withMount = (answer: Answer, mount: string): Answer => {
  const location = answer.headers["content-location"]
  if (mount === "" || location === undefined) return answer
  return { ...answer, headers: { ...answer.headers, "content-location": mount + location } }
}

const respond = (
  handle: Handle,
  request: IncomingMessage,
  response: ServerResponse,
  { target, mount }: MountedUrl,
  onRespond: OnRespond | undefined,
): void => {
  const send = (handled: Answer): void => {
    const answer = withMount(handled, mount)
    onRespond?.(request.socket, Number(answer.headers["content-length"] ?? 0))
    write(response, answer)
  }
  const answer = handle({
    method: request.method ?? "GET",
    target,
    header: (name) => headerOf(request, name),
    onDisconnect: (callback) => onDisconnect(response, callback),
  })
  if (answer instanceof Promise) answer.then(send).catch(() => response.destroy())
  else send(answer)
}

/** Requests that may wait on one connection. Clients usually send a few at most, and repeat those that a closed connection left open. */
const MAX_WAITING = 100

const waitingOn = new WeakMap<Socket, number>()

/**
 * Starts the work on a request when the earlier ones on its connection have been answered. Otherwise a client that sends a thousand
 * requests and reads nothing would hold as many files open. Node assigns a response its socket when its turn comes.
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

/** A handler of requests, as a tailor has it. */
interface Mountable {
  readonly handle: Handle
  readonly basePath?: string
}

/** A listener for `http.createServer`, and middleware for Express, connect and others. */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void

const createListener =
  ({ handle, basePath = "" }: Mountable, onRespond?: OnRespond): NodeListener =>
  (request, response, next) => {
    const url = mountedUrl(request, basePath)
    if (next && !isBelow(url.target, basePath)) return next()
    inTurn(request, response, () => respond(handle, request, response, url, onRespond))
  }

/**
 * Creates a listener for `http.createServer`, which answers every request, and middleware for Express, connect, NestJS and others, which
 * passes on requests outside `basePath`. Set `basePath` to the path under which it is mounted.
 * @example
 * const tailor = createTailor({ originals: "photos", sizes: ["1280w"] })
 * createServer(toNodeListener(tailor)).listen(3000)
 * @example
 * const tailor = createTailor({ originals: "photos", sizes: ["1280w"], basePath: "/images" })
 * express().use("/images", toNodeListener(tailor))
 */
export const toNodeListener = (tailor: Mountable): NodeListener => createListener(tailor)

/** Responses to requests that Node's parser rejects, by the code of its error. */
const PARSE_ERRORS: Readonly<Record<string, string>> = {
  HPE_INVALID_URL:
    "400 bad-url: The URL has invalid characters. Percent-encode characters outside ASCII as UTF-8: é is %C3%A9.",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
}

const writeRaw = (
  socket: Duplex,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): void => {
  const lines = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`)
  socket.end(body)
}

const answerParseError = (error: NodeJS.ErrnoException, socket: Duplex, connections: Connections): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  if (!connections.refuse(socket as Socket)) return
  const body = Buffer.from(`${PARSE_ERRORS[error.code ?? ""] ?? "400 Bad Request"}\n`)
  const headers = { "content-type": "text/plain; charset=utf-8", "content-length": String(body.length) }
  writeRaw(socket, Number(body.toString("latin1", 0, 3)), headers, body)
}

/** `CONNECT` never becomes an ordinary request of Node. */
const answerConnect = async (
  handle: Handle,
  request: IncomingMessage,
  socket: Duplex,
  connections: Connections,
): Promise<void> => {
  socket.on("error", () => socket.destroy())
  socket.resume()
  if (!connections.refuse(socket as Socket)) return
  const { method = "CONNECT", url = "/" } = request
  const { status, headers, body } = await handle({ method, target: url, header: (name) => headerOf(request, name) })
  writeRaw(socket, status, headers, body instanceof Uint8Array ? body : new Uint8Array())
}

/**
 * Answers a request before the tailor, or returns false to leave it.
 * @param onRespond to be called with the length of the body when a response begins that must be read in time
 */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  onRespond: (byteLength: number) => void,
) => boolean

/** Options of {@link createNodeServer}. */
export interface NodeServerOptions {
  /** @default none: every request goes to the tailor */
  readonly intercept?: Intercept | undefined
  /** Times after which connections are closed. */
  readonly times?: Partial<ConnectionTimes>
}

const connectionsOf = new WeakMap<Server, Connections>()

/**
 * Creates the server of `imgtailor serve`, with time limits for slow clients. Close it with {@link closeServer}.
 * @example
 * const server = createNodeServer(createTailor({ originals: "photos", sizes: ["1280w"] }))
 * server.listen(3000)
 */
export const createNodeServer = ({ handle }: Mountable, options: NodeServerOptions = {}): Server => {
  const { intercept } = options
  const times = { ...CONNECTION_TIMES, ...options.times }
  const connections = createConnections(times)
  const listener = createListener({ handle }, connections.respond)
  const headersTimeout = times.firstRequestMs * HEADERS_SHARE
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout,
      requestTimeout: headersTimeout,
      connectionsCheckingInterval: times.lookMs,
    },
    (request, response) => {
      connections.request(request, response)
      if (intercept?.(request, response, (byteLength) => connections.respond(request.socket, byteLength))) return
      listener(request, response)
    },
  )
  server.on("connection", connections.add)
  server.on("timeout", connections.timeout)
  server.on("clientError", (error, socket) => answerParseError(error, socket, connections))
  server.on("connect", (request, socket) => void answerConnect(handle, request, socket, connections))
  server.timeout = times.stalledMs
  server.maxConnections = connectionLimit()
  server.once("close", connections.stop)
  connectionsOf.set(server, connections)
  return server
}

/** Lets the event loop accept connections or read requests. It polls between two turns, but not before the first. */
const twoTurns = (): Promise<void> => new Promise((resolve) => void setImmediate(() => setImmediate(resolve)))

/** Longest time to accept the connections that wait, where new ones keep arriving. */
const ACCEPT_MS = 500

/** Accepts the connections that wait to be accepted: closing the listening socket would reset them, and Node accepts one each turn. */
const acceptWaiting = async (server: Server): Promise<void> => {
  const endMs = performance.now() + ACCEPT_MS
  let isAccepted = true
  const onConnection = (): void => void (isAccepted = true)
  server.on("connection", onConnection)
  while (isAccepted && performance.now() < endMs) {
    isAccepted = false
    await twoTurns()
  }
  server.off("connection", onConnection)
}

/**
 * Closes a server: refuses new connections, answers the requests that have arrived, and resolves when every connection has been closed.
 * @param graceMs time after which the remaining connections are cut, in milliseconds
 * @example
 * process.once("SIGTERM", () => void closeServer(server, 30_000))
 */
export const closeServer = async (server: Server, graceMs: number): Promise<void> => {
  const connections = connectionsOf.get(server)
  await acceptWaiting(server)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  const closed = new Promise<void>((resolve) => {
    // Only the listening socket: `server.close()` of node:http also destroys connections whose response is still being sent.
    NetServer.prototype.close.call(server, () => resolve())
  })
  await twoTurns()
  connections?.end()
  await closed
  clearTimeout(cut)
}
