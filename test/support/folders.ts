/** Responsible for folders of tests, which are removed when the test ends. */
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative, sep } from "node:path"

import { onTestFinished } from "vitest"

/** True if this process may read everything, and may act as another user for a moment. */
export const isRoot: boolean = process.getuid?.() === 0

/**
 * A new empty folder. It is removed with its contents when the test ends.
 * @param options.readable other users may enter and list it
 */
export const temporaryFolder = async ({ readable = false }: { readonly readable?: boolean } = {}): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  if (readable) await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** The files below a folder, as sorted keys; none if the folder does not exist. */
export const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted()
}
