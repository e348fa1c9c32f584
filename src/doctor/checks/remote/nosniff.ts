/** Responsible for the check that browsers do not guess another type for a response. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const nosniff: Check<RemoteContext> = {
  name: "nosniff",
  probe: "read X-Content-Type-Options of a photo",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const value = headerOf(await ask(path, { signal }), "x-content-type-options")
    if (value.toLowerCase() === "nosniff") return passed("nosniff.")
    return failure({
      observation: `X-Content-Type-Options is ${value || "absent"}.`,
      meaning: "Old browsers may run a file as a script that only claims to be an image.",
      fix: "Forward the header, or add it at the CDN: a response headers policy of CloudFront, or the function of imgtailor edge --response.",
    })
  },
}
