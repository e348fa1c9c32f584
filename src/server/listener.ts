/**
 * Responsible for translating a request of `node:http` to the handler, and its answer to a response. GET and HEAD have no body, so there is
 * little to translate. An answer that is in memory is written to the socket in one piece.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

import type { Answer } from "../http/answer.ts"
import type { Handle } from "../http/handle.ts"
import { isBelow, mountedUrl, type MountedUrl } from "./mounted.ts"

/** The value of a header by its lower-case name. */
export const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
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

/** Called when a response begins. @param byteLength of its body */
export type OnRespond = (socket: Socket, byteLength: number) => void

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
export interface Mountable {
  readonly handle: Handle
  readonly basePath?: string
}

/** A listener for `http.createServer`, and middleware for Express, connect and others. */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void

/** @param onRespond called when a response begins that must be read in time */
export const createListener =
  ({ handle, basePath = "" }: Mountable, onRespond?: OnRespond): NodeListener =>
  (request, response, next) => {
    const url = mountedUrl(request, basePath)
    if (next && !isBelow(url.target, basePath)) return next()
    inTurn(request, response, () => respond(handle, request, response, url, onRespond))
  }
