/**
 * Responsible for OpenTelemetry spans: one for each request, with a child for each stage of a render.
 *
 * Invariants:
 * - `@opentelemetry/api` is loaded only where tracing is on, with the first request.
 * - A trace that the client or a framework has started is continued.
 * - No span has a query string: names and attributes follow the semantic conventions for HTTP servers 1.27.
 */
import type { Context, Span, TextMapGetter } from "@opentelemetry/api"

import { badConfig, describeError } from "../errors.ts"
import type { Answer, HttpRequest } from "../http/answer.ts"
import type { Handle } from "../http/handle.ts"
import { withoutQuery } from "../http/url-path.ts"
import { STAGES } from "../tailor/decision.ts"

type Api = typeof import("@opentelemetry/api")

const loadApi = async (): Promise<Api> => {
  try {
    return await import("@opentelemetry/api")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error
    throw badConfig([
      "tracing: The package @opentelemetry/api is missing. Install it with: npm install @opentelemetry/api",
    ])
  }
}

type GetHeader = HttpRequest["header"]

/** Propagators read the headers of a request through this. */
const HEADER_GETTER: TextMapGetter<GetHeader> = {
  get: (header, name) => header(name),
  keys: () => ["traceparent", "tracestate", "baggage"],
}

/** The span of a framework around imgtailor, else the trace that the client sent. */
const parentOf = ({ context, propagation, trace }: Api, { header }: HttpRequest): Context => {
  const active = context.active()
  return trace.getSpan(active) ? active : propagation.extract(active, header, HEADER_GETTER)
}

/** Children are made when the request has ended: the stages of a render may have begun for another request. */
const addStages = (api: Api, parent: Context, { decision: { timings } }: Answer): void => {
  const tracer = api.trace.getTracer("imgtailor")
  for (const stage of STAGES) {
    const startMs = timings.starts?.[stage]
    const ms = timings[stage]
    if (startMs === undefined || ms === undefined) continue
    const startTime = performance.timeOrigin + startMs
    tracer.startSpan(`imgtailor ${stage}`, { startTime }, parent).end(startTime + ms)
  }
}

const endSpan = (api: Api, span: Span, { status, decision }: Answer): void => {
  const { outcome, code, size, format, cause, reason } = decision
  span.setAttributes({
    "http.response.status_code": status,
    "imgtailor.outcome": outcome,
    ...(size !== undefined && { "imgtailor.size": size }),
    ...(format !== undefined && { "imgtailor.format": format }),
    ...(code !== undefined && { "error.type": code }),
  })
  if (status >= 500)
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: cause === undefined ? reason : describeError(cause) })
  span.end()
}

/** Undefined for a span of no trace: without an SDK, or where the SDK has no propagator. */
const traceparentOf = (api: Api, span: Span): string | undefined => {
  const context = span.spanContext()
  if (!api.isSpanContextValid(context)) return undefined
  const { traceId, spanId, traceFlags } = context
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`
}

/** A handler whose requests are traced. The log line of a request then names its trace. */
export const withTracing = (handle: Handle, onError: (error: unknown) => void): Handle => {
  let loading: Promise<Api | undefined> | undefined
  const load = (): Promise<Api | undefined> =>
    (loading ??= loadApi().catch((error: unknown) => {
      onError(error)
      return undefined
    }))

  return async (request) => {
    const api = await load()
    if (!api) return handle(request)
    const { method, target } = request
    const parent = parentOf(api, request)
    const attributes = { "http.request.method": method, "url.path": withoutQuery(target) }
    const span = api.trace.getTracer("imgtailor").startSpan(method, { kind: api.SpanKind.SERVER, attributes }, parent)
    const context = api.trace.setSpan(parent, span)
    const answer = await api.context.with(context, () => handle(request))
    addStages(api, context, answer)
    endSpan(api, span, answer)
    const traceparent = traceparentOf(api, span)
    return traceparent === undefined ? answer : { ...answer, decision: { ...answer.decision, traceparent } }
  }
}
