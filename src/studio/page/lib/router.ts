/** Responsible for the current route, which follows the fragment of the page's URL. */
import { signal, type Signal } from "@preact/signals"

import { formatRoute, parseRoute, type Route } from "./routes.ts"

/** The current route. */
export const route: Signal<Route> = signal(parseRoute(location.hash))

addEventListener("hashchange", () => {
  route.value = parseRoute(location.hash)
})

/** Changes the route; `replace` adds no entry to the history. */
export const navigate = (next: Route, { replace = false }: { readonly replace?: boolean } = {}): void => {
  const fragment = formatRoute(next)
  if (fragment === location.hash) return
  if (replace) {
    history.replaceState(null, "", fragment)
    route.value = next
  } else location.hash = fragment
}
