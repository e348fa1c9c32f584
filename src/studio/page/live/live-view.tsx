/** Responsible for the live view: numbers, charts and requests of the last hour. */
import type { JSX } from "preact"
import { useEffect, useMemo } from "preact/hooks"

import { Badge } from "../parts/badge.tsx"
import { Charts } from "./charts.tsx"
import { ErrorTable } from "./error-table.tsx"
import { ProblemTable } from "./problem-table.tsx"
import { QuantileTable } from "./quantile-table.tsx"
import { RefusedTable } from "./refused-table.tsx"
import { RequestTable } from "./request-table.tsx"
import { openStream } from "./stream.ts"
import { Tiles } from "./tiles.tsx"

/** Connected while it is shown. */
export const LiveView = (): JSX.Element => {
  const stream = useMemo(openStream, [])
  useEffect(() => stream.close, [stream])
  const summary = stream.summary.value
  return (
    <>
      <p class="row" role="status">
        <Badge
          tone={stream.isConnected.value ? "good" : "warn"}
          text={stream.isConnected.value ? "Connected" : "Connecting"}
        />
        <span class="muted">The last hour, in the memory of this process</span>
      </p>
      {summary && (
        <>
          <Tiles summary={summary} />
          <Charts series={stream.series} />
          <div class="tables">
            <RefusedTable sizes={summary.refusedSizes} />
            <ErrorTable errors={summary.errors} />
            <ProblemTable problems={summary.problems} />
            <QuantileTable waiting={summary.waiting} rendering={summary.rendering} />
          </div>
          <RequestTable requests={stream.requests} />
        </>
      )}
    </>
  )
}
