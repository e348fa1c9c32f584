/** Responsible for the path of the current folder. */
import type { JSX } from "preact"

import { folderOf } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Name } from "../parts/name.tsx"

/** Every folder from the root to that of the prefix. */
const foldersOf = (prefix: string): readonly string[] =>
  Array.from(folderOf(prefix).matchAll(/\//g), ({ index }) => prefix.slice(0, index + 1))

/** Links to the folders above. */
export const Breadcrumbs = ({ prefix }: { readonly prefix: string }): JSX.Element => (
  <nav class="crumbs" aria-label="Folder">
    <ol>
      {["", ...foldersOf(prefix)].map((folder, at, all) => (
        <li key={folder}>
          <a
            href={formatRoute({ view: "photos", prefix: folder, after: "" })}
            aria-current={at === all.length - 1 ? "page" : undefined}
          >
            {folder === "" ? "All" : <Name text={folder.slice(all[at - 1]?.length ?? 0, -1)} />}
          </a>
        </li>
      ))}
    </ol>
  </nav>
)
