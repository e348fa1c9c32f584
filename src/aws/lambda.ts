/**
 * Responsible for the function of the direct flow (`imgtailor/lambda`): CloudFront tries the bucket of renditions first, and this function
 * for renditions that are not stored. It answers with the image itself, streamed if its URL is configured so.
 *
 * Invariants:
 * - The response has the headers that the bucket will send with the stored object, except for how long a CDN may cache it: the cache tag
 *   of a function's response may not reach the CDN, so the CDN reads the tagged object from the bucket after five minutes.
 * - A response whose rendition could not be stored is not cached. A cached rendition is therefore a stored one.
 * - A streamed response has a body of at least one byte: Lambda may never end a stream without one.
 */
import type { Writable } from "node:stream"

import type { Answer, HttpRequest } from "../http/answer.ts"
import { decodePath } from "../sizes/decode-path.ts"
import { encodeKey } from "../sizes/key.ts"
import { cacheTagsOf } from "../store/cache-tag.ts"
import { shortenedForCdn } from "./cdn-caching.ts"
import { type HttpCall, type HttpEvent, toHttpCall } from "./events.ts"
import { type FunctionConfig, isStreaming, loadFunction } from "./function-config.ts"
import { createLazyState, type FunctionState, type LambdaContext } from "./function-state.ts"
import {
  answerInOnePiece,
  type BufferedHandler,
  isTooLong,
  keyOf,
  redirectOrFail,
  redirectTo,
  toErrorAnswer,
  withinCall,
  withoutNegotiation,
} from "./respond.ts"

/** The headers of the stored object: without `Vary`, since the CDN ignores it, and without an ETag if there is no object. */
const asStored = (answer: Answer): Answer => {
  const { status, headers, decision } = answer
  if (decision.original === undefined || status >= 400) return answer
  const isStored = decision.storeFailure === undefined
  const { vary: _, etag, "cache-control": cacheControl = "", ...others } = headers
  return {
    ...answer,
    headers: {
      ...others,
      ...(isStored && etag !== undefined && { etag }),
      "cache-control": isStored ? shortenedForCdn(cacheControl) : "no-store",
      "x-amz-meta-cache-tag": cacheTagsOf(keyOf(decision)),
    },
  }
}

/** The requested URL path in its canonical form. */
const canonical = (target: string): string => {
  const [path = ""] = target.split("?")
  const segments = decodePath(path)
  return "refused" in segments ? path : `/${encodeKey(segments.join("/"))}`
}

const answerCall = async ({ tailor }: FunctionState, request: HttpRequest): Promise<Answer> =>
  asStored(await tailor.handle(withoutNegotiation(request)))

/** An answer in one piece. If it is too long, the client is redirected to the stored rendition. */
const answerBuffered = async (opened: FunctionState, call: HttpCall): Promise<Answer> => {
  const answer = await answerCall(opened, call.request)
  if (!isTooLong(answer, call)) return answer
  // A snapped rendition is stored at the URL of the listed size only.
  const listed = answer.headers["content-location"]
  const path = listed ?? canonical(call.request.target)
  // Clients have to use the base path that the edge function removes.
  const location = `${opened.config.grammar.basePath ?? ""}${path}`
  const redirect = (): Answer => redirectTo(location, 302, answer)
  // The redirect leads to another URL, so it is no loop that the rendition is stored.
  if (listed !== undefined && answer.decision.outcome === "hit") return redirect()
  return redirectOrFail(answer, path.slice(1), redirect, call.request)
}

type Open = () => Promise<FunctionState>

export type { BufferedHandler }

/** A function that streams its response. */
export type StreamedHandler = (event: HttpEvent, stream: Writable, context?: LambdaContext) => Promise<void>

/** The interface of Lambda's Node.js runtime for functions that stream. */
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

/** A request that is always answered with a body: HEAD as GET, whose body the URL drops, and without conditions, which allow a 304. */
const withBody = (request: HttpRequest): HttpRequest => ({
  ...request,
  method: request.method === "HEAD" ? "GET" : request.method,
  header: (name) => (name.startsWith("if-") ? undefined : request.header(name)),
})

/** An answer with a body. The only one without is that to OPTIONS, whose 204 must not have any. */
const ensureBody = (answer: Answer): Answer => {
  const { body } = answer
  if (body !== undefined && !(body instanceof Uint8Array && body.length === 0)) return answer
  const status = answer.status === 204 ? 200 : answer.status
  const headers = { ...answer.headers, "content-type": "text/plain; charset=utf-8", "content-length": "1" }
  return { ...answer, status, headers, body: Buffer.from("\n") }
}

const write = async (raw: Writable, { HttpResponseStream }: Runtime, answer: Answer): Promise<void> => {
  const { status, headers, body = Buffer.alloc(0) } = answer
  const stream = HttpResponseStream.from(raw, { statusCode: status, headers })
  // The first write sends status and headers too. An empty chunk would keep the response open for ever on some accounts.
  if (body instanceof Uint8Array) stream.write(body)
  else for await (const chunk of body) if (chunk.length > 0) stream.write(chunk)
  await new Promise<void>((done, fail) => {
    // The runtime's stream has the methods and events of a Writable, but is none.
    stream.once("error", fail)
    stream.end(done)
  })
}

const streamed =
  (open: Open, lambda: Runtime): StreamedHandler =>
  async (event, stream, context) => {
    const request = withBody(toHttpCall(event).request)
    let opened: FunctionState | undefined
    let answer: Answer
    try {
      opened = await open()
      opened.beginCall(context)
      answer = await withinCall(answerCall(opened, request), request, context)
    } catch (error) {
      answer = toErrorAnswer(error, request)
    }
    try {
      await write(stream, lambda, ensureBody(answer))
    } finally {
      // The rendition is stored even if the client has left.
      await opened?.settle()
    }
  }

/**
 * Creates the handler of the direct flow. Returns a streaming one in Lambda's runtime if `streams` is true.
 * @param load returns the settings; called once, with the first event
 * @param streams whether the function's URL has the invoke mode `RESPONSE_STREAM`. @default the variable `IMGTAILOR_STREAMING`
 * @example
 * // index.mjs, with settings in the environment: IMGTAILOR_ORIGINALS, IMGTAILOR_RENDITIONS, IMGTAILOR_SIZES
 * import { createLambdaHandler } from "imgtailor/lambda"
 * export const handler = createLambdaHandler()
 */
export const createLambdaHandler = (
  load: () => Promise<FunctionConfig> = () => loadFunction(),
  streams: boolean = isStreaming(),
): BufferedHandler | StreamedHandler => {
  const open = createLazyState(load)
  const lambda = streams ? runtime() : undefined
  return lambda ? lambda.streamifyResponse(streamed(open, lambda)) : answerInOnePiece(open, answerBuffered)
}

/**
 * The handler of the direct flow, with settings from environment variables and from a configuration file beside it; see docs/aws.md.
 * @example
 * // index.mjs
 * export { handler } from "imgtailor/lambda"
 */
export const handler: BufferedHandler | StreamedHandler = createLambdaHandler()
