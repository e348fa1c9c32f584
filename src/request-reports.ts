/** Responsible for the reports of a tailor to its program: one for each request, and notices of failures of the store of renditions. */
import { describeError } from "./errors.ts"
import type { Notify, RequestReport, TailorHooks } from "./hooks.ts"
import type { Answer, HttpRequest } from "./http/answer.ts"
import type { Handle } from "./http/handle.ts"
import { referrerOrigin } from "./http/referrer.ts"
import type { StoreFailure } from "./tailor/stored.ts"
import { validTraceparent } from "./tracing/traceparent.ts"

/** Calls `onNotice`. Its error becomes a warning of the process: it is where errors would be reported, and it fails nothing. */
export const safeNotices =
  (onNotice: TailorHooks["onNotice"]): Notify =>
  (text, level = "info") => {
    try {
      onNotice?.(text, level)
    } catch (error) {
      process.emitWarning(`onNotice failed: ${describeError(error)}`)
    }
  }

/** Reports each request once its answer is known. An error of the callback does not fail the request. */
export const withReports = (handle: Handle, onRequest: (report: RequestReport) => void, notify: Notify): Handle => {
  const report = ({ method, target, header }: HttpRequest, answer: Answer, startMs: number): Answer => {
    const durationMs = performance.now() - startMs
    const byteLength = answer.body === undefined ? 0 : Number(answer.headers["content-length"] ?? 0)
    const traceparent = validTraceparent(header("traceparent"))
    try {
      onRequest({
        method,
        target,
        status: answer.status,
        durationMs,
        byteLength,
        ...(answer.decision.outcome === "refused" && { referrer: referrerOrigin(header("referer")) }),
        ...(traceparent !== undefined && { traceparent }),
        ...answer.decision,
      })
    } catch (error) {
      notify(`onRequest failed: ${describeError(error)}`, "error")
    }
    return answer
  }
  return (request) => {
    const startMs = performance.now()
    const answer = handle(request)
    return answer instanceof Promise
      ? answer.then((later) => report(request, later, startMs))
      : report(request, answer, startMs)
  }
}

/** A store that fails does so for every request: each kind of failure is reported once a minute. */
const NOTICE_INTERVAL_MS = 60_000

/** @returns reports a failure, unless one of its kind was reported less than a minute ago */
export const createFailureNotices = (notify: Notify): ((failure: StoreFailure) => void) => {
  const dueMs = { read: 0, delete: 0 }
  return ({ action, key, reason }) => {
    const now = performance.now()
    if (now < dueMs[action]) return
    dueMs[action] = now + NOTICE_INTERVAL_MS
    notify(`Could not ${action} the stored rendition ${key}: ${reason}`, "warn")
  }
}
