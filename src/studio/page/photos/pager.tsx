/** Responsible for the links to the pages before and after. */
import type { JSX } from "preact"

import { formatRoute } from "../lib/routes.ts"
import { Icon } from "../parts/icon.tsx"
import { previousPage } from "./load-page.ts"

interface PagerProps {
  readonly prefix: string
  readonly after: string
  readonly next: string | undefined
}

/** Links to the previous and the next page; nothing for a list of one page. */
export const Pager = ({ prefix, after, next }: PagerProps): JSX.Element | undefined => {
  if (after === "" && next === undefined) return undefined
  const previous = previousPage(prefix, after)
  const hrefOf = (cursor: string): string => formatRoute({ view: "photos", prefix, after: cursor })
  return (
    <nav class="row pager" aria-label="Pages">
      {after !== "" && (
        <a class="button" href={hrefOf(previous ?? "")}>
          <Icon name="left" />
          {previous ? "Previous page" : "First page"}
        </a>
      )}
      {next !== undefined && (
        <a class="button" href={hrefOf(next)}>
          Next page
          <Icon name="right" />
        </a>
      )}
    </nav>
  )
}
