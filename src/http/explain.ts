/**
 * Responsible for the text and the headers of an error response: JSON (RFC 9457) where `Accept` requests it, otherwise one line of text.
 * Pure, so that the edge function of a CDN sends the same.
 */
import type { ErrorCode } from "../error-codes.ts"
import type { AnswerKind } from "../refusals.ts"
import { ALLOWED_METHODS, COMMON_HEADERS, type Headers, refusedStatus } from "./headers.ts"

/** The public part of an error. */
interface PublicError {
  readonly code: ErrorCode
  readonly detail: string
  readonly hint?: string | undefined
}

const acceptsJson = (accept: string | undefined): boolean => /\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept ?? "")

/** @returns the body as text, and its headers without `Content-Length` */
export const explain = (
  { code, detail, hint }: PublicError,
  { status, title, cacheSeconds }: AnswerKind,
  accept: string | undefined,
): { readonly text: string; readonly headers: Headers } => {
  const isJson = acceptsJson(accept)
  const text = isJson
    ? JSON.stringify({ type: "about:blank", title, status, detail, ...(hint && { hint }), code })
    : `${status} ${code}: ${detail}${hint ? ` ${hint}` : ""}\n`
  const headers = {
    ...COMMON_HEADERS,
    "content-type": isJson ? "application/problem+json" : "text/plain; charset=utf-8",
    "cache-control": cacheSeconds > 0 ? `public, max-age=${cacheSeconds}` : "no-store",
    vary: "Accept",
    "cache-status": refusedStatus(code),
    ...(code === "method-not-allowed" && { allow: ALLOWED_METHODS }),
  }
  return { text, headers }
}
