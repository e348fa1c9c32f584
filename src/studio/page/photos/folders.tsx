/** Responsible for the folders of the current folder. */
import type { JSX } from "preact"

import { baseName } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Icon } from "../parts/icon.tsx"
import { Name } from "../parts/name.tsx"

/** Links to folders. */
export const Folders = ({ folders }: { readonly folders: readonly string[] }): JSX.Element => (
  <ul class="folders" aria-label="Folders">
    {folders.map((folder) => (
      <li key={folder}>
        <a href={formatRoute({ view: "photos", prefix: folder, after: "" })}>
          <Icon name="folder" />
          <Name text={baseName(folder)} />
        </a>
      </li>
    ))}
  </ul>
)
