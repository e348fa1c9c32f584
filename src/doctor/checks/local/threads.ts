/** Responsible for the check of the variables that a process needs that renders itself: the thread pool and glibc's arenas. */
import { missingAdvice } from "../../../config/load.ts"
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const threads: Check<LocalContext> = {
  name: "threads",
  probe: "read UV_THREADPOOL_SIZE and MALLOC_ARENA_MAX",
  examine: ({ tailor, system }) => {
    if (tailor.config.isolation === "process") return passed("Render processes get the variables that they need.")
    const advice = missingAdvice(tailor.config, { ...system.env }, system.platform)
    if (advice === undefined) return passed("UV_THREADPOOL_SIZE and MALLOC_ARENA_MAX are set.")
    return warning({
      observation: `isolation is none, and variables are missing.`,
      meaning: "Renders wait for threads, and memory stays allocated after large renders.",
      fix: advice,
    })
  },
}
