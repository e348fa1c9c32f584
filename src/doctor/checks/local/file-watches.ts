/** Responsible for the check that there are enough inotify watches for the folders of the originals. */
import { opendir } from "node:fs/promises"
import { join } from "node:path"

import { type Check, failure, passed, skipped } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** Folders that are counted. */
const MAX_FOLDERS = 200_000

/** The number of folders below a folder, itself included. Folders that cannot be read count as one. */
const countFolders = async (root: string, limit: number, signal: AbortSignal): Promise<number> => {
  const pending = [root]
  let count = 0
  for (let folder = pending.pop(); folder !== undefined && count < limit; folder = pending.pop()) {
    count += 1
    signal.throwIfAborted()
    const entries = await opendir(folder).catch(() => undefined)
    if (entries) for await (const entry of entries) if (entry.isDirectory()) pending.push(join(folder, entry.name))
  }
  return count
}

/** See the head comment. */
export const fileWatches: Check<LocalContext> = {
  name: "file-watches",
  probe: "compare fs.inotify.max_user_watches with the number of folders",
  applies: ({ originalsFolder, tailor }) => originalsFolder !== undefined && tailor.config.watch,
  examine: async ({ originalsFolder = "", system }, { signal }) => {
    const limit = system.maxWatches()
    if (limit === undefined) return skipped("This system has no such limit.")
    const folders = await countFolders(originalsFolder, MAX_FOLDERS, signal)
    if (folders < limit) return passed(`${folders} folders, ${limit} watches.`)
    return failure({
      observation: `${folders} folders, ${limit} watches.`,
      meaning: "Changes in folders without a watch are noticed only every few minutes.",
      fix: `Raise the limit: sysctl fs.inotify.max_user_watches=${2 ** Math.ceil(Math.log2(folders * 2))}`,
    })
  },
}
