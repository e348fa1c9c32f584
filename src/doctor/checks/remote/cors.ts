/** Responsible for the check that scripts of other origins may read photos. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const cors: Check<RemoteContext> = {
  name: "cors",
  probe: "request a photo with an Origin",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const reply = await ask(path, {
      signal,
      headers: { origin: "https://shop.example.com" },
    })
    const allowed = headerOf(reply, "access-control-allow-origin")
    if (allowed === "*" || allowed === "https://shop.example.com")
      return passed(`Access-Control-Allow-Origin: ${allowed}`)
    return failure({
      observation: `Access-Control-Allow-Origin is ${allowed || "absent"}.`,
      meaning: "Canvas, WebGL and crossorigin images of pages on other hosts fail.",
      fix: "Forward the header, or add it at the CDN: a response headers policy of CloudFront, or the function of imgtailor edge --response.",
    })
  },
}
