/** Responsible for the parts that all Lambda functions of the stack share: the function, its log and its permissions. Pure. */
import { attribute, PARAMETER, ref, type Resource } from "./cloudformation.ts"
import type { Statement } from "./policies.ts"

/** The longest time of a call, in seconds. A rendition is stored within it, or not at all. */
export const SECONDS = { renderer: 30, sync: 60, batch: 300 } as const

/** Environment variables. Values may be functions of CloudFormation. */
export type Variables = Readonly<Record<string, unknown>>

const LOG_DAYS = 30

/** The log of a function, with the logical ID `<id>Log`. */
export const log: Resource = { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: LOG_DAYS } }

/** The permission of a function to write its log. */
export const logStatement = (id: string): Statement => ({
  Sid: "Log",
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: [`\${${id}.Arn}`],
})

/** A function with the role `<role>Role` and the log `<role>Log`. @param properties replace these, and add others */
export const lambda = (handler: string, role: string, properties: object): Resource => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    Runtime: "nodejs24.x",
    Architectures: ["arm64"],
    Code: { S3Bucket: ref(PARAMETER.codeBucket), S3Key: ref(PARAMETER.codeKey) },
    Handler: handler,
    Role: attribute(`${role}Role`),
    LoggingConfig: { LogGroup: ref(`${role}Log`) },
    ...properties,
  },
})

/** The permission of a service to call a function. */
export const permission = (
  id: string,
  action: string,
  {
    service,
    source,
    ...others
  }: { readonly service: string; readonly source: object; readonly [name: string]: unknown },
): Resource => ({
  Type: "AWS::Lambda::Permission",
  Properties: { FunctionName: ref(id), Action: action, Principal: service, SourceArn: source, ...others },
})
