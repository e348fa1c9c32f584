/**
 * What a refusal says, and the headers that go with it: JSON (RFC 9457) where `Accept` asks for it, else one line of text. Pure, so that
 * the edge of a CDN says the same.
 */
import type { ErrorCode } from "../errors.ts"
import type { AnswerKind } from "../refusals.ts"
import { refusedStatus } from "../tailor/decision.ts"
import { ALLOWED_METHODS, COMMON_HEADERS, type Headers } from "./headers.ts"

/** What of an error is public, besides what its code says. */
interface Explained {
  readonly code: ErrorCode
  readonly detail: string
  readonly hint?: string | undefined
}

const asksForJson = (accept: string | undefined): boolean => /\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept ?? "")

/** @returns the body as text, and its headers without its length */
export const explain = (
  { code, detail, hint }: Explained,
  { status, title, cacheSeconds }: AnswerKind,
  accept: string | undefined,
): { readonly text: string; readonly headers: Headers } => {
  const isJson = asksForJson(accept)
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
