/** Responsible for the studio's requests and responses on the socket. */
import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"

import type { StudioReply } from "./reply.ts"

/** Longest body of a request in bytes: a draft list of some hundred sizes. */
const MAX_BODY_BYTES = 100_000

/** A stream whose client reads nothing for this long is cut. */
const STALLED_MS = 60_000

/** The body of a request as JSON; undefined for one that does not parse or is too long. */
export const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let byteLength = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteLength += chunk.length
    if (byteLength > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown
  } catch {
    return undefined
  }
}

const writeStream = async (response: ServerResponse, body: AsyncIterable<string>): Promise<void> => {
  response.flushHeaders()
  for await (const text of body) {
    if (response.destroyed) return
    if (!response.write(text)) await once(response, "drain", { signal: AbortSignal.timeout(STALLED_MS) })
  }
  response.end()
}

/** Writes a response. @param onRespond called with the length of the body, except of a stream, which may take as long as it likes */
export const writeReply = async (
  response: ServerResponse,
  { status, headers, body }: StudioReply,
  isHead: boolean,
  onRespond: (byteLength: number) => void,
): Promise<void> => {
  if (response.destroyed) return
  response.writeHead(status, headers)
  if (body !== undefined && !(body instanceof Uint8Array) && !isHead) return writeStream(response, body)
  onRespond(body instanceof Uint8Array ? body.length : 0)
  response.end(isHead || !(body instanceof Uint8Array) ? undefined : body)
}
