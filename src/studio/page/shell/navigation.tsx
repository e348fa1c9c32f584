/** Responsible for the navigation: the views, the catalogue's name and the colours. */
import type { JSX } from "preact"

import { catalogue } from "../lib/catalogue.ts"
import { route } from "../lib/router.ts"
import { formatRoute, HOME, type Route } from "../lib/routes.ts"
import { Icon, type IconName } from "../parts/icon.tsx"
import { Name } from "../parts/name.tsx"
import { ThemeChoice } from "./theme-choice.tsx"

interface Entry {
  readonly icon: IconName
  readonly title: string
  readonly target: Route
  readonly views: readonly Route["view"][]
}

const ENTRIES: readonly Entry[] = [
  { icon: "photos", title: "Photos", target: HOME, views: ["photos", "photo"] },
  { icon: "explain", title: "Explain", target: { view: "explain", target: "", accept: "" }, views: ["explain"] },
  { icon: "live", title: "Live", target: { view: "live" }, views: ["live"] },
  { icon: "settings", title: "Settings", target: { view: "settings", tab: "values" }, views: ["settings"] },
]

const Source = (): JSX.Element => {
  const facts = catalogue.value
  return (
    <div class="source">
      {facts && (
        <>
          <span class="muted">Originals</span>
          <Name text={facts.originals} />
          <span class="muted">Version {facts.version}</span>
        </>
      )}
    </div>
  )
}

/** A column on wide screens; on narrow ones, a bar at the top and the views at the bottom. */
export const Navigation = (): JSX.Element => (
  <header class="sidebar">
    <a class="brand" href={formatRoute(HOME)}>
      <img src="icon.svg" width="24" height="24" alt="" />
      imgtailor <span class="muted">studio</span>
    </a>
    <nav class="views" aria-label="Views">
      <ul>
        {ENTRIES.map(({ icon, title, target, views }) => (
          <li key={title}>
            <a href={formatRoute(target)} aria-current={views.includes(route.value.view) ? "page" : undefined}>
              <Icon name={icon} />
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
    <Source />
    <ThemeChoice />
  </header>
)
