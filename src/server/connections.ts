/**
 * Responsible for the connections of a server: the time by which each of them ends, and their orderly end at shutdown.
 *
 * Invariants:
 * - Every connection has a time by which it is closed, independent of its client. One timer checks all of them.
 * - At shutdown a connection is ended once its last response has been handed to the system, never before.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/** Times after which a connection is closed, in milliseconds. Each may be exceeded by `lookMs`. */
export interface ConnectionTimes {
  /** From accepting a connection until its first request has been received. @default 20000 */
  readonly firstRequestMs: number
  /** From the end of a response until the next request has been received. @default 80000 */
  readonly nextRequestMs: number
  /** For sending a response, besides its length at `minBytesPerSecond`. @default 60000 */
  readonly responseMs: number
  /** Slowest speed at which a client may read. @default 4000 */
  readonly minBytesPerSecond: number
  /** Without any progress on the connection, except while a response is prepared. @default 60000 */
  readonly stalledMs: number
  /** From the last response to a connection that is being closed until it is cut. @default 1000 */
  readonly closingMs: number
  /** Time between two checks of all connections. @default 5000 */
  readonly lookMs: number
}

/** Defaults of {@link ConnectionTimes}. */
export const CONNECTION_TIMES: ConnectionTimes = {
  firstRequestMs: 20_000,
  // Longer than the keep-alive time of the server.
  nextRequestMs: 80_000,
  responseMs: 60_000,
  minBytesPerSecond: 4000,
  // A client that stopped reading may hold a file open.
  stalledMs: 60_000,
  closingMs: 1000,
  lookMs: 5000,
}

/** At shutdown a client has longer to read the bytes that the system still holds for it. */
const SHUTDOWN_CLOSING_MS = 5000
const SHUTDOWN_LOOK_MS = 500

interface Connection {
  /** Time of `performance.now()` at which the connection is cut. */
  dueMs: number
  /** Requests that have been received and whose response has not ended. */
  responses: number
  /** A response is being sent, rather than prepared. */
  isSending: boolean
  /** No further request is answered. */
  isClosing: boolean
}

/** Called as the requests of a server come and go. */
export interface Connections {
  readonly add: (socket: Socket) => void
  /** A request was received. */
  readonly request: (request: IncomingMessage, response: ServerResponse) => void
  /** A response begins. @param byteLength of its body */
  readonly respond: (socket: Socket, byteLength: number) => void
  /** Nothing was sent or received for a while. Closes the connection, unless its response is still being prepared. */
  readonly timeout: (socket: Socket) => void
  /** The received bytes are not a request. @returns false where a response is being sent, which an answer would corrupt */
  readonly refuse: (socket: Socket) => boolean
  /** Ends all connections, each after its last response. Requests that arrive meanwhile are answered. */
  readonly end: () => void
  /** Stops checking the connections. */
  readonly stop: () => void
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

/** Ends a connection once everything written to it has been handed to the system. */
const endSocket = (socket: Socket, connection: Connection, closingMs: number): void => {
  connection.isClosing = true
  connection.dueMs = performance.now() + closingMs
  socket.end()
}

/**
 * Node calls `destroySoon` after a response with `Connection: close`. It closes the socket as soon as the system has taken the last byte,
 * and if a byte from the client is unread by then, the system discards all bytes that it has not delivered yet. So the client gets time.
 */
const endSoon = (socket: Socket, connection: Connection, closingMs: number): void => {
  socket.destroySoon = () => endSocket(socket, connection, closingMs)
}

interface State {
  readonly times: ConnectionTimes
  readonly connections: Map<Socket, Connection>
  isShutdown: boolean
}

const onResponseEnd = ({ times, isShutdown, connections }: State, { socket }: IncomingMessage): void => {
  const connection = connections.get(socket)
  if (!connection) return
  connection.responses -= 1
  connection.isSending = false
  if (connection.responses > 0) return
  if (isShutdown) endSocket(socket, connection, SHUTDOWN_CLOSING_MS)
  else if (connection.isClosing) endSocket(socket, connection, times.closingMs)
  else connection.dueMs = performance.now() + times.nextRequestMs
}

const onRequest = (
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  onClose: (this: ServerResponse) => void,
): void => {
  const { socket } = request
  const connection = state.connections.get(socket)
  if (!connection) return
  connection.responses += 1
  // The handler has its own deadline, and the response has a time limit once it begins.
  if (connection.responses === 1) connection.dueMs = Infinity
  // It is emitted once. One function for all responses costs less than a closure and its wrapper for each.
  response.on("close", onClose)
  // A request needs no body, and its body may never end.
  if (!state.isShutdown && !hasBody(request)) return
  response.setHeader("connection", "close")
  endSoon(socket, connection, state.isShutdown ? SHUTDOWN_CLOSING_MS : state.times.closingMs)
}

const cutOverdue = ({ connections }: State): void => {
  const nowMs = performance.now()
  for (const [socket, { dueMs }] of connections) if (dueMs <= nowMs) socket.destroy()
}

export const createConnections = (times: ConnectionTimes): Connections => {
  const connections = new Map<Socket, Connection>()
  const state: State = { times, connections, isShutdown: false }
  function onClose(this: ServerResponse): void {
    onResponseEnd(state, this.req)
  }
  const { firstRequestMs, responseMs, minBytesPerSecond, closingMs, lookMs } = times
  let look = setInterval(() => cutOverdue(state), lookMs).unref()
  return {
    add: (socket) => {
      const dueMs = performance.now() + firstRequestMs
      connections.set(socket, { dueMs, responses: 0, isSending: false, isClosing: false })
      socket.once("close", () => connections.delete(socket))
    },
    request: (request, response) => onRequest(state, request, response, onClose),
    respond: (socket, byteLength) => {
      const connection = connections.get(socket)
      if (!connection) return
      connection.isSending = true
      connection.dueMs = performance.now() + responseMs + (byteLength / minBytesPerSecond) * 1000
    },
    timeout: (socket) => {
      const connection = connections.get(socket)
      if (!connection || connection.responses === 0 || connection.isSending) socket.destroy()
    },
    refuse: (socket) => {
      const connection = connections.get(socket)
      if (!connection) return true
      const isFree = connection.responses === 0 && !connection.isClosing
      connection.isClosing = true
      if (isFree) connection.dueMs = performance.now() + closingMs
      return isFree
    },
    end: () => {
      state.isShutdown = true
      clearInterval(look)
      look = setInterval(() => cutOverdue(state), Math.min(lookMs, SHUTDOWN_LOOK_MS)).unref()
      for (const [socket, connection] of connections) {
        endSoon(socket, connection, SHUTDOWN_CLOSING_MS)
        if (connection.responses > 0) continue
        // Nothing was sent on it, so nothing can be truncated.
        if (socket.bytesWritten === 0) socket.destroy()
        else endSocket(socket, connection, SHUTDOWN_CLOSING_MS)
      }
    },
    stop: () => clearInterval(look),
  }
}
