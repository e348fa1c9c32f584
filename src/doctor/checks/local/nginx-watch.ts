/** Responsible for the check that stale renditions are deleted where nginx serves them. */
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const nginxWatch: Check<LocalContext> = {
  name: "nginx-watch",
  probe: "read the setting watch",
  applies: ({ nginxText, originalsFolder }) => nginxText !== undefined && originalsFolder !== undefined,
  examine: ({ tailor }) => {
    if (tailor.config.watch) return passed("Stale renditions are deleted when an original changes.")
    return failure({
      observation: "watch is off, and nginx serves stored renditions.",
      meaning: "nginx does not compare a rendition with its original: replaced and deleted photos stay visible.",
      fix: "Start imgtailor serve with --watch.",
    })
  },
}
