/**
 * Responsible for the CloudWatch dashboard of the stack: requests by outcome, their duration, errors, and events that wait. Pure.
 *
 * Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax".
 */
import { METRICS_NAMESPACE } from "../embedded-metrics.ts"
import { type Resources, sub } from "./cloudformation.ts"

type Metric = readonly (string | { readonly stat?: string; readonly label?: string })[]

interface Widget {
  readonly title: string
  readonly metrics: readonly Metric[]
}

const OUTCOMES = ["hit", "miss", "coalesced", "refused"] as const

/** A metric of the renderer's log lines with one outcome. */
const ofOutcome = (metric: string, outcome: string, stat: string): Metric => [
  METRICS_NAMESPACE,
  metric,
  "FunctionName",
  "${Renderer}",
  "outcome",
  outcome,
  { stat, label: `${outcome} ${stat}` },
]

const ofRenderer = (metric: string, stat: string): Metric => [
  "AWS/Lambda",
  metric,
  "FunctionName",
  "${Renderer}",
  { stat, label: metric },
]

const WIDGETS: readonly Widget[] = [
  {
    title: "Requests that reach the renderer",
    metrics: OUTCOMES.map((outcome) => ofOutcome("Requests", outcome, "Sum")),
  },
  { title: "Duration of misses", metrics: ["p50", "p95", "p99"].map((stat) => ofOutcome("Duration", "miss", stat)) },
  { title: "Time to render", metrics: ["p50", "p95", "p99"].map((stat) => ofOutcome("RenderDuration", "miss", stat)) },
  {
    title: "Errors and throttled requests",
    metrics: ["Errors", "Url5xxCount", "Throttles"].map((metric) => ofRenderer(metric, "Sum")),
  },
  { title: "Concurrent executions", metrics: [ofRenderer("ConcurrentExecutions", "Maximum")] },
  {
    title: "Changes of originals that could not be processed",
    metrics: [
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${DeadLetters.QueueName}", { stat: "Maximum" }],
    ],
  },
]

const [COLUMNS, WIDTH, HEIGHT] = [3, 8, 6]

const body = (): string =>
  JSON.stringify({
    widgets: WIDGETS.map(({ title, metrics }, at) => ({
      type: "metric",
      x: (at % COLUMNS) * WIDTH,
      y: Math.floor(at / COLUMNS) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, metrics, region: "${AWS::Region}", period: 300, view: "timeSeries" },
    })),
  })

/** The dashboard; its name begins with that of the stack. */
export const dashboard = (): Resources => ({
  Dashboard: {
    Type: "AWS::CloudWatch::Dashboard",
    // Without a name, CloudFormation makes one: two constructs in one stack have different dashboards.
    Properties: { DashboardBody: sub(body()) },
  },
})
