/** Responsible for the folders of the current folder. */
import type { JSX } from "preact"

import { FolderTile } from "./folder-tile.tsx"

/** Links to folders, each with one of its photos. */
export const Folders = ({ folders }: { readonly folders: readonly string[] }): JSX.Element => (
  <ul class="grid folders" aria-label="Folders">
    {folders.map((folder) => (
      <FolderTile key={folder} folder={folder} />
    ))}
  </ul>
)
