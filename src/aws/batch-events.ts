/**
 * What S3 Batch Operations calls a function with, one object of its manifest at a time, and what it wants to hear of each.
 *
 * Keys come encoded, and have to be decoded (S3 User Guide, "Invoke AWS Lambda function": of its two examples one reads a plus as a
 * space and one does not, so here it may mean either). Schema 1.0 names the bucket by its ARN, 2.0 by its name, with arguments of the
 * job's.
 */
import { codeOf, isPermanent } from "../errors.ts"
import { logError } from "./log.ts"
import { decodeForm, type ObjectChange } from "./object-events.ts"

/** One object of a manifest. */
export interface BatchTask {
  readonly taskId: string
  readonly s3Key: string
  readonly s3VersionId?: string | null
  /** Of schema 1.0. */
  readonly s3BucketArn?: string
  /** Of schema 2.0. */
  readonly s3Bucket?: string
}

/** A call by S3 Batch Operations. */
export interface BatchEvent {
  readonly invocationSchemaVersion: string
  readonly invocationId: string
  readonly job: { readonly id: string; readonly userArguments?: Readonly<Record<string, string>> | null }
  readonly tasks: readonly BatchTask[]
}

/** What becomes of a task: `TemporaryFailure` is tried again before the job ends, `PermanentFailure` is reported. */
export interface BatchOutcome {
  readonly resultCode: "Succeeded" | "TemporaryFailure" | "PermanentFailure"
  /** For the job's report. */
  readonly resultString: string
}

/** What a function answers. */
export interface BatchResult {
  readonly invocationSchemaVersion: string
  readonly invocationId: string
  readonly treatMissingKeysAs: BatchOutcome["resultCode"]
  readonly results: readonly (BatchOutcome & { readonly taskId: string })[]
}

/** True for a call by S3 Batch Operations. */
export const isBatchEvent = (event: object): event is BatchEvent => "invocationSchemaVersion" in event

/** What a task may be about, likeliest first. */
export const meaningsOf = ({ s3Key, s3BucketArn = "", s3Bucket }: BatchTask): readonly ObjectChange[] => {
  const bucket = s3Bucket ?? s3BucketArn.split(":").at(-1) ?? ""
  const keys = new Set([decodeForm(s3Key), decodeForm(s3Key.replaceAll("+", "%2B"))])
  return [...keys].map((key) => ({ bucket, key }))
}

/** Of no length that is documented; a key alone may have 1 024 bytes. */
const MAX_RESULT = 1000

/** What a task's object has in it will not change by trying again; what is ours, or passes, may. */
const toFailure = (error: unknown): BatchOutcome => {
  // An original that was removed since the manifest was written does not come back during the job.
  const isFinal = isPermanent(error) || codeOf(error) === "original-not-found"
  if (!isFinal) logError(error)
  return {
    resultCode: isFinal ? "PermanentFailure" : "TemporaryFailure",
    resultString: `${codeOf(error) ?? "internal"}: ${error instanceof Error ? error.message : String(error)}`,
  }
}

/** Does the work for every task. What it throws is a task's failure, and not the call's: that would be everybody's. */
export const answerBatch = async (
  { invocationSchemaVersion, invocationId, tasks }: BatchEvent,
  work: (task: BatchTask) => Promise<BatchOutcome>,
): Promise<BatchResult> => {
  const results: BatchResult["results"][number][] = []
  for (const task of tasks) {
    const { resultCode, resultString } = await work(task).catch(toFailure)
    results.push({ taskId: task.taskId, resultCode, resultString: resultString.slice(0, MAX_RESULT) })
  }
  return { invocationSchemaVersion, invocationId, treatMissingKeysAs: "TemporaryFailure", results }
}
