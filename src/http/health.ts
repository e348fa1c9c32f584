/** Responsible for the health checks: `/healthz` for liveness, with details, and `/readyz` for readiness. */
import type { Health } from "../health.ts"
import type { Decision } from "../tailor/decision.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { COMMON_HEADERS } from "./headers.ts"

/** `reason` of the decision for a health check. */
const DECISION: Decision = { outcome: "other", reason: "health check", timings: {} }

const toAnswer = ({ method }: HttpRequest, status: number, value: object): Answer => {
  const body = new TextEncoder().encode(`${JSON.stringify(value)}\n`)
  const headers = {
    ...COMMON_HEADERS,
    "content-type": "application/json",
    "content-length": String(body.length),
    "cache-control": "no-store",
  }
  return { status, headers, ...(method !== "HEAD" && { body }), decision: DECISION }
}

/** 200 as long as the process answers. The body lists the parts that do not work. */
export const answerLiveness = (request: HttpRequest, health: Health): Answer => toAnswer(request, 200, health.report())

/** 503 where this process should get no requests. */
export const answerReadiness = async (request: HttpRequest, health: Health): Promise<Answer> => {
  const reason = await health.findUnreadiness()
  return reason === undefined
    ? toAnswer(request, 200, { status: "ready" })
    : toAnswer(request, 503, { status: "not ready", reason })
}
