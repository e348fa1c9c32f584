/**
 * The only catch-all: anything thrown becomes an answer here, and nothing internal leaves by it.
 * JSON (RFC 9457) where `Accept` asks for it, else one line of text.
 */
import { busy, codeOf, ERRORS, internalError, isAbort, RETRY_AFTER_SECONDS, TailorError } from "../errors.ts"
import type { Decision } from "../tailor/decision.ts"
import { cacheStatus } from "../tailor/decision.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { ALLOWED_METHODS, COMMON_HEADERS } from "./headers.ts"

const toTailorError = (thrown: unknown): TailorError => {
  if (thrown instanceof TailorError) return thrown
  return isAbort(thrown) ? busy("left") : internalError(thrown)
}

const asksForJson = (accept: string | undefined): boolean => /\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept ?? "")

const cacheControl = (seconds: number): string => (seconds > 0 ? `public, max-age=${seconds}` : "no-store")

const toText = ({ code, status, detail, hint }: TailorError): string =>
  `${status} ${code}: ${detail}${hint ? ` ${hint}` : ""}\n`

const toJson = ({ code, status, detail, hint }: TailorError): string =>
  JSON.stringify({ type: "about:blank", title: ERRORS[code].title, status, detail, ...(hint && { hint }), code })

/** Headers that only some errors have. */
const extraHeaders = (code: TailorError["code"], bytes: number | undefined): Record<string, string> => {
  if (code === "busy") return { "retry-after": String(RETRY_AFTER_SECONDS) }
  if (code === "method-not-allowed") return { allow: ALLOWED_METHODS }
  if (code === "range-not-satisfiable") return { "content-range": `bytes */${bytes ?? 0}` }
  return {}
}

/**
 * The answer for anything thrown while a request was handled.
 * @param context what was known by then: a decision's fields, and the rendition's length for a range
 */
export const toProblem = (
  thrown: unknown,
  { method, header }: HttpRequest,
  context: Partial<Decision> & { readonly bytes?: number } = {},
): Answer => {
  const error = toTailorError(thrown)
  const { bytes, ...known } = context
  const isJson = asksForJson(header("accept"))
  const body = new TextEncoder().encode(isJson ? toJson(error) : toText(error))
  const decision: Decision = {
    timings: {},
    ...known,
    outcome: "refused",
    reason: error.hint ? `${error.detail} ${error.hint}` : error.detail,
    code: codeOf(error) ?? "internal",
    ...(error.report && { cause: error }),
  }
  return {
    status: error.status,
    headers: {
      ...COMMON_HEADERS,
      "content-type": isJson ? "application/problem+json" : "text/plain; charset=utf-8",
      "content-length": String(body.length),
      "cache-control": cacheControl(ERRORS[error.code].cacheSeconds),
      vary: "Accept",
      "cache-status": cacheStatus(decision),
      ...extraHeaders(error.code, bytes),
    },
    ...(method !== "HEAD" && { body }),
    decision,
  }
}
