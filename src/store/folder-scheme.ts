/** Responsible for folders in the table of URL schemes: paths, and `file:` URLs. */
import { sep } from "node:path"
import { fileURLToPath } from "node:url"

import { FOLDER_KEY_LIMITS } from "./folder-paths.ts"
import type { Scheme } from "./scheme.ts"

/** The path of a `file:` URL; undefined for one with a host. */
const pathOf = (url: string): string | undefined => {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

/** Folders. A relative location is resolved by the reader of the setting. */
export const folderScheme: Scheme = {
  name: "folder",
  form: "a folder",
  normalise: (text) => (/^file:\/\//i.test(text) ? pathOf(text) : text || undefined),
  openOriginals: async (folder, { onNotice }) => {
    const { folderOriginals } = await import("./folder-originals.ts")
    return folderOriginals(folder, { onNotice })
  },
  renditions: {
    keyLimits: () => FOLDER_KEY_LIMITS,
    open: async (folder, { isShared, onNotice }) => {
      const { folderRenditions } = await import("./folder-renditions.ts")
      return isShared
        ? folderRenditions(`${folder}${sep}.imgtailor`, { files: folder, onNotice })
        : folderRenditions(folder, { onNotice })
    },
  },
}
