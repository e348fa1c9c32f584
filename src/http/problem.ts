/** The only catch-all: anything thrown becomes an answer here, and nothing internal leaves by it. */
import { busy, codeOf, ERRORS, internalError, isAbort, RETRY_AFTER_SECONDS, TailorError } from "../errors.ts"
import type { Decision } from "../tailor/decision.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { explain } from "./explain.ts"

const toTailorError = (thrown: unknown): TailorError => {
  if (thrown instanceof TailorError) return thrown
  return isAbort(thrown) ? busy("left") : internalError(thrown)
}

/** Headers that only some errors have. */
const extraHeaders = (code: TailorError["code"], bytes: number | undefined): Record<string, string> => {
  if (code === "busy") return { "retry-after": String(RETRY_AFTER_SECONDS) }
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
  const { text, headers } = explain(error, ERRORS[error.code], header("accept"))
  const body = new TextEncoder().encode(text)
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
      ...headers,
      "content-length": String(body.length),
      ...extraHeaders(error.code, bytes),
    },
    ...(method !== "HEAD" && { body }),
    decision,
  }
}
