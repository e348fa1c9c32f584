/**
 * Responsible for responses on connections without a response object of Node: to bytes that its parser rejects, and to `CONNECT`.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"

import type { Handle } from "../http/handle.ts"
import type { Connections } from "./connections.ts"
import { headerOf } from "./listener.ts"

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

/** Answers bytes that are no request. */
export const answerParseError = (error: NodeJS.ErrnoException, socket: Duplex, connections: Connections): void => {
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
export const answerConnect = async (
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
