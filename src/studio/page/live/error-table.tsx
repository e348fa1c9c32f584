/** Responsible for errors by code, with the last example. */
import type { JSX } from "preact"

import type { LiveSummary } from "../../api.ts"
import { formatCount, formatTime } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Name } from "../parts/name.tsx"
import { LiveTable } from "./live-table.tsx"

/** A row for each code. */
export const ErrorTable = ({ errors }: Pick<LiveSummary, "errors">): JSX.Element => (
  <LiveTable
    title="Errors"
    columns={["Code", "Count", "Last", "Example", "Reason"]}
    empty="No request failed in the last hour."
    rows={errors.map(({ code, count, timeMs, example, reason }) => ({
      id: code,
      cells: [
        <code key="code">{code}</code>,
        formatCount(count),
        formatTime(timeMs),
        <a key="example" class="path" href={formatRoute({ view: "explain", target: example, accept: "" })}>
          <Name text={example} />
        </a>,
        <span key="reason" class="text">
          <Name text={reason} />
        </span>,
      ],
    }))}
  />
)
