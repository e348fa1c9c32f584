/** Responsible for answering `GET /metrics`: on the port of the images, or on a separate port. */
import type { Answer, HttpRequest } from "../http/answer.ts"
import type { Handle } from "../http/handle.ts"
import { COMMON_HEADERS } from "../http/headers.ts"
import { withoutQuery } from "../http/url-path.ts"
import type { Metrics } from "./metrics.ts"

const METRICS_PATH = "/metrics"

const answerMetrics = async ({ method }: HttpRequest, { scrape }: Metrics): Promise<Answer> => {
  const { contentType, text } = await scrape()
  const body = new TextEncoder().encode(text)
  return {
    status: 200,
    headers: {
      ...COMMON_HEADERS,
      "content-type": contentType,
      "content-length": String(body.length),
      "cache-control": "no-store",
    },
    ...(method !== "HEAD" && { body }),
    decision: { outcome: "other", reason: "metrics", timings: {} },
  }
}

const isMetrics = ({ method, target }: HttpRequest): boolean =>
  (method === "GET" || method === "HEAD") && withoutQuery(target) === METRICS_PATH

/** A handler that answers `/metrics`, too. Scrapes are neither logged nor counted. */
export const withMetrics =
  (handle: Handle, metrics: Metrics): Handle =>
  (request) =>
    isMetrics(request) ? answerMetrics(request, metrics) : handle(request)

/** A handler that answers `/metrics` and nothing else. */
export const metricsOnly =
  (metrics: Metrics): Handle =>
  async (request) => {
    if (isMetrics(request)) return answerMetrics(request, metrics)
    const body = new TextEncoder().encode(`Only ${METRICS_PATH} is here.\n`)
    return {
      status: 404,
      headers: {
        ...COMMON_HEADERS,
        "content-type": "text/plain; charset=utf-8",
        "content-length": String(body.length),
      },
      body,
      decision: { outcome: "other", reason: "metrics", timings: {} },
    }
  }
