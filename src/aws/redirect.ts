import { badUrl } from "../errors.ts"
import type { Answer } from "../http/answer.ts"
import { encodeKey } from "../sizes/key.ts"
import type { HttpCall } from "./events.ts"
/**
 * `imgtailor/redirect`: behind the website endpoint of a bucket that holds originals and renditions. A routing rule sends visitors of
 * what is not there to `GET /resizer?key=<key>`; the function stores the rendition and sends them back to the CDN.
 *
 * Holds: visitors are sent back only to what is stored; no redirect may be remembered; an error is an error, never a redirect; where a
 * visitor is sent is made of `CDN_URL` and the key's one spelling, and of nothing else of the request.
 */
import { type FunctionConfig, loadRedirect } from "./function-config.ts"
import {
  answerInOnePiece,
  type BufferedHandler,
  createLazyState,
  redirectOrFail,
  isTooLong,
  keyOf,
  type FunctionState,
  redirectTo,
  withoutNegotiation,
} from "./function.ts"
import { logLine } from "./log.ts"

/** Whatever stage is in front. */
const ROUTE = /\/resizer?$/

const EXPECTED = "Expected /resizer?key=<directory>/<size>/<file>."

/** What `key` may mean, likeliest first. @throws {bad-url} where it is not all there */
const keysOf = ({ request, parameters }: HttpCall): readonly string[] => {
  const [path = ""] = request.target.split("?")
  if (!ROUTE.test(path)) throw badUrl("There is nothing at this address.", EXPECTED)
  const [key, ...others] = parameters
  if (key?.name !== "key") throw badUrl("The address has no key.", EXPECTED)
  // Whatever follows was part of the key before somebody left an ampersand as it is: half a key is another photo's.
  if (others.length > 0) throw badUrl("The address has more than a key.", "In a key, & is written %26.")
  if (key.meanings.length === 0) throw badUrl("The key has a malformed escape.", "A percent sign is written %25.")
  return key.meanings
}

/** A key, and what the tailor answers to it. */
interface Tailored {
  readonly key: string
  readonly answer: Answer
  /** It is the key of a listed size, where another size was asked for: nothing is ever stored under what was asked for. */
  readonly isSnapped: boolean
}

/** The first meaning whose original is there; where none is, the first. */
const tailorKey = async ({ tailor, config }: FunctionState, call: HttpCall): Promise<Tailored> => {
  const request = withoutNegotiation(call.request)
  // The CDN has the conditions and ranges of whoever is sent back to it.
  const header = (name: string): string | undefined => (name === "accept" ? request.header(name) : undefined)
  let first: Tailored | undefined
  for (const asked of keysOf(call)) {
    const target = `${config.basePath}/${encodeKey(asked)}`
    const answer = await tailor.handle({ method: request.method, target, header })
    const { status, decision } = answer
    const key = status === 200 && decision.original !== undefined ? keyOf(decision) : asked
    const tailored = { key, answer, isSnapped: key !== asked }
    if (decision.code !== "original-not-found") return tailored
    first ??= tailored
  }
  if (!first) throw badUrl("The address has no key.", EXPECTED)
  return first
}

/** Whether it is in the bucket now. A render that another request waited for tells only its own how storing it went. */
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
    logLine("warn", "asked for what is stored: a lost race, or a CDN that caches redirects", { key })
  if (isTooLong(answer, call)) return redirectOrFail(answer, key, redirect, request)
  return { ...answer, headers: { ...answer.headers, "cache-control": "no-store" } }
}

/** A function of the redirect flow, for API Gateway (REST and HTTP), a function URL or a load balancer. */
export type RedirectHandler = BufferedHandler

/** @param load gives the settings; called once, with the first event */
export const createRedirectHandler = (load: () => Promise<FunctionConfig> = () => loadRedirect()): RedirectHandler =>
  answerInOnePiece(createLazyState(load), respond)

/**
 * The handler, with settings from the environment: `BUCKET`, `CDN_URL`, `SIZES`; docs/aws.md has the rest.
 */
export const handler: RedirectHandler = createRedirectHandler()
