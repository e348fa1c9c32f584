/**
 * Responsible for the function that a stack calls while it is deployed: it changes buckets that are not resources of the stack.
 *
 * Invariants:
 * - Everything else in a bucket's configuration stays: a configuration is read, changed and written back.
 * - Every call is reported to CloudFormation, which would wait for an hour otherwise.
 * - Deleting a stack leaves EventBridge on, since others may have come to need it, and removes its own statements from a policy.
 */
import { describeError } from "../errors.ts"
import { retry, type Retries } from "../retry.ts"
import { createClient, type S3Call, type S3Client } from "../store/s3/client.ts"
import { cachedCredentials, defaultCredentials } from "../store/s3/credentials.ts"
import { type S3Failure, toStoreError } from "../store/s3/failure.ts"
import { resolveS3 } from "../store/s3/options.ts"
import { findRegion } from "../store/s3/region.ts"
import { exchange, isSuccess } from "../store/transport.ts"
import { logError } from "./log.ts"
import { mergeStatements, type PolicyStatement, removeStatements } from "./merge-policy.ts"

/** A task, as properties of a custom resource. */
export type SetupTask =
  | { readonly Task: "events"; readonly Bucket: string }
  | { readonly Task: "bucket-policy"; readonly Bucket: string; readonly Statements: readonly PolicyStatement[] }

/** An event of CloudFormation (CloudFormation User Guide, "Custom resource request objects"). */
export interface SetupEvent {
  readonly RequestType: "Create" | "Update" | "Delete"
  readonly ResponseURL: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly ResourceProperties: SetupTask
  readonly OldResourceProperties?: SetupTask
}

type Send = (call: S3Call) => Promise<string | S3Failure>

/** @param endpoint of S3. @default Amazon's */
const openBucket = (bucket: string, endpoint: string | undefined): Send => {
  const connection = resolveS3({ bucket, ...(endpoint !== undefined && { endpoint }) }, findRegion(), (given) =>
    given === undefined
      ? defaultCredentials()
      : cachedCredentials(typeof given === "function" ? given : async () => given),
  )
  const client: S3Client = createClient(connection)
  return async (call) => {
    const { reply, failure } = await client.send(call)
    return reply ? Buffer.from(reply.body).toString("utf8") : failure
  }
}

const textOrThrow = (result: string | S3Failure, bucket: string): string => {
  if (typeof result === "string") return result
  throw toStoreError(result, `s3://${bucket}`)
}

const EVENTBRIDGE = "<EventBridgeConfiguration></EventBridgeConfiguration>"

/** Adds EventBridge to a configuration; undefined if it has it. */
export const withEventBridge = (xml: string): string | undefined => {
  if (/<EventBridgeConfiguration\b/.test(xml)) return undefined
  const empty = /<NotificationConfiguration([^>]*)\/>\s*$/.exec(xml)
  if (empty) return `<NotificationConfiguration${empty[1]}>${EVENTBRIDGE}</NotificationConfiguration>`
  return xml.replace(/<\/NotificationConfiguration>\s*$/, `${EVENTBRIDGE}</NotificationConfiguration>`)
}

const turnEventsOn = async (bucket: string, send: Send): Promise<void> => {
  const query = { notification: "" }
  const changed = withEventBridge(textOrThrow(await send({ method: "GET", query }), bucket))
  if (changed === undefined) return
  // Destinations that exist were validated when they were added.
  const headers = { "content-type": "application/xml", "x-amz-skip-destination-validation": "true" }
  textOrThrow(await send({ method: "PUT", query, headers, body: Buffer.from(changed) }), bucket)
}

const changePolicy = async (
  bucket: string,
  send: Send,
  type: SetupEvent["RequestType"],
  statements: readonly PolicyStatement[],
): Promise<void> => {
  const query = { policy: "" }
  const change = type === "Delete" ? removeStatements : mergeStatements
  const result = await send({ method: "GET", query })
  // A stack whose bucket was deleted before could not be deleted otherwise.
  if (type === "Delete" && typeof result !== "string" && result.code === "NoSuchBucket") return
  const hasNone = typeof result !== "string" && result.code === "NoSuchBucketPolicy"
  const changed = change(hasNone ? undefined : textOrThrow(result, bucket), statements)
  const headers = { "content-type": "application/json" }
  if (changed === undefined) textOrThrow(await send({ method: "DELETE", query }), bucket)
  else textOrThrow(await send({ method: "PUT", query, headers, body: Buffer.from(changed) }), bucket)
}

const perform = async (
  type: SetupEvent["RequestType"],
  task: SetupTask,
  endpoint: string | undefined,
): Promise<void> => {
  const send = openBucket(task.Bucket, endpoint)
  if (task.Task === "bucket-policy") return changePolicy(task.Bucket, send, type, task.Statements)
  if (type !== "Delete") await turnEventsOn(task.Bucket, send)
}

/** All attempts together end within the time-out of the function. */
const REPORT_LIMITS = { idleMs: 3000, wholeMs: 5000 }
const REPORT_RETRIES: Retries = { attempts: 3, baseMs: 400, longestMs: 2000 }

/** Sends a report. Without a content type: the URL is signed for none. @throws {Error} three attempts failed: Lambda then repeats the call */
const sendReport = (responseUrl: string, report: object): Promise<void> => {
  const body = Buffer.from(JSON.stringify(report))
  const put = { method: "PUT", url: new URL(responseUrl), headers: {}, body }
  return retry(async () => {
    try {
      const { status } = await exchange(put, REPORT_LIMITS)
      if (isSuccess(status)) return { value: undefined }
      return { transient: new Error(`CloudFormation answered the report with status ${status}`) }
    } catch (error) {
      return { transient: new Error("the report did not reach CloudFormation", { cause: error }) }
    }
  }, REPORT_RETRIES)
}

/** A handler for CloudFormation's custom resources. */
export type SetupHandler = (event: SetupEvent) => Promise<void>

/** Creates a handler. @param endpoint of S3. @default Amazon's */
export const createSetupHandler =
  (endpoint?: string): SetupHandler =>
  async ({ RequestType, ResponseURL, StackId, RequestId, LogicalResourceId, ResourceProperties }) => {
    const { Task, Bucket } = ResourceProperties
    // Another bucket is another resource: CloudFormation then deletes the old one.
    const report = { PhysicalResourceId: `${Task}-of-${Bucket}`, StackId, RequestId, LogicalResourceId }
    let outcome: object = { Status: "SUCCESS" }
    try {
      await perform(RequestType, ResourceProperties, endpoint)
    } catch (error) {
      logError(error)
      outcome = { Status: "FAILED", Reason: describeError(error) }
    }
    await sendReport(ResponseURL, { ...outcome, ...report })
  }

/** The handler of the stack. */
export const handler: SetupHandler = createSetupHandler()
