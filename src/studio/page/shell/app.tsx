/** Responsible for the frame of the page: navigation beside the current view. */
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

import { needsToken } from "../lib/api-client.ts"
import { catalogue, catalogueProblem, loadCatalogue } from "../lib/catalogue.ts"
import { useMovedFocus } from "../lib/focus.ts"
import { visibleName } from "../lib/format-text.ts"
import { route } from "../lib/router.ts"
import type { Route } from "../lib/routes.ts"
import { Problem } from "../parts/problem.tsx"
import { CurrentView } from "./current-view.tsx"
import { Message } from "./message.tsx"
import { Navigation } from "./navigation.tsx"
import { SignIn } from "./sign-in.tsx"

const titleOf = (current: Route): string => {
  if (current.view === "photo") return visibleName(current.key)
  return current.view === "photos" && current.prefix
    ? visibleName(current.prefix)
    : current.view.replace(/^./, (first) => first.toUpperCase())
}

/** A browser moves the focus and the scroll position by itself only where it loads a page. */
const useFreshStart = (place: string): void => {
  useMovedFocus(place)
  useEffect(() => {
    scrollTo(0, 0)
  }, [place])
}

const placeOf = (current: Route): string => (current.view === "photo" ? `photo ${current.key}` : current.view)

const Main = (): JSX.Element | undefined => {
  if (needsToken.value) return <SignIn />
  if (catalogue.value) return <CurrentView />
  const problem = catalogueProblem.value
  return problem && <Problem problem={problem} onRetry={() => void loadCatalogue()} />
}

/** The whole page. */
export const App = (): JSX.Element => {
  const title = titleOf(route.value)
  useEffect(() => {
    document.title = `${title} · imgtailor studio`
  }, [title])
  useFreshStart(placeOf(route.value))
  return (
    <div class="app">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          document.querySelector<HTMLElement>("#main")?.focus()
        }}
      >
        Skip to content
      </a>
      <Navigation />
      <main id="main" tabIndex={-1}>
        <Main />
      </main>
      <Message />
    </div>
  )
}
