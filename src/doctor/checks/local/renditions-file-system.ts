/** Responsible for the check that the parts of a folder of renditions are on one file system: a rename between two is not atomic. */
import { stat } from "node:fs/promises"
import { join } from "node:path"

import { networkFileSystemOf } from "../../../store/folder-network.ts"
import { type Check, failure, passed, skipped, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const PARTS = ["files", "records", "tmp"] as const

/** See the head comment. */
export const renditionsFileSystem: Check<LocalContext> = {
  name: "renditions-file-system",
  probe: "compare the devices of files/, records/ and tmp/ among the renditions",
  applies: ({ renditionsFolder }) => renditionsFolder !== undefined,
  examine: async ({ renditionsFolder = "" }) => {
    const stats = await Promise.all(PARTS.map((name) => stat(join(renditionsFolder, name)).catch(() => undefined)))
    const devices = new Set(stats.flatMap((one) => (one ? [one.dev] : [])))
    if (devices.size === 0) return skipped("No rendition is stored yet.")
    if (devices.size > 1)
      return failure({
        observation: `${PARTS.join(", ")} in ${renditionsFolder} are on ${devices.size} file systems.`,
        meaning: "Renditions cannot be moved into place, so nothing is stored.",
        fix: "Mount the whole folder instead of a part of it.",
      })
    const kind = await networkFileSystemOf(renditionsFolder)
    if (kind === undefined) return passed("They are on one local file system.")
    return warning({
      observation: `${renditionsFolder} is on ${kind}.`,
      meaning: "Every hit reads over the network, and a server that does not respond delays requests.",
      fix: "Give each machine a local folder of renditions, or use S3.",
    })
  },
}
