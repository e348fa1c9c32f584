/** Responsible for the view of the current route. */
import type { JSX } from "preact"

import { ExplainView } from "../explain/explain-view.tsx"
import { route } from "../lib/router.ts"
import { LazyLive } from "../live/lazy-live.tsx"
import { PhotoView } from "../photo/photo-view.tsx"
import { PhotosView } from "../photos/photos-view.tsx"
import { SettingsView } from "../settings/settings-view.tsx"

/** The view of the current route. */
export const CurrentView = (): JSX.Element => {
  const current = route.value
  switch (current.view) {
    case "photos":
      return <PhotosView prefix={current.prefix} after={current.after} />
    case "photo":
      return <PhotoView key={current.key} route={current} />
    case "explain":
      return <ExplainView target={current.target} accept={current.accept} />
    case "live":
      return <LazyLive />
    case "settings":
      return <SettingsView tab={current.tab} />
  }
}
