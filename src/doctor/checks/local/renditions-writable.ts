/** Responsible for the check that renditions can be stored: a file is written, synced, renamed and deleted. */
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const renditionsWritable: Check<LocalContext> = {
  name: "renditions-writable",
  probe: "write, sync, rename and delete a file among the renditions",
  examine: async ({ tailor, renditionsFolder }, { signal }) => {
    const problem = await tailor.renditions.check?.({ signal })
    if (!problem)
      return passed(renditionsFolder === undefined ? "The store can be used." : `${renditionsFolder} is writable.`)
    return failure({
      observation: problem.message,
      meaning: "Nothing is stored, so every request renders again.",
      fix: "Correct the owner or the permissions of the folder, or the setting renditions.",
    })
  },
}
