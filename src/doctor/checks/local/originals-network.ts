/** Responsible for the check that originals in a folder are on a local disk. */
import { networkFileSystemOf } from "../../../store/folder-network.ts"
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const originalsNetwork: Check<LocalContext> = {
  name: "originals-network",
  probe: "look at the file system of the originals",
  applies: ({ originalsFolder }) => originalsFolder !== undefined,
  examine: async ({ originalsFolder = "" }) => {
    const kind = await networkFileSystemOf(originalsFolder)
    if (kind === undefined) return passed("It is a local one.")
    return warning({
      observation: `${originalsFolder} is on ${kind}.`,
      meaning: "Every hit waits for a lookup over the network, and changes made on other machines cause no events.",
      fix: "Set --recheck-seconds to 60 or more, and do not rely on --watch.",
    })
  },
}
