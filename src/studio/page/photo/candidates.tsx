/** Responsible for the candidates of a `srcset`, with the one that the browser takes. */
import type { JSX } from "preact"

import { formatPercent } from "../lib/format-text.ts"
import { Badge } from "../parts/badge.tsx"
import { CopyButton } from "../parts/copy-button.tsx"
import { parseSrcset } from "./parse-srcset.ts"
import type { Picked } from "./preview-frame.ts"

interface CandidatesProps {
  readonly srcset: string | undefined
  readonly src: string
  readonly pick: Picked | undefined
  /** Chosen density. */
  readonly wanted: number
}

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url, location.href)
  return pathname + search
}

/** Pixels that the display has for the picture, and pixels that were sent. A descriptor like "2x" has no width. */
const verdictOf = ({ shownWidth, density }: Picked, descriptor: string | undefined): string => {
  const needed = Math.round(shownWidth * density)
  const sent = /^(\d+)w$/.exec(descriptor ?? "")?.[1]
  if (sent === undefined) return `${needed} pixels needed`
  return `${needed} pixels needed, ${sent} sent (${formatPercent(Number(sent) / needed)})`
}

/** A row for each candidate. */
export const Candidates = ({ srcset, src, pick, wanted }: CandidatesProps): JSX.Element => {
  const candidates = srcset ? parseSrcset(srcset) : [{ url: src, descriptor: "" }]
  const taken = pick?.url ? pathOf(pick.url) : undefined
  const chosen = candidates.find(({ url }) => pathOf(url) === taken)
  return (
    <div class="candidates">
      <p role="status" class="muted">
        {pick
          ? `${pick.viewport} px wide at ${Number(pick.density.toFixed(2))}×: ${verdictOf(pick, chosen?.descriptor)}.`
          : "Measuring"}
        {pick && Math.abs(pick.density - wanted) > 0.01 && " This browser does not change the density of an iframe."}
      </p>
      <ol>
        {candidates.map(({ url, descriptor }) => (
          <li key={url} class={pathOf(url) === taken ? "taken" : ""}>
            <strong>{descriptor || "src"}</strong>
            <bdi class="path">{pathOf(url)}</bdi>
            {pathOf(url) === taken && <Badge tone="good" text="currentSrc" />}
            <CopyButton text={new URL(url, location.href).href} name={`the URL of the candidate ${descriptor}`} />
          </li>
        ))}
      </ol>
    </div>
  )
}
