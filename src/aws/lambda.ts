/**
 * `imgtailor/lambda`: behind CloudFront, which asks the bucket of renditions first and this function for what is not there. It answers
 * with the image itself, streamed where its URL is set so, with the headers that the bucket will answer with from then on.
 */
import type { Writable } from "node:stream"

import type { Answer } from "../http/answer.ts"
import { decodePath } from "../sizes/decode-path.ts"
import { encodeKey } from "../sizes/key.ts"
import { cacheTagsOf } from "../store/s3/record.ts"
import { type HttpCall, type HttpEvent, toHttpCall } from "./events.ts"
import { type FunctionConfig, isStreaming, loadFunction } from "./function-config.ts"
import {
  answerInOnePiece,
  type BufferedHandler,
  createLazyState,
  redirectOrFail,
  isTooLong,
  keyOf,
  type LambdaContext,
  type FunctionState,
  redirectTo,
  settle,
  toErrorAnswer,
  withoutNegotiation,
} from "./function.ts"

/**
 * A rendition's headers as the bucket will have them: its cache tag, and neither `Vary`, since the CDN does not look at what it names, nor an
 * ETag for what the bucket does not hold.
 */
const asStored = (answer: Answer): Answer => {
  const { status, headers, decision } = answer
  if (decision.original === undefined || status >= 400) return answer
  const isHeld = decision.storeFailure === undefined
  const kept = Object.entries(headers).filter(([name]) => name !== "vary" && (isHeld || name !== "etag"))
  return { ...answer, headers: { ...Object.fromEntries(kept), "x-amz-meta-cache-tag": cacheTagsOf(keyOf(decision)) } }
}

/** The address that was asked for, in its one spelling. */
const canonical = (target: string): string => {
  const [path = ""] = target.split("?")
  const segments = decodePath(path)
  return "refused" in segments ? path : `/${encodeKey(segments.join("/"))}`
}

const answerCall = async ({ tailor }: FunctionState, { request }: HttpCall): Promise<Answer> =>
  asStored(await tailor.handle(withoutNegotiation(request)))

/** An answer that has to fit: a longer one is stored, and whoever asked is sent to ask again, past us. */
const answerBuffered = async (opened: FunctionState, call: HttpCall): Promise<Answer> => {
  const answer = await answerCall(opened, call)
  if (!isTooLong(answer, call)) return answer
  // What was snapped is stored under the address that it names, and there alone.
  const listed = answer.headers["content-location"]
  const address = listed ?? canonical(call.request.target)
  // Behind an edge that takes a base path off, visitors have to ask with it.
  const location = `${opened.config.grammar.basePath ?? ""}${address}`
  const redirect = (): Answer => redirectTo(location, 302, answer)
  // So it is no loop that somebody asks for what is stored.
  if (listed !== undefined && answer.decision.outcome === "hit") return redirect()
  return redirectOrFail(answer, address.slice(1), redirect, call.request)
}

type Open = () => Promise<FunctionState>

export type { BufferedHandler }

/** A function that writes its answer as it comes. */
export type StreamedHandler = (event: HttpEvent, stream: Writable, context?: LambdaContext) => Promise<void>

/** What Lambda's runtime for Node offers to functions that stream; nothing elsewhere. */
interface Runtime {
  readonly streamifyResponse: (handler: StreamedHandler) => StreamedHandler
  readonly HttpResponseStream: {
    readonly from: (
      stream: Writable,
      metadata: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> },
    ) => Writable
  }
}

const runtime = (): Runtime | undefined => (globalThis as { readonly awslambda?: Runtime }).awslambda

const write = async (raw: Writable, { HttpResponseStream }: Runtime, answer: Answer): Promise<void> => {
  const { status, headers, body } = answer
  const stream = HttpResponseStream.from(raw, { statusCode: status, headers })
  // Status and headers go out with the first write, so there has to be one.
  if (body === undefined || body instanceof Uint8Array) stream.write(body ?? "")
  else for await (const chunk of body) stream.write(chunk)
  await new Promise<void>((done, fail) => {
    // Of a stream it has the methods and events, and nothing else.
    stream.once("error", fail)
    stream.end(done)
  })
}

const streamed =
  (open: Open, offered: Runtime): StreamedHandler =>
  async (event, stream, context) => {
    const call = toHttpCall(event)
    let opened: FunctionState | undefined
    let answer: Answer
    try {
      opened = await open()
      answer = await answerCall(opened, call)
    } catch (error) {
      answer = toErrorAnswer(error, call.request)
    }
    try {
      await write(stream, offered, answer)
    } finally {
      // What was made is stored, whether or not anybody waited for it.
      if (opened) await settle(opened, context)
    }
  }

/**
 * @param load gives the settings; called once, with the first event
 * @param streams whether to stream, where the runtime can. @default what `IMGTAILOR_STREAMING` says
 */
export const createLambdaHandler = (
  load: () => Promise<FunctionConfig> = () => loadFunction(),
  streams: boolean = isStreaming(),
): BufferedHandler | StreamedHandler => {
  const open = createLazyState(load)
  const offered = streams ? runtime() : undefined
  return offered ? offered.streamifyResponse(streamed(open, offered)) : answerInOnePiece(open, answerBuffered)
}

/**
 * The handler, with settings from the environment and from a configuration file beside it; docs/aws.md has them.
 */
export const handler: BufferedHandler | StreamedHandler = createLambdaHandler()
