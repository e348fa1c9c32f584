/** Responsible for the drafts that were tried, as rows to compare. */
import type { JSX } from "preact"

import { formatBytes, formatMs, formatPercent } from "../lib/format-text.ts"
import type { Draft } from "./draft-rows.ts"

interface DraftTableProps {
  readonly drafts: readonly Draft[]
  readonly configured: number | undefined
  readonly current: number | undefined
  readonly isLoading: boolean
  readonly originalBytes: number
  readonly onChoose: (quality: number) => void
}

const Row = ({ draft, props }: { readonly draft: Draft; readonly props: DraftTableProps }): JSX.Element => {
  const { configured, current, originalBytes, onChoose } = props
  const { quality } = draft
  return (
    <tr class={quality === current ? "current" : ""}>
      <th scope="row">
        {quality === undefined ? (
          "Lossless"
        ) : (
          <button type="button" class="link" onClick={() => onChoose(quality)}>
            {quality}
          </button>
        )}
        {quality !== undefined && quality === configured && <span class="muted"> configured</span>}
      </th>
      <td>{formatBytes(draft.byteLength)}</td>
      <td>{formatPercent(draft.byteLength / originalBytes)}</td>
      <td>{formatMs(draft.renderMs)}</td>
      <td>{draft.similarity === undefined ? "–" : draft.similarity.toFixed(4)}</td>
    </tr>
  )
}

/** Rows in the order of quality. */
export const DraftTable = (props: DraftTableProps): JSX.Element => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Tried drafts" aria-busy={props.isLoading}>
    <table class="drafts">
      <thead>
        <tr>
          <th scope="col">Quality</th>
          <th scope="col">Bytes</th>
          <th scope="col">Of the original</th>
          <th scope="col">Render</th>
          <th scope="col">SSIM</th>
        </tr>
      </thead>
      <tbody>
        {props.drafts
          .toSorted((a, b) => (a.quality ?? 0) - (b.quality ?? 0))
          .map((draft) => (
            <Row key={draft.quality} draft={draft} props={props} />
          ))}
        {props.isLoading && (
          <tr class="muted">
            <th scope="row">{props.configured === undefined ? "Lossless" : props.current}</th>
            <td colSpan={4}>Rendering</td>
          </tr>
        )}
      </tbody>
    </table>
  </div>
)
