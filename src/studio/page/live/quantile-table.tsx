/** Responsible for the times of renders by format. */
import type { JSX } from "preact"

import type { LiveSummary, Quantiles } from "../../api.ts"
import { formatCount, formatMs } from "../lib/format-text.ts"
import { LiveTable } from "./live-table.tsx"

const cellsOf = (quantiles: Quantiles | undefined): readonly string[] =>
  quantiles && quantiles.count > 0 ? [quantiles.p50, quantiles.p95, quantiles.p99].map(formatMs) : ["–", "–", "–"]

/** Waiting and rendering, each with three quantiles. */
export const QuantileTable = ({ waiting, rendering }: Pick<LiveSummary, "waiting" | "rendering">): JSX.Element => (
  <LiveTable
    title="Render times"
    columns={["Format", "Renders", "Render p50", "p95", "p99", "Wait p50", "p95 ", "p99 "]}
    empty="Nothing was rendered in the last hour."
    rows={Object.entries(rendering).map(([format, quantiles]) => ({
      id: format,
      cells: [format.toUpperCase(), formatCount(quantiles.count), ...cellsOf(quantiles), ...cellsOf(waiting[format])],
    }))}
  />
)
