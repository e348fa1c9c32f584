/** Responsible for requests and responses of the studio as plain values, and for the headers that every response has. */
import type { StudioError } from "./api.ts"

/** A request to the studio. */
export interface StudioRequest {
  readonly method: string
  /** Decoded, below `_studio/`: "api/photos", "". */
  readonly path: string
  readonly query: URLSearchParams
  /** Returns the value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** The body as JSON; undefined for one that does not parse, or is longer than a body of the studio may be. */
  readonly json: () => Promise<unknown>
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal
}

/** A response of the studio. */
export interface StudioReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A stream for server-sent events. */
  readonly body?: Uint8Array | AsyncIterable<string> | undefined
}

/** The page loads only its own files, has no inline code, and is shown in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

/** Headers of every response. */
export const STUDIO_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
}

/** A response with bytes. */
export const reply = (
  status: number,
  contentType: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): StudioReply => ({
  status,
  headers: { ...STUDIO_HEADERS, "content-type": contentType, "content-length": String(body.length), ...headers },
  body,
})

/** A response with JSON. */
export const replyJson = (value: unknown, status = 200): StudioReply =>
  reply(status, "application/json", new TextEncoder().encode(JSON.stringify(value)))

/** A response without a body. */
export const replyEmpty = (status: number, headers: Readonly<Record<string, string>> = {}): StudioReply => ({
  status,
  headers: { ...STUDIO_HEADERS, ...headers },
})

/** An error of the studio as a response. */
export const refuse = (status: number, code: string, detail: string, hint?: string): StudioReply =>
  replyJson({ code, detail, ...(hint !== undefined && { hint }) } satisfies StudioError, status)
