/** Responsible for the check that the server has the list of the local configuration. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import type { RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const listVersion: Check<RemoteContext> = {
  name: "list-version",
  probe: "compare the published list with the local configuration",
  applies: ({ expectedVersion }) => expectedVersion !== undefined,
  examine: async ({ list, expectedVersion }) => {
    const known = await list()
    if (!known) return skipped("The server publishes no list.")
    if (known.version === expectedVersion) return passed(`Both have version ${known.version}.`)
    return failure({
      observation: `The server has version ${known.version}, the local configuration ${expectedVersion}.`,
      meaning: "Pages that are built with the local list link to sizes that the server rejects.",
      fix: "Deploy the list before the pages, or update the local configuration.",
    })
  },
}
