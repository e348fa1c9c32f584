/**
 * Responsible for the responses that the functions of both flows share: requests without negotiation, redirects, errors, and a call that
 * is answered in one piece.
 */
import { busy, internalError, redirectLoop, storeUnavailable, TailorError } from "../errors.ts"
import type { Answer, HttpRequest } from "../http/answer.ts"
import { toProblem } from "../http/problem.ts"
import type { Format } from "../sizes/format.ts"
import { formatKey, type OriginalKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import type { Decision } from "../tailor/decision.ts"
import { type HttpCall, type HttpEvent, type ProxyResult, toHttpCall, toProxyResult } from "./events.ts"
import type { FunctionState, LambdaContext } from "./function-state.ts"
import { logError, logLine } from "./log.ts"

/** The key of the rendition that a decision is about. */
export const keyOf = ({ original, size = INFO, format }: Decision): string =>
  formatKey({
    original: original as OriginalKey,
    size: size === INFO ? INFO : { name: size },
    format: format as Format | undefined,
  })

/**
 * The request without image types in `Accept`. The CDN in front of a function distinguishes renditions by their URL alone, so the response
 * has to be the object that the bucket will serve at this URL.
 */
export const withoutNegotiation = (request: HttpRequest): HttpRequest => ({
  ...request,
  header: (name) => {
    const value = request.header(name)
    return name === "accept" && value !== undefined && /image\//i.test(value) ? undefined : value
  },
})

/** A function answers before its time is over, since Lambda would answer 502 then. */
const MARGIN_MS = 1000

/** The answer, or 503 one second before the call's time is over. The work continues in either case. */
export const withinCall = async (
  answering: Promise<Answer>,
  request: HttpRequest,
  { getRemainingTimeInMillis }: LambdaContext = {},
): Promise<Answer> => {
  if (!getRemainingTimeInMillis) return answering
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(
      () => resolve(toProblem(busy("deadline"), request)),
      Math.max(0, getRemainingTimeInMillis() - MARGIN_MS),
    )
  })
  try {
    return await Promise.race([answering, late])
  } finally {
    clearTimeout(timer)
  }
}

/** True if the body exceeds what the caller accepts in one piece. HEAD has none. */
export const isTooLong = ({ headers, body }: Answer, { maxBytes }: HttpCall): boolean =>
  body !== undefined && (body instanceof Uint8Array ? body.length : Number(headers["content-length"] ?? 0)) > maxBytes

/** An error in the place of an answer. */
export const refuse = (error: TailorError, request: HttpRequest, answer?: Answer): Answer => {
  if (error.report) logLine("error", error.message, { code: error.code })
  return toProblem(error, request, answer && { ...answer.decision })
}

/** A redirect that must not be cached: once the rendition is purged, a cached one would lead in a circle. */
export const redirectTo = (location: string, status: 301 | 302, { headers, decision }: Answer): Answer => ({
  status,
  headers: {
    location,
    "cache-control": "no-store",
    "content-length": "0",
    "access-control-allow-origin": headers["access-control-allow-origin"] ?? "*",
    "cache-status": headers["cache-status"] ?? "imgtailor",
  },
  decision,
})

/** A rendition that was stored this recently can be requested by a client that looked just before. Later, it is a loop. */
const RACE_MS = 60_000

/** For a rendition that is too long for the response: the redirect to where it is stored, or an error if it is not, or if it loops. */
export const redirectOrFail = (answer: Answer, key: string, redirect: () => Answer, request: HttpRequest): Answer => {
  const { decision, headers } = answer
  if (decision.storeFailure !== undefined)
    return refuse(storeUnavailable("s3", key, decision.storeFailure), request, answer)
  const storedMs = Date.parse(headers["last-modified"] ?? "")
  const isLoop = decision.outcome === "hit" && !(Date.now() - storedMs < RACE_MS)
  return isLoop ? refuse(redirectLoop(key), request, answer) : redirect()
}

/** The answer for anything thrown. Mistakes in the settings go to the log only. */
export const toErrorAnswer = (error: unknown, request: HttpRequest): Answer => {
  const isInternal = !(error instanceof TailorError) || error.code === "bad-config"
  if (isInternal) logError(error)
  return toProblem(isInternal ? internalError(error) : error, request)
}

/** A function that returns its response in one piece. */
export type BufferedHandler = (event: HttpEvent, context?: LambdaContext) => Promise<ProxyResult>

/** Answers a call in one piece, and ends when everything is stored. Anything thrown becomes a response. */
export const answerInOnePiece =
  (
    open: () => Promise<FunctionState>,
    respond: (opened: FunctionState, call: HttpCall) => Promise<Answer>,
  ): BufferedHandler =>
  async (event, context) => {
    const call = toHttpCall(event)
    let answer: Answer
    try {
      const opened = await open()
      opened.beginCall(context)
      answer = await withinCall(respond(opened, call), call.request, context)
      await opened.settle()
    } catch (error) {
      answer = toErrorAnswer(error, call.request)
    }
    return toProxyResult(answer, call)
  }
