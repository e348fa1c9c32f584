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

const verdictOf = ({ naturalWidth, shownWidth, density }: Picked): string => {
  const needed = shownWidth * density
  if (naturalWidth < needed * 0.995)
    return `${formatPercent(naturalWidth / needed)} of the ${Math.round(needed)} pixels that the display has`
  return `${Math.round(needed)} pixels needed, ${naturalWidth} sent`
}

/** A row for each candidate. */
export const Candidates = ({ srcset, src, pick, wanted }: CandidatesProps): JSX.Element => {
  const candidates = srcset ? parseSrcset(srcset) : [{ url: src, descriptor: "" }]
  const taken = pick?.url ? pathOf(pick.url) : undefined
  return (
    <div class="candidates">
      <p role="status" class="muted">
        {pick ? `${pick.viewport} px wide at ${pick.density}×: ${verdictOf(pick)}.` : "Measuring"}
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
