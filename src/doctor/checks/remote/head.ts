/** Responsible for the check that HEAD is answered at once, with the headers of GET. */
import { describeError } from "../../../errors.ts"
import { type Check, failure, passed, skipped } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** Longer than any hit, and shorter than the time-outs at which a CDN gives up. */
const TIMEOUT_MS = 10_000
const COMPARED = ["content-type", "content-length"] as const

/** See the head comment. */
export const head: Check<RemoteContext> = {
  name: "head",
  probe: "send HEAD for a stored rendition",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const meaning = "Link checkers, crawlers of social networks and CDNs that validate get no answer."
    try {
      const got = await ask(path, { signal })
      const reply = await ask(path, { method: "HEAD", signal, timeoutMs: TIMEOUT_MS })
      const different = COMPARED.filter(
        (name) => reply.headers[name] !== undefined && reply.headers[name] !== got.headers[name],
      )
      if (reply.status === got.status && different.length === 0)
        return passed(`${reply.status} in ${Math.round(reply.ms)} ms.`)
      return failure({
        observation: `GET answers ${got.status}, HEAD ${reply.status}${different.map((name) => `; ${name} is ${headerOf(reply, name)}`).join("")}.`,
        meaning,
        fix: "Allow HEAD wherever GET is allowed.",
      })
    } catch (error) {
      signal.throwIfAborted()
      return failure({
        observation: describeError(error),
        meaning,
        fix: "A function URL may never end a stream without a body: update the function (imgtailor package).",
      })
    }
  },
}
