/**
 * Responsible for the functions that render and delete: the renderer behind a URL that only CloudFront may call, the one that deletes stale
 * renditions, and optionally the one that renders ahead of demand. Each has a log and a role with the permissions in policies.ts. Pure.
 */
import {
  attribute,
  DISTRIBUTION_ARN,
  HAS_CONCURRENCY,
  PARAMETER,
  ref,
  type Resource,
  type Resources,
  roleFor,
  sub,
} from "./cloudformation.ts"
import { lambda, log, logStatement, permission, SECONDS, type Variables } from "./lambda.ts"
import type { Statement } from "./policies.ts"

/** CloudFront needs both permissions (Lambda Developer Guide, "Control access to Lambda function URLs"). */
const urlPermissions = (id: string): Resources => {
  const caller = { service: "cloudfront.amazonaws.com", source: sub(DISTRIBUTION_ARN) }
  return {
    CloudFrontCallsUrl: permission(id, "lambda:InvokeFunctionUrl", caller),
    CloudFrontCallsFunction: permission(id, "lambda:InvokeFunction", { ...caller, InvokedViaFunctionUrl: true }),
  }
}

/** A function that renders. */
export interface RendererOptions {
  readonly statements: readonly Statement[]
  readonly variables: Variables
}

const rendering = ({ variables }: RendererOptions, seconds: number): object => ({
  MemorySize: ref(PARAMETER.memory),
  Timeout: seconds,
  Environment: { Variables: variables },
  ReservedConcurrentExecutions: {
    "Fn::If": [HAS_CONCURRENCY, ref(PARAMETER.concurrency), ref("AWS::NoValue")],
  },
})

/** The renderer with its URL. It depends on nothing that depends on it. */
export const renderer = (options: RendererOptions): Resources => {
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
  }
}

const SYNC_STATEMENTS: readonly Statement[] = [
  {
    Sid: "ReceiveChanges",
    Effect: "Allow",
    Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    Resource: ["${FirstPass.Arn}", "${SecondPass.Arn}"],
  },
  logStatement("SyncLog"),
]

/** Concurrent executions for each queue: a bulk upload must not use the account's quota. */
const MAX_SYNC_CONCURRENCY = 10

const calledBy = (queue: string): Resource => ({
  Type: "AWS::Lambda::EventSourceMapping",
  Properties: {
    EventSourceArn: attribute(queue),
    FunctionName: ref("Sync"),
    BatchSize: 10,
    ScalingConfig: { MaximumConcurrency: MAX_SYNC_CONCURRENCY },
  },
})

/** The function that deletes renditions of changed originals. Its queues are in events.ts. */
export const sync = (statements: readonly Statement[], variables: Variables): Resources => ({
  SyncLog: log,
  SyncRole: roleFor("lambda.amazonaws.com", [...statements, ...SYNC_STATEMENTS]),
  Sync: lambda("sync.handler", "Sync", {
    MemorySize: 256,
    Timeout: SECONDS.sync,
    Environment: { Variables: { ...variables, IMGTAILOR_DISTRIBUTION: ref("Distribution") } },
  }),
  FirstPassCallsSync: calledBy("FirstPass"),
  SecondPassCallsSync: calledBy("SecondPass"),
})

/** The function that renders ahead of demand, and the role with which S3 Batch Operations calls it, or the one that deletes. */
export const batch = (options: RendererOptions, renditionsArn: string): Resources => ({
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
        // The manifest and the report of a job. No URL leads there.
        Sid: "ReadManifestAndWriteReport",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
        Resource: [`${renditionsArn}/jobs/*`],
      },
    ],
    { StringEquals: { "aws:SourceAccount": ref("AWS::AccountId") } },
  ),
})
