/**
 * Responsible for the function of the redirect flow (`imgtailor/redirect`), behind the website endpoint of a bucket that holds originals and
 * renditions. A routing rule redirects requests for missing objects to `GET /resizer?key=<key>`. The function stores the rendition and
 * redirects to the CDN.
 *
 * Invariants:
 * - A redirect leads only to a stored rendition, and is never cached.
 * - An error is an error response, never a redirect.
 * - The location of a redirect consists of `CDN_URL` and the canonical key, and of nothing else from the request.
 */
import { badUrl } from "../errors.ts"
import type { Answer } from "../http/answer.ts"
import { encodeKey } from "../sizes/key.ts"
import type { HttpCall } from "./events.ts"
import { type FunctionConfig, loadRedirect } from "./function-config.ts"
import { createLazyState, type FunctionState } from "./function-state.ts"
import { logLine } from "./log.ts"
import {
  answerInOnePiece,
  type BufferedHandler,
  isTooLong,
  keyOf,
  redirectOrFail,
  redirectTo,
  withoutNegotiation,
} from "./respond.ts"
import { isRoute } from "./route.ts"

const EXPECTED = "Expected /resizer?key=<directory>/<size>/<file>."

/** The readings of the parameter `key`, the likeliest first. @throws {bad-url} if it is incomplete */
const keysOf = ({ request, parameters }: HttpCall): readonly string[] => {
  const [path = ""] = request.target.split("?")
  if (!isRoute(path)) throw badUrl("The URL path is not that of the function.", EXPECTED)
  const [key, ...others] = parameters
  if (key?.name !== "key") throw badUrl("The URL has no key.", EXPECTED)
  // An unescaped ampersand cuts the key, and the part in front can be the key of another photo.
  if (others.length > 0) throw badUrl("The URL has more parameters than a key.", "Write & in a key as %26.")
  if (key.readings.length === 0) throw badUrl("The key has a malformed escape.", "Write a percent sign as %25.")
  return key.readings
}

/** A key, and the tailor's answer for it. */
interface Tailored {
  readonly key: string
  readonly answer: Answer
  /** True if `key` has a listed size in the place of the requested one: nothing is stored under the requested key. */
  readonly isSnapped: boolean
}

/** The answer for the first reading whose original exists, or else for the first. */
const tailorKey = async ({ tailor, config }: FunctionState, call: HttpCall): Promise<Tailored> => {
  const request = withoutNegotiation(call.request)
  // The CDN evaluates conditions and ranges after the redirect.
  const header = (name: string): string | undefined => (name === "accept" ? request.header(name) : undefined)
  let first: Tailored | undefined
  for (const requested of keysOf(call)) {
    const target = `${config.basePath}/${encodeKey(requested)}`
    const answer = await tailor.handle({ method: request.method, target, header })
    const { status, decision } = answer
    const key = status === 200 && decision.original !== undefined ? keyOf(decision) : requested
    const tailored = { key, answer, isSnapped: key !== requested }
    if (decision.code !== "original-not-found") return tailored
    first ??= tailored
  }
  if (!first) throw badUrl("The URL has no key.", EXPECTED)
  return first
}

/** True if the bucket can serve the rendition. The decision of a coalesced request does not contain the result of the write. */
const isStored = async (
  opened: FunctionState,
  { key, isSnapped, answer: { decision } }: Tailored,
): Promise<boolean> => {
  if (decision.storeFailure !== undefined) return false
  if (decision.outcome === "hit") return isSnapped
  if (decision.outcome === "miss") return true
  await opened.tailor.idle()
  return (await opened.tailor.renditions.head(key)) !== undefined
}

const respond = async (opened: FunctionState, call: HttpCall): Promise<Answer> => {
  const { request } = call
  const tailored = await tailorKey(opened, call)
  const { key, answer } = tailored
  if (answer.status !== 200) return answer
  const redirect = (): Answer => redirectTo(`${opened.cdnUrl}/${encodeKey(key)}`, 301, answer)
  if (await isStored(opened, tailored)) return redirect()
  if (answer.decision.outcome === "hit")
    logLine("warn", "a stored rendition was requested: a race, or a CDN that caches redirects", { key })
  if (isTooLong(answer, call)) return redirectOrFail(answer, key, redirect, request)
  return { ...answer, headers: { ...answer.headers, "cache-control": "no-store" } }
}

/** A function of the redirect flow, for API Gateway (REST and HTTP), a function URL or a load balancer. */
export type RedirectHandler = BufferedHandler

/**
 * Creates the handler of the redirect flow.
 * @param load returns the settings; called once, with the first event
 * @example
 * // index.mjs, with settings in the environment: BUCKET, CDN_URL, SIZES
 * import { createRedirectHandler } from "imgtailor/redirect"
 * export const handler = createRedirectHandler()
 */
export const createRedirectHandler = (load: () => Promise<FunctionConfig> = () => loadRedirect()): RedirectHandler =>
  answerInOnePiece(createLazyState(load), respond)

/**
 * The handler of the redirect flow, with settings from environment variables (`BUCKET`, `CDN_URL`, `SIZES`); see docs/aws-redirect.md.
 * @example
 * // index.mjs
 * export { handler } from "imgtailor/redirect"
 */
export const handler: RedirectHandler = createRedirectHandler()
