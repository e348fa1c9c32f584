/** Responsible for photos that could not be read, and renditions that could not be stored. */
import type { JSX } from "preact"

import type { LiveSummary } from "../../api.ts"
import { formatCount, formatTime } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Badge } from "../parts/badge.tsx"
import { Name } from "../parts/name.tsx"
import { LiveTable } from "./live-table.tsx"

const KINDS = { unreadable: "Unreadable", "not-stored": "Not stored" } as const

/** A row for each photo and problem. */
export const ProblemTable = ({ problems }: Pick<LiveSummary, "problems">): JSX.Element => (
  <LiveTable
    title="Photos with problems"
    columns={["Photo", "Problem", "Count", "Last", "Reason"]}
    empty="All requested photos could be read, and all renditions stored."
    rows={problems.map(({ original, kind, reason, count, timeMs }) => ({
      id: `${kind} ${original}`,
      cells: [
        <a key="photo" class="path" href={formatRoute({ view: "explain", target: original, accept: "" })}>
          <Name text={original} />
        </a>,
        <Badge key="kind" tone="bad" text={KINDS[kind]} />,
        formatCount(count),
        formatTime(timeMs),
        <span key="reason" class="text">
          <Name text={reason} />
        </span>,
      ],
    }))}
  />
)
