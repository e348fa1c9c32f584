/** Responsible for the numbers of the live view. */
import type { JSX } from "preact"

import type { LiveSummary } from "../../api.ts"
import { formatBytes, formatCount, formatPercent } from "../lib/format-text.ts"

interface TileProps {
  readonly title: string
  readonly value: string
  readonly detail: string
  /** 0 to 1, for a bar of a value against its limit. */
  readonly part?: number | undefined
}

const NEARLY_FULL = 0.8

const Tile = ({ title, value, detail, part }: TileProps): JSX.Element => (
  <div class="tile-number">
    <dt>{title}</dt>
    <dd>
      <strong>{value}</strong>
      <span class="muted">{detail}</span>
      {part !== undefined && (
        <span class={part > NEARLY_FULL ? "bar warn" : "bar"} aria-hidden="true">
          <span style={{ width: `${Math.min(1, part) * 100}%` }} />
        </span>
      )}
    </dd>
  </div>
)

const rate = (perSecond: number): string => (perSecond >= 9.95 ? perSecond.toFixed(0) : perSecond.toFixed(1))

/** One line of numbers on wide screens. */
export const Tiles = ({ summary }: { readonly summary: LiveSummary }): JSX.Element => {
  const { hitRatio, requests, requestsPerSecond, rendersPerSecond, queue, memory, bytesSent, bytesSaved } = summary
  return (
    <dl class="tiles">
      <Tile
        title="Hit ratio"
        value={hitRatio === undefined ? "–" : formatPercent(hitRatio)}
        detail={`of ${formatCount(requests)} requests`}
      />
      <Tile title="Requests" value={`${rate(requestsPerSecond)}/s`} detail="last minute" />
      <Tile
        title="Renders"
        value={`${rate(rendersPerSecond)}/s`}
        detail={`${queue.running} of ${queue.renders} running`}
      />
      <Tile
        title="Queue"
        value={formatCount(queue.waiting)}
        detail={`limit ${formatCount(queue.limit)}`}
        part={queue.limit > 0 ? queue.waiting / queue.limit : 0}
      />
      <Tile
        title="Render memory"
        value={formatBytes(memory.reservedBytes)}
        detail={`limit ${formatBytes(memory.limitBytes)}, process ${formatBytes(memory.rssBytes)}`}
        part={memory.limitBytes > 0 ? memory.reservedBytes / memory.limitBytes : 0}
      />
      <Tile
        title="Sent"
        value={formatBytes(bytesSent)}
        detail={`${formatBytes(Math.max(0, bytesSaved))} less than the originals`}
      />
    </dl>
  )
}
