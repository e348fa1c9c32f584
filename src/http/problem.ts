/**
 * Responsible for turning anything thrown into a response. This is the only catch-all.
 *
 * Invariants:
 * - Nothing internal leaves the process: the response has the public texts of a `TailorError` only.
 */
import { ERRORS, RETRY_AFTER_SECONDS } from "../error-codes.ts"
import { busy, codeOf, describeError, internalError, isAbort, TailorError } from "../errors.ts"
import type { Decision } from "../tailor/decision.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { explain } from "./explain.ts"

const toTailorError = (thrown: unknown): TailorError => {
  if (thrown instanceof TailorError) return thrown
  return isAbort(thrown) ? busy("left") : internalError(thrown)
}

/** Headers of single error codes. */
const extraHeaders = (code: TailorError["code"], byteLength: number | undefined): Record<string, string> => {
  if (code === "busy") return { "retry-after": String(RETRY_AFTER_SECONDS) }
  if (code === "range-not-satisfiable") return { "content-range": `bytes */${byteLength ?? 0}` }
  return {}
}

/** The known details of a request that failed. */
interface Context extends Partial<Decision> {
  /** Length of the rendition in bytes, for an unsatisfiable range. */
  readonly byteLength?: number
}

/** True for a render that was stopped by a limit. It needs no action, so the cause is no reason to warn. */
const isStopped = ({ code, cause }: TailorError): boolean =>
  cause !== undefined && (code === "busy" || code === "original-too-large")

/** The response for anything thrown while a request was handled. */
export const toProblem = (
  thrown: unknown,
  { method, header }: Pick<HttpRequest, "method" | "header">,
  context: Context = {},
): Answer => {
  const error = toTailorError(thrown)
  const { byteLength, ...known } = context
  const { text, headers } = explain(error, ERRORS[error.code], header("accept"))
  const body = new TextEncoder().encode(text)
  const decision: Decision = {
    timings: {},
    ...known,
    outcome: "refused",
    reason: error.hint ? `${error.detail} ${error.hint}` : error.detail,
    code: codeOf(error) ?? "internal",
    ...(error.report && { cause: error }),
    ...(isStopped(error) && { verdict: describeError(error.cause) }),
  }
  return {
    status: error.status,
    headers: {
      ...headers,
      "content-length": String(body.length),
      ...extraHeaders(error.code, byteLength),
    },
    ...(method !== "HEAD" && { body }),
    decision,
  }
}
