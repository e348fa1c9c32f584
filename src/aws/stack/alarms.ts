/**
 * Responsible for alarms that show failures which users notice. The functions answer errors themselves, so Lambda's own metric of errors
 * counts only time-outs and functions out of memory. Pure.
 */
import { attribute, ref, type Resource, type Resources, sub } from "./cloudformation.ts"

const PERIOD_SECONDS = 300

/** A metric, and the number within five minutes above which it is an alarm. */
interface Watched {
  readonly namespace: string | object
  readonly metric: string
  readonly statistic?: "Sum" | "Maximum"
  readonly dimension?: object
  readonly threshold?: number
  readonly description: string
}

const alarm = (watched: Watched, topic: string | undefined): Resource => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmDescription: watched.description,
    Namespace: watched.namespace,
    MetricName: watched.metric,
    Statistic: watched.statistic ?? "Sum",
    ...(watched.dimension && { Dimensions: [watched.dimension] }),
    Period: PERIOD_SECONDS,
    EvaluationPeriods: 1,
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: watched.threshold ?? 0,
    TreatMissingData: "notBreaching",
    ...(topic !== undefined && { AlarmActions: [topic], OKActions: [topic] }),
  },
})

/** The namespace of metrics from the renderer's log. The function's name is unique in the account. */
const LOG_NAMESPACE = sub("ImgTailor/${Renderer}")

const logMetric = (metric: string, pattern: string): Resource => ({
  Type: "AWS::Logs::MetricFilter",
  Properties: {
    LogGroupName: ref("RendererLog"),
    FilterPattern: pattern,
    MetricTransformations: [{ MetricName: metric, MetricNamespace: LOG_NAMESPACE, MetricValue: "1" }],
  },
})

/**
 * A stored rendition should not reach the function. A few do, when two places request it at once. Many mean that CloudFront cannot read the
 * bucket: a broken origin access control or bucket policy makes every request a call.
 */
const MANY_HITS = 20

/** @param topic ARN of an SNS topic that alarms are sent to */
export const alarms = (topic: string | undefined): Resources => {
  const onRenderer = { namespace: "AWS/Lambda", dimension: { Name: "FunctionName", Value: ref("Renderer") } }
  const ofLog = { namespace: LOG_NAMESPACE }
  const watched: Readonly<Record<string, Watched>> = {
    RendererErrors: { ...onRenderer, metric: "Errors", description: "The renderer timed out or ran out of memory." },
    RendererThrottles: {
      ...onRenderer,
      metric: "Throttles",
      description: "Requests got 429: the concurrency is used up.",
    },
    RendererFailures: {
      ...onRenderer,
      metric: "Url5xxCount",
      description: "The renderer answered 5xx: a store fails or denies access, or renders take too long.",
    },
    RendererRefusals: {
      ...ofLog,
      metric: "RefusedRenders",
      description: "Renders were refused for lack of time or memory. The log names the originals.",
    },
    RendererHits: {
      ...ofLog,
      metric: "HitsAtFunction",
      threshold: MANY_HITS,
      description: "Stored renditions reach the function: CloudFront cannot read the bucket.",
    },
    FailedEvents: {
      namespace: "AWS/SQS",
      metric: "ApproximateNumberOfMessagesVisible",
      statistic: "Maximum",
      dimension: { Name: "QueueName", Value: attribute("DeadLetters", "QueueName") },
      description: "Changes of originals could not be processed: their old renditions may still be served.",
    },
  }
  return {
    RefusedRenders: logMetric(
      "RefusedRenders",
      '{ ($.code = "busy") || ($.code = "original-too-large") || ($.code = "render-failed") }',
    ),
    HitsAtFunction: logMetric("HitsAtFunction", '{ $.outcome = "hit" }'),
    ...Object.fromEntries(Object.entries(watched).map(([id, each]) => [id, alarm(each, topic)])),
  }
}
