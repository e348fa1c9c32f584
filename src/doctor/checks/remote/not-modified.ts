/** Responsible for the check that a browser's copy is validated without sending it again. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const notModified: Check<RemoteContext> = {
  name: "not-modified",
  probe: "request a photo again with If-None-Match",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const etag = headerOf(await ask(path, { signal }), "etag")
    const meaning = "Browsers download every photo again when their copy expires."
    if (etag === "")
      return failure({
        observation: "The response has no ETag.",
        meaning,
        fix: "Forward the ETag (nginx: do not compress images).",
      })
    const { status } = await ask(path, { signal, headers: { "if-none-match": etag } })
    if (status === 304) return passed(`304 for ${etag}.`)
    return failure({
      observation: `Status ${status} for ${etag}.`,
      meaning,
      fix: "Forward If-None-Match, or let the cache answer it.",
    })
  },
}
