/** Responsible for the list of photos: one page of one folder, and the filter. */
import type { JSX } from "preact"

import type { Photos } from "../../api.ts"
import { catalogue } from "../lib/catalogue.ts"
import { useKeptFocus } from "../lib/focus.ts"
import { formatCount } from "../lib/format-text.ts"
import { useLoad } from "../lib/use-load.ts"
import { Problem } from "../parts/problem.tsx"
import { Breadcrumbs } from "./breadcrumbs.tsx"
import { Folders } from "./folders.tsx"
import { loadPage } from "./load-page.ts"
import { Pager } from "./pager.tsx"
import { PhotoGrid } from "./photo-grid.tsx"
import { PrefixFilter } from "./prefix-filter.tsx"

interface PhotosViewProps {
  readonly prefix: string
  readonly after: string
}

const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`

const summaryOf = ({ folders, photos, next }: Photos): string => {
  const parts = [
    ...(folders.length > 0 ? [plural(folders.length, "folder")] : []),
    `${plural(photos.length, "photo")}${next === undefined ? "" : ", more on the next page"}`,
  ]
  return parts.join(" · ")
}

const Empty = ({ prefix }: { readonly prefix: string }): JSX.Element => (
  <div class="empty">
    <h2>{prefix ? "No photo has a key with this prefix" : "No photos yet"}</h2>
    <p>
      {prefix
        ? "Keys are case-sensitive. Shorten the prefix to see more."
        : "Add photos to the originals. They appear here without a restart."}
    </p>
    {catalogue.value?.problem && <p>{catalogue.value.problem}</p>}
  </div>
)

/** One page of photos. */
export const PhotosView = ({ prefix, after }: PhotosViewProps): JSX.Element => {
  const { state, reload } = useLoad(`${prefix}\n${after}`, (signal) => loadPage({ prefix, after }, { signal }))
  const { value, problem, isLoading } = state.value
  useKeptFocus(value)
  const isEmpty = value && value.photos.length === 0 && value.folders.length === 0
  return (
    <div class="view" aria-busy={isLoading}>
      <div class="toolbar">
        <div>
          <h1>Photos</h1>
          <Breadcrumbs prefix={prefix} />
        </div>
        <PrefixFilter prefix={prefix} />
      </div>
      <p class="muted summary" role="status">
        {value ? summaryOf(value) : "Loading photos"}
      </p>
      {problem && <Problem problem={problem} onRetry={reload} />}
      {value && value.folders.length > 0 && <Folders folders={value.folders} />}
      {value && value.photos.length > 0 && <PhotoGrid photos={value.photos} />}
      {isEmpty && <Empty prefix={prefix} />}
      {value && <Pager prefix={prefix} after={after} next={value.next} />}
    </div>
  )
}
