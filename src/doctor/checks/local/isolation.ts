/** Responsible for the check that originals are decoded outside the process of the server. */
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const isolation: Check<LocalContext> = {
  name: "isolation",
  probe: "read the setting isolation",
  examine: ({ tailor }) => {
    if (tailor.config.isolation === "process") return passed("Originals are decoded in child processes with limits.")
    return warning({
      observation: "isolation is none.",
      meaning: "A hostile original can use all memory and CPU of the server.",
      fix: 'Remove isolation: "none" unless all originals are trusted.',
    })
  },
}
