/** Responsible for the check that browsers use HTTPS for later visits. */
import { type Check, passed, warning } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import type { RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const hsts: Check<RemoteContext> = {
  name: "hsts",
  probe: "read Strict-Transport-Security",
  applies: ({ base }) => base.protocol === "https:",
  examine: async ({ ask }, { signal }) => {
    const value = headerOf(await ask("/imgtailor.json", { signal }), "strict-transport-security")
    if (value !== "") return passed(`${value}.`)
    return warning({
      observation: "The header is absent.",
      meaning: "Someone on the same network can replace photos that a page requests by http://.",
      fix: "Add Strict-Transport-Security: max-age=31536000 at the CDN or the proxy.",
    })
  },
}
