/** Responsible for the check that the list of sizes is published. */
import { counted } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import type { RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const publishedList: Check<RemoteContext> = {
  name: "published-list",
  probe: "request /imgtailor.json",
  examine: async ({ ask, list, sizes }, { signal }) => {
    const known = await list()
    const found = await sizes()
    if (known && found.length > 0)
      return passed(`${counted(found.length, "size")}; formats ${known.formats.join(", ")}.`)
    const reply = await ask("/imgtailor.json", { signal })
    return failure({
      observation: `Status ${reply.status}, ${headerOf(reply, "content-type") || "no content type"}, not a list of sizes.`,
      meaning:
        "This is not the base URL of imgtailor, or the CDN does not forward this path. Other checks need the list.",
      fix: "Give the URL with its base path (https://img.example.com/img), and forward /imgtailor.json.",
    })
  },
}
