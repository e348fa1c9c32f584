/**
 * The functions in Lambda: the one that renders, behind a URL that CloudFront alone may call; the one that deletes; and where wanted the
 * one that renders ahead. Each writes into a log of its own and may do what policies.ts says. PURE.
 */
import {
  attribute,
  CODE_PARAMETERS,
  DISTRIBUTION_ARN,
  ref,
  type Resource,
  type Resources,
  roleFor,
  sub,
} from "./cloudformation.ts"
import type { Statement } from "./policies.ts"

/** A call's longest time, in seconds. A render is stored within it, or not at all. */
export const SECONDS = { renderer: 30, sync: 60, batch: 300 } as const

/** Variables of an environment; values may be CloudFormation's functions. */
export type Variables = Readonly<Record<string, unknown>>

const LOG_DAYS = 30

/** A function's log, in `<id>Log`. */
export const log: Resource = { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: LOG_DAYS } }

/** Lets a function write into its log. */
export const logStatement = (id: string): Statement => ({
  Sid: "Log",
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: [`\${${id}.Arn}`],
})

/** A function, with the role and the log that are called after `role`. @param properties in place of these, and more */
export const lambda = (handler: string, role: string, properties: object): Resource => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    Runtime: "nodejs24.x",
    Architectures: ["arm64"],
    Code: { S3Bucket: ref(CODE_PARAMETERS.bucket), S3Key: ref(CODE_PARAMETERS.key) },
    Handler: handler,
    Role: attribute(`${role}Role`),
    LoggingConfig: { LogGroup: ref(`${role}Log`) },
    ...properties,
  },
})

const permission = (id: string, action: string, service: string, source: object, more: object = {}): Resource => ({
  Type: "AWS::Lambda::Permission",
  Properties: { FunctionName: ref(id), Action: action, Principal: service, SourceArn: source, ...more },
})

/** Lets CloudFront call: both are asked for (Lambda Developer Guide, "Control access to Lambda function URLs"). */
const urlPermissions = (id: string): Resources => {
  const source = sub(DISTRIBUTION_ARN)
  const service = "cloudfront.amazonaws.com"
  return {
    CloudFrontCallsUrl: permission(id, "lambda:InvokeFunctionUrl", service, source),
    CloudFrontCallsFunction: permission(id, "lambda:InvokeFunction", service, source, { InvokedViaFunctionUrl: true }),
  }
}

/** An alarm for anything above nothing within five minutes. */
const alarm = (namespace: string, metric: string, statistic: string, dimension: object): Resource => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    Namespace: namespace,
    MetricName: metric,
    Statistic: statistic,
    Dimensions: [dimension],
    Period: 300,
    EvaluationPeriods: 1,
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: 0,
    TreatMissingData: "notBreaching",
  },
})

/** What renders, and how much of it may go on at one time: the cap on its cost. */
export interface RendererOptions {
  readonly statements: readonly Statement[]
  readonly variables: Variables
  /** Calls at one time; 0 reserves none. */
  readonly concurrency: number
}

/** Memory is processor time, too: 1 769 MB are one whole processor (Lambda Developer Guide, "Configure Lambda function memory"). */
const RENDERER_MEGABYTES = 1536

const rendering = ({ variables, concurrency }: RendererOptions, seconds: number): object => ({
  MemorySize: RENDERER_MEGABYTES,
  Timeout: seconds,
  Environment: { Variables: variables },
  ...(concurrency > 0 && { ReservedConcurrentExecutions: concurrency }),
})

/** The renderer with its URL. Knows nothing of the distribution but who may call it. */
export const renderer = (options: RendererOptions): Resources => {
  const dimension = { Name: "FunctionName", Value: ref("Renderer") }
  const streaming = { ...options.variables, IMGTAILOR_STREAMING: "true" }
  return {
    RendererLog: log,
    RendererRole: roleFor("lambda.amazonaws.com", [...options.statements, logStatement("RendererLog")]),
    Renderer: lambda("index.handler", "Renderer", rendering({ ...options, variables: streaming }, SECONDS.renderer)),
    RendererUrl: {
      Type: "AWS::Lambda::Url",
      Properties: { TargetFunctionArn: attribute("Renderer"), AuthType: "AWS_IAM", InvokeMode: "RESPONSE_STREAM" },
    },
    ...urlPermissions("Renderer"),
    RendererErrors: alarm("AWS/Lambda", "Errors", "Sum", dimension),
    RendererThrottles: alarm("AWS/Lambda", "Throttles", "Sum", dimension),
  }
}

const SYNC_STATEMENTS: readonly Statement[] = [
  {
    Sid: "TakeSecondPasses",
    Effect: "Allow",
    Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    Resource: ["${SecondPass.Arn}"],
  },
  { Sid: "KeepWhatFailed", Effect: "Allow", Action: ["sqs:SendMessage"], Resource: ["${DeadLetters.Arn}"] },
  logStatement("SyncLog"),
]

/** What deletes renditions of changed originals. The queues and the rule are events.ts's. */
export const sync = (statements: readonly Statement[], variables: Variables): Resources => ({
  SyncLog: log,
  SyncRole: roleFor("lambda.amazonaws.com", [...statements, ...SYNC_STATEMENTS]),
  Sync: lambda("sync.handler", "Sync", {
    MemorySize: 256,
    Timeout: SECONDS.sync,
    Environment: { Variables: { ...variables, IMGTAILOR_DISTRIBUTION: ref("Distribution") } },
    DeadLetterConfig: { TargetArn: attribute("DeadLetters") },
  }),
  EventsCallSync: permission("Sync", "lambda:InvokeFunction", "events.amazonaws.com", attribute("Changes")),
  FailedEvents: alarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", {
    Name: "QueueName",
    Value: attribute("DeadLetters", "QueueName"),
  }),
})

/** Where a job of S3 Batch Operations finds its list of originals and leaves its report; no address leads there. */
const JOBS = "${Renditions.Arn}/jobs/*"

/** What renders ahead, as the renderer, and the role that S3 Batch Operations takes to call it, or to have renditions of a list deleted. */
export const batch = (options: RendererOptions): Resources => ({
  Batch: lambda("batch.handler", "Renderer", rendering(options, SECONDS.batch)),
  BatchRole: roleFor(
    "batchoperations.s3.amazonaws.com",
    [
      {
        Sid: "CallFunctions",
        Effect: "Allow",
        Action: ["lambda:InvokeFunction"],
        Resource: ["${Batch.Arn}", "${Sync.Arn}"],
      },
      {
        Sid: "ReadListAndWriteReport",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
        Resource: [JOBS],
      },
    ],
    { StringEquals: { "aws:SourceAccount": ref("AWS::AccountId") } },
  ),
})
