/** Responsible for the requests as they end. */
import { type ReadonlySignal, useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { LiveRequest } from "../../api.ts"
import { formatBytes, formatMs, formatTime } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { StateBadge } from "../parts/badge.tsx"
import { Name } from "../parts/name.tsx"
import { TableHead } from "./table-head.tsx"

const Row = ({ request }: { readonly request: LiveRequest }): JSX.Element => (
  <tr>
    <th scope="row">{formatTime(request.timeMs)}</th>
    <td>{request.status}</td>
    <td>
      <StateBadge state={request.outcome} />
    </td>
    <td class="path">
      <a href={formatRoute({ view: "explain", target: request.path, accept: "" })}>
        <Name text={request.path} />
      </a>
    </td>
    <td>{formatMs(request.durationMs)}</td>
    <td>{request.renderMs === undefined ? "–" : formatMs(request.renderMs)}</td>
    <td>{formatBytes(request.byteLength)}</td>
    <td class="text">
      <Name text={request.reason} />
    </td>
  </tr>
)

const COLUMNS = ["Time", "Status", "Outcome", "Path", "Total", "Render", "Bytes", "Reason"]

/** The latest first; "Pause" keeps the rows that are shown. */
export const RequestTable = ({
  requests,
}: {
  readonly requests: ReadonlySignal<readonly LiveRequest[]>
}): JSX.Element => {
  const paused = useSignal<readonly LiveRequest[] | undefined>(undefined)
  const shown = paused.value ?? requests.value
  return (
    <section class="panel" aria-label="Requests">
      <div class="row between">
        <h2>Requests</h2>
        <button
          type="button"
          class="button"
          aria-pressed={paused.value !== undefined}
          onClick={() => (paused.value = paused.value ? undefined : requests.value)}
        >
          Pause
        </button>
      </div>
      <div class="scroll requests" tabIndex={0} role="region" aria-label="Requests, table">
        <table>
          <TableHead columns={COLUMNS} />
          <tbody>
            {shown.map((request) => (
              <Row key={request.id} request={request} />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p class="muted">No request has ended since the page was opened.</p>}
      </div>
    </section>
  )
}
