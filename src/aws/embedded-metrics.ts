/**
 * Responsible for metrics of a function in CloudWatch's embedded metric format: fields of a log line from which CloudWatch makes metrics,
 * without a call.
 *
 * Source: Amazon CloudWatch User Guide, "Embedded metric format specification".
 */
import type { RequestReport } from "../hooks.ts"
import { roundMs } from "../log-entry.ts"

/** Namespace of the metrics in CloudWatch. */
export const METRICS_NAMESPACE = "imgtailor"

/** Name and unit of each metric, as CloudWatch shows them. */
const UNITS = {
  Requests: "Count",
  Duration: "Milliseconds",
  RenderDuration: "Milliseconds",
  ResponseBytes: "Bytes",
} as const

type MetricName = keyof typeof UNITS

/** Values of a request; a metric that does not apply is absent. */
const valuesOf = ({
  durationMs,
  timings,
  byteLength,
  outcome,
}: RequestReport): Partial<Record<MetricName, number>> => ({
  Requests: 1,
  Duration: roundMs(durationMs),
  ...(outcome === "miss" && timings.render !== undefined && { RenderDuration: roundMs(timings.render) }),
  ...(byteLength > 0 && { ResponseBytes: byteLength }),
})

/** The fields of a log line that CloudWatch reads, by function and outcome. `outcome` itself is a field of every log line. */
export const embeddedMetrics = (report: RequestReport, functionName: string, timestampMs: number): object => {
  const values = valuesOf(report)
  const metrics = Object.keys(values).map((name) => ({ Name: name, Unit: UNITS[name as MetricName] }))
  return {
    ...values,
    FunctionName: functionName,
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [
        { Namespace: METRICS_NAMESPACE, Dimensions: [["FunctionName", "outcome"]], Metrics: metrics },
      ],
    },
  }
}
