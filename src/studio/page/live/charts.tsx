/** Responsible for the charts of the live view. */
import type { ReadonlySignal } from "@preact/signals"
import type { JSX } from "preact"

import type { LiveSeries } from "../../api.ts"
import { formatBytes, formatCount, formatMs } from "../lib/format-text.ts"
import { Chart, type ChartSpec } from "./chart.tsx"

/** An interval without misses has a gap instead of zero. */
const withGaps = (values: readonly number[]): readonly (number | null)[] =>
  values.map((value) => (value === 0 ? null : value))

const specsOf = (series: LiveSeries): readonly ChartSpec[] => [
  {
    title: "Requests",
    total: "sum",
    isCount: true,
    format: formatCount,
    lines: [
      { name: "Requests", colour: "--chart-1", values: series.requests },
      { name: "Hits", colour: "--chart-2", values: series.hits },
      { name: "Renders", colour: "--chart-3", values: series.renders },
      { name: "Rejected", colour: "--chart-4", values: series.refused },
    ],
  },
  {
    title: "Duration of misses",
    total: "highest",
    format: formatMs,
    lines: [
      { name: "Median", colour: "--chart-2", values: withGaps(series.missP50) },
      { name: "95 %", colour: "--chart-3", values: withGaps(series.missP95) },
    ],
  },
  {
    title: "Bytes sent",
    total: "sum",
    format: formatBytes,
    lines: [{ name: "Sent", colour: "--chart-1", values: series.bytesSent }],
  },
  {
    title: "Longest queue",
    total: "highest",
    isCount: true,
    format: formatCount,
    lines: [{ name: "Waiting", colour: "--chart-3", values: series.queue }],
  },
]

/** Four charts over the same hour. */
export const Charts = ({ series }: { readonly series: ReadonlySignal<LiveSeries | undefined> }): JSX.Element => (
  <div class="charts">
    {series.value &&
      specsOf(series.value).map((spec) => <Chart key={spec.title} spec={spec} times={series.value?.times ?? []} />)}
  </div>
)
