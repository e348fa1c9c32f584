/** Responsible for the check that the clock of the renditions' file system agrees with the machine's. */
import { randomUUID } from "node:crypto"
import { mkdir, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const MAX_SKEW_MS = 60_000

/** See the head comment. */
export const fileClock: Check<LocalContext> = {
  name: "file-clock",
  probe: "compare the time of a new file with the clock",
  applies: ({ renditionsFolder }) => renditionsFolder !== undefined,
  examine: async ({ renditionsFolder = "" }) => {
    const folder = join(renditionsFolder, "tmp")
    const path = join(folder, `.imgtailor-clock-${randomUUID()}`)
    await mkdir(folder, { recursive: true })
    try {
      await writeFile(path, "")
      const skewMs = Math.abs((await stat(path)).mtimeMs - Date.now())
      if (skewMs <= MAX_SKEW_MS) return passed("They agree.")
      return warning({
        observation: `They differ by ${Math.round(skewMs / 1000)} s.`,
        meaning: "Ages of files are misjudged, for example those of abandoned temporary files.",
        fix: "Synchronise the clocks of this machine and of the file server (NTP).",
      })
    } finally {
      await rm(path, { force: true })
    }
  },
}
