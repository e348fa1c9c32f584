/** Responsible for one card of a contact sheet: the picture, its bytes, its time and its URL. */
import type { ReadonlySignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

import type { Photo } from "../../api.ts"
import { formatBytes, formatMs, formatPercent } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { useInView } from "../lib/use-in-view.ts"
import { StateBadge } from "../parts/badge.tsx"
import { CopyButton } from "../parts/copy-button.tsx"
import { CellPicture } from "./cell-picture.tsx"
import type { Cell } from "./sheet.ts"

interface SheetCellProps {
  readonly cell: Cell
  readonly photo: Photo
  readonly mostBytes: ReadonlySignal<number>
}

const Numbers = ({ cell, photo, mostBytes }: SheetCellProps): JSX.Element => {
  const state = cell.state.value
  const rendition = state.phase === "done" ? state.rendition : undefined
  const byteLength = rendition?.byteLength ?? cell.item.byteLength
  const renderMs = rendition?.renderMs ?? cell.item.renderMs
  return (
    <>
      <div class="bar" aria-hidden="true">
        <span style={{ width: `${(100 * (byteLength ?? 0)) / mostBytes.value}%` }} />
      </div>
      <p class="numbers">
        <strong>{byteLength === undefined ? "–" : formatBytes(byteLength)}</strong>
        <span title="Part of the original's bytes">
          {byteLength !== undefined && formatPercent(byteLength / photo.info.byteLength)}
        </span>
        <span title="Time of the render">{renderMs !== undefined && formatMs(renderMs)}</span>
      </p>
    </>
  )
}

/** One rendition. */
export const SheetCell = ({ cell, photo, mostBytes }: SheetCellProps): JSX.Element => {
  const { item, state } = cell
  const [element, isInView] = useInView<HTMLLIElement>()
  const isShown = isInView.value
  useEffect(() => {
    if (isShown) cell.show()
  }, [cell, isShown])
  const name = `${item.size} as ${item.format.toUpperCase()}${item.isBase ? ", base URL" : ""}`
  const current = state.value
  return (
    <li class="cell" ref={element}>
      <a
        class="cell-link"
        href={formatRoute({ view: "photo", key: photo.key, tab: "compare", size: item.size, format: item.format })}
      >
        <span class="hidden">Compare {name}</span>
        <CellPicture state={current} item={item} photo={photo} />
      </a>
      <div class="row between">
        <span class="format">
          {item.format.toUpperCase()}
          {item.isBase && <span class="muted"> base</span>}
          {item.isSubstituted && <span class="muted"> substituted</span>}
        </span>
        <StateBadge state={current.phase === "done" ? current.rendition.outcome : item.state} />
      </div>
      <Numbers cell={cell} photo={photo} mostBytes={mostBytes} />
      <div class="row url">
        <a href={item.url} target="_blank" rel="noreferrer" title={item.url}>
          <bdi>{item.url}</bdi>
          <span class="hidden"> (opens in a new tab)</span>
        </a>
        <CopyButton text={new URL(item.url, location.href).href} name={`the URL of ${name}`} />
      </div>
    </li>
  )
}
