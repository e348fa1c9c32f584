import { type OpenTailor, openTailorWith } from "../create-tailor.ts"
import { internalError, redirectLoop, storeUnavailable, TailorError } from "../errors.ts"
import type { LogLevel } from "../hooks.ts"
import type { Answer, HttpRequest } from "../http/answer.ts"
import { toProblem } from "../http/problem.ts"
import { createRenderer } from "../render/render.ts"
import type { Format } from "../sizes/format.ts"
import { formatKey, type OriginalKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import type { Decision } from "../tailor/decision.ts"
import { type HttpCall, type HttpEvent, type ProxyResult, toHttpCall, toProxyResult } from "./events.ts"
/**
 * What every function here shares: a tailor that is opened once and logs, requests that ask for one rendition and no negotiated other,
 * and a function that does not end before its work has.
 */
import type { FunctionConfig } from "./function-config.ts"
import { logError, logLine, logRequest } from "./log.ts"

/** What Lambda says of a call, as far as it matters here. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis?: () => number
}

/** A function's settings and its tailor. */
export interface FunctionState extends FunctionConfig {
  readonly tailor: OpenTailor
}

/** The key of the rendition that was decided about; a decision has the texts of a reading that was parsed. */
export const keyOf = ({ original, size = INFO, format }: Decision): string =>
  formatKey({
    original: original as OriginalKey,
    size: size === INFO ? INFO : { name: size },
    format: format as Format | undefined,
  })

/** Opens a tailor with the first call, and keeps it. */
export const createLazyState = (load: () => Promise<FunctionConfig>): (() => Promise<FunctionState>) => {
  let opening: Promise<FunctionState> | undefined
  const open = async (): Promise<FunctionState> => {
    const loaded = await load()
    const onNotice = (text: string, level: LogLevel): void => logLine(level, text)
    // Lambda runs one request at a time in a process that it replaces, so renders need no process of their own.
    const renderer = createRenderer(loaded.config.limits)
    return { ...loaded, tailor: openTailorWith(renderer, loaded.config, { onRequest: logRequest, onNotice }) }
  }
  return () => (opening ??= open())
}

/**
 * A request whose `Accept` chooses no format: what is in front of a function knows a rendition by its address alone, so the answer to an
 * address has to be what the bucket will have under it.
 */
export const withoutNegotiation = (request: HttpRequest): HttpRequest => ({
  ...request,
  header: (name) => {
    const value = request.header(name)
    return name === "accept" && value !== undefined && /image\//i.test(value) ? undefined : value
  },
})

/** Left of a call's time for the answer itself. */
const SPARE_MS = 300
/** Outside Lambda nobody says how long a call may take. */
const LONGEST_MS = 60_000

/** Waits until everything is stored: a function that has answered is frozen, with its requests half sent. */
export const settle = async (
  { tailor }: FunctionState,
  { getRemainingTimeInMillis }: LambdaContext = {},
): Promise<void> => {
  const ms = Math.max(0, (getRemainingTimeInMillis?.() ?? LONGEST_MS) - SPARE_MS)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      logLine("warn", "the call's time is over before everything was stored")
      resolve()
    }, ms)
  })
  await Promise.race([tailor.idle(), late])
  clearTimeout(timer)
}

/** So lately stored, a rendition may be asked for by whoever looked just before: longer ago, nobody looks where it is. */
const RACE_MS = 60_000

/** Whether an answer's body fits its front. A HEAD has none. */
export const isTooLong = ({ headers, body }: Answer, { maxBytes }: HttpCall): boolean =>
  body !== undefined && (body instanceof Uint8Array ? body.length : Number(headers["content-length"] ?? 0)) > maxBytes

/** An error as this request's answer. */
export const refuse = (error: TailorError, request: HttpRequest, answer?: Answer): Answer => {
  if (error.report) logLine("error", error.message, { code: error.code })
  return toProblem(error, request, answer && { ...answer.decision })
}

/** A redirect that nobody may remember: once the rendition is purged, whoever did would go round and round. */
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

/** What takes the place of a rendition that is too long to be answered: the way to where it is stored, if it is. */
export const redirectOrFail = (answer: Answer, key: string, redirect: () => Answer, request: HttpRequest): Answer => {
  const { decision, headers } = answer
  if (decision.storeFailure !== undefined)
    return refuse(storeUnavailable("s3", key, decision.storeFailure), request, answer)
  const storedMs = Date.parse(headers["last-modified"] ?? "")
  const isLoop = decision.outcome === "hit" && !(Date.now() - storedMs < RACE_MS)
  return isLoop ? refuse(redirectLoop(key), request, answer) : redirect()
}

/** Anything thrown, as an answer. What is wrong with the settings is told to the log alone. */
export const toErrorAnswer = (error: unknown, request: HttpRequest): Answer => {
  const isOurs = !(error instanceof TailorError) || error.code === "bad-config"
  if (isOurs) logError(error)
  return toProblem(isOurs ? internalError(error) : error, request)
}

/** A function that answers in one piece. */
export type BufferedHandler = (event: HttpEvent, context?: LambdaContext) => Promise<ProxyResult>

/** Answers a call, and ends when everything is stored. Whatever is thrown on the way is an answer too. */
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
      answer = await respond(opened, call)
      await settle(opened, context)
    } catch (error) {
      answer = toErrorAnswer(error, call.request)
    }
    return toProxyResult(answer, call)
  }
