/** Responsible for the check that there are originals at all: an empty folder is often a disk that is not mounted. */
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const originalsFound: Check<LocalContext> = {
  name: "originals-found",
  probe: "look for images among the originals",
  examine: async ({ sample, originalsFolder }) => {
    const { keys } = await sample()
    if (keys.length > 0) return passed(`The first one is ${keys[0]}.`)
    return failure({
      observation: originalsFolder === undefined ? "No images are listed." : `No images are in ${originalsFolder}.`,
      meaning: "Every request answers 404 or 502. A disk may not be mounted, or the wrong place is configured.",
      fix: "Mount the disk, or correct the setting originals.",
    })
  },
}
