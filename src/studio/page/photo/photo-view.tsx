/** Responsible for the view of one photo: its facts beside one of the parts. */
import type { JSX } from "preact"

import { request } from "../lib/api-client.ts"
import { baseName, folderOf } from "../lib/format-text.ts"
import { formatRoute, type PhotoTab } from "../lib/routes.ts"
import { useLoad } from "../lib/use-load.ts"
import { CopyButton } from "../parts/copy-button.tsx"
import { Name } from "../parts/name.tsx"
import { Problem } from "../parts/problem.tsx"
import { Tabs } from "../parts/tabs.tsx"
import { Breadcrumbs } from "../photos/breadcrumbs.tsx"
import type { PhotoRoute } from "./part-props.ts"
import { PhotoActions } from "./photo-actions.tsx"
import { PhotoPart } from "./photo-part.tsx"
import { PhotoSummary } from "./photo-summary.tsx"

const TITLES: Readonly<Record<PhotoTab, string>> = {
  sizes: "Sizes",
  compare: "Compare",
  quality: "Quality",
  code: "Code",
  preview: "Preview",
  focal: "Focal point",
}

/** One photo. */
export const PhotoView = ({ route }: { readonly route: PhotoRoute }): JSX.Element => {
  const key = route.key
  const { state, reload } = useLoad(key, (signal) => request("GET photo", { key }, { signal }))
  const { value, problem, isLoading } = state.value
  const photo = value?.key === key ? value : undefined
  const tabs = (Object.keys(TITLES) as PhotoTab[]).map((tab) => ({
    id: tab,
    title: TITLES[tab],
    href: formatRoute({ ...route, tab }),
  }))
  return (
    <div class="view" aria-busy={isLoading}>
      <div class="toolbar">
        <div class="shrink">
          <Breadcrumbs prefix={folderOf(key)} />
          <h1>
            <Name text={baseName(key)} />
            <CopyButton text={key} name="the key" />
          </h1>
        </div>
        {photo && <PhotoActions photo={photo} onChange={reload} />}
      </div>
      {problem && <Problem problem={problem} onRetry={reload} />}
      {!problem && (
        <>
          <Tabs label="Parts of this photo" tabs={tabs} current={route.tab} />
          <div class={route.tab === "sizes" ? "photo" : ""}>
            {route.tab === "sizes" && <PhotoSummary photo={photo} />}
            {photo && <PhotoPart photo={photo} route={route} onChange={reload} />}
          </div>
        </>
      )}
    </div>
  )
}
