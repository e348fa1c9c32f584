/** Responsible for the check that every folder of originals can be listed. */
import { counted, someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const foldersReadable: Check<LocalContext> = {
  name: "folders-readable",
  probe: "list the folders of the originals",
  applies: ({ originalsFolder }) => originalsFolder !== undefined,
  examine: async ({ sample }) => {
    const { skipped } = await sample()
    if (skipped.length === 0) return passed("Every listed folder can be read.")
    return failure({
      observation: `${counted(skipped.length, "folder")} cannot be listed: ${someOf(skipped)}`,
      meaning: "Their photos answer 404, are not warmed, and are not watched.",
      fix: "Give the user of the server read and execute permission, or exclude the folders.",
    })
  },
}
