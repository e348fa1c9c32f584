/**
 * Public entry point `imgtailor/node`: a listener to mount in a `node:http` server, and the server of `imgtailor serve`.
 *
 * Invariants:
 * - Every connection ends, independent of its client. See connections.ts.
 * - Closing a server truncates no response.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Server as NetServer } from "node:net"

import { CONNECTION_TIMES, type Connections, type ConnectionTimes, createConnections } from "./connections.ts"
import { connectionLimit } from "./descriptors.ts"
import { createListener, type Mountable, type NodeListener } from "./listener.ts"
import { answerConnect, answerParseError } from "./raw-responses.ts"

export type { ConnectionTimes } from "./connections.ts"
export type { NodeListener } from "./listener.ts"

/** Longer than the idle time-out of proxies (nginx 60 s, AWS load balancers 60 s), so that they never use a connection that is being closed. */
const KEEP_ALIVE_MS = 65_000
/** Part of the time for the first request that its headers may take, before the client gets a 408. */
const HEADERS_SHARE = 0.75

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
