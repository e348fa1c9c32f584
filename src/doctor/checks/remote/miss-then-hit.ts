/** Responsible for the check that a rendition is rendered, stored, and sent without another render afterwards. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { askTwice, headerOf, layerOf, type Reply } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

const isRender = (reply: Reply): boolean => /imgtailor; fwd/.test(headerOf(reply, "cache-status"))

const describe = (reply: Reply): string => `${reply.status} from ${layerOf(reply)} in ${Math.round(reply.ms)} ms`

/** See the head comment. */
export const missThenHit: Check<RemoteContext> = {
  name: "miss-then-hit",
  probe: "request a photo in the first size twice",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const [first, second] = await askTwice(ask, path, signal)
    const observation = `First ${describe(first)}, then ${describe(second)}.`
    if (first.status !== 200 || second.status !== 200)
      return failure({
        observation: `${observation} ${first.status === 200 ? "" : first.body.toString("utf8", 0, 200)}`.trim(),
        meaning: "Photos are not shown.",
        fix: "Read the body of the response and the log of the server.",
      })
    if (!first.headers["content-type"]?.startsWith("image/"))
      return failure({
        observation: `${observation} The content type is ${headerOf(first, "content-type") || "absent"}.`,
        meaning: "Browsers do not show the response, since nosniff forbids guessing.",
        fix: "Forward the Content-Type of imgtailor and of the bucket unchanged.",
      })
    if (isRender(second))
      return failure({
        observation,
        meaning: "The rendition was not stored, so every request renders again.",
        fix: "Check that renditions can be written (imgtailor doctor on the server; PutObject in the function's role).",
      })
    return passed(observation)
  },
}
