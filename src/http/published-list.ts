/** Responsible for `imgtailor.json`: the list of sizes and formats, for clients that build URLs. Its bytes change only with the list. */
import { preconditionFailed } from "../errors.ts"
import type { Grammar } from "../sizes/key.ts"
import { publishList } from "../sizes/published.ts"
import type { Decision } from "../tailor/decision.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { evaluateConditions } from "./conditional.ts"
import { COMMON_HEADERS, type Headers } from "./headers.ts"

/** Every client has a new list within five minutes. */
const CACHE_CONTROL = "public, max-age=300"

const DECISION: Decision = { outcome: "other", reason: "published list", timings: {} }

/**
 * Returns a function that answers a GET or HEAD of the list.
 * @throws {precondition-failed} the returned function, where the request's conditions do not hold
 */
export const createListAnswer = (grammar: Grammar): ((request: HttpRequest) => Answer) => {
  const list = publishList(grammar)
  const body = new TextEncoder().encode(`${JSON.stringify(list)}\n`)
  const etag = `"${list.version}"`
  const notModified: Headers = { ...COMMON_HEADERS, "cache-control": CACHE_CONTROL, etag }
  const whole: Headers = {
    ...notModified,
    "content-type": "application/json",
    "content-length": String(body.length),
  }
  return ({ method, header }) => {
    // The modification time of the list is not known, so conditions on dates are ignored (RFC 9110 §13.1.3 and §13.1.4).
    const condition = evaluateConditions(header, { etag, modifiedMs: NaN })
    if (condition === "failed") throw preconditionFailed()
    if (condition === "not-modified") return { status: 304, headers: notModified, decision: DECISION }
    return { status: 200, headers: whole, ...(method !== "HEAD" && { body }), decision: DECISION }
  }
}
