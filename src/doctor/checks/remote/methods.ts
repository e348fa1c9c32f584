/** Responsible for the check that only reading requests are answered. */
import { type Check, failure, passed } from "../../check.ts"
import type { RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const methods: Check<RemoteContext> = {
  name: "methods",
  probe: "send DELETE",
  examine: async ({ ask, pathOf, sizes }, { signal }) => {
    const [size] = await sizes()
    const { status } = await ask(pathOf("imgtailor-doctor/none.jpg", size?.name ?? "640w"), {
      method: "DELETE",
      signal,
    })
    if (status >= 400 && status < 500) return passed(`${status}.`)
    return failure({
      observation: `Status ${status}.`,
      meaning: "A server behind the CDN may accept changes from visitors.",
      fix: "Allow GET, HEAD and OPTIONS only.",
    })
  },
}
