/** Responsible for the renditions of an explained original. */
import type { JSX } from "preact"

import type { Explanation } from "../../api.ts"
import { formatRoute } from "../lib/routes.ts"
import { StateBadge } from "../parts/badge.tsx"
import { Part } from "./part.tsx"

/** A link to the explanation of each. */
export const RenditionStates = ({
  renditions,
}: {
  readonly renditions: NonNullable<Explanation["renditions"]>
}): JSX.Element => (
  <Part title="Renditions" summary={<span class="muted">{renditions.length}</span>}>
    <ul class="states">
      {renditions.map(({ size, format, url, state }) => (
        <li key={url}>
          <a href={formatRoute({ view: "explain", target: url, accept: "" })}>
            {size} <span class="muted">{format ?? "base"}</span>
          </a>
          <StateBadge state={state} />
        </li>
      ))}
    </ul>
  </Part>
)
