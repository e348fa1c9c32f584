/**
 * Responsible for the events of S3 Batch Operations: one object of a manifest at a time, and one result for each.
 *
 * Keys are encoded (S3 User Guide, "Invoke AWS Lambda function"). One of its two examples reads a plus as a space and the other does not,
 * so both are tried. Schema 1.0 contains the bucket's ARN, 2.0 its name and the arguments of the job.
 */
import { codeOf, isPermanent } from "../errors.ts"
import { logError } from "./log.ts"
import { decodeForm, type ObjectChange } from "./object-events.ts"

/** One object of a manifest. */
export interface BatchTask {
  readonly taskId: string
  readonly s3Key: string
  readonly s3VersionId?: string | null
  /** In schema 1.0. */
  readonly s3BucketArn?: string
  /** In schema 2.0. */
  readonly s3Bucket?: string
}

/** An event of S3 Batch Operations. */
export interface BatchEvent {
  readonly invocationSchemaVersion: string
  readonly invocationId: string
  readonly job: { readonly id: string; readonly userArguments?: Readonly<Record<string, string>> | null }
  readonly tasks: readonly BatchTask[]
}

/** The result of a task. S3 repeats a `TemporaryFailure` before the job ends, and reports a `PermanentFailure`. */
export interface BatchOutcome {
  readonly resultCode: "Succeeded" | "TemporaryFailure" | "PermanentFailure"
  /** For the report of the job. */
  readonly resultString: string
}

/** The result of an event. */
export interface BatchResult {
  readonly invocationSchemaVersion: string
  readonly invocationId: string
  readonly treatMissingKeysAs: BatchOutcome["resultCode"]
  readonly results: readonly (BatchOutcome & { readonly taskId: string })[]
}

/** True for an event of S3 Batch Operations. */
export const isBatchEvent = (event: object): event is BatchEvent => "invocationSchemaVersion" in event

/** The objects that a task can mean, the likeliest first. */
export const readingsOf = ({ s3Key, s3BucketArn = "", s3Bucket }: BatchTask): readonly ObjectChange[] => {
  const bucket = s3Bucket ?? s3BucketArn.split(":").at(-1) ?? ""
  const keys = new Set([decodeForm(s3Key), decodeForm(s3Key.replaceAll("+", "%2B"))])
  return [...keys].map((key) => ({ bucket, key }))
}

/** Characters of a result. The limit is not documented; a key alone may have 1 024 bytes. */
const MAX_RESULT_LENGTH = 1000

/** A failure is permanent if the original is at fault, or is missing from the bucket that the manifest is of. */
const toFailedOutcome = (error: unknown): BatchOutcome => {
  const isForGood = isPermanent(error) || codeOf(error) === "original-not-found"
  if (!isForGood) logError(error)
  return {
    resultCode: isForGood ? "PermanentFailure" : "TemporaryFailure",
    resultString: `${codeOf(error) ?? "internal"}: ${error instanceof Error ? error.message : String(error)}`,
  }
}

/** Runs some work for every task. An error fails its task, not the whole call. */
export const answerBatch = async (
  { invocationSchemaVersion, invocationId, tasks }: BatchEvent,
  work: (task: BatchTask) => Promise<BatchOutcome>,
): Promise<BatchResult> => {
  const results: BatchResult["results"][number][] = []
  for (const task of tasks) {
    const { resultCode, resultString } = await work(task).catch(toFailedOutcome)
    results.push({ taskId: task.taskId, resultCode, resultString: resultString.slice(0, MAX_RESULT_LENGTH) })
  }
  return { invocationSchemaVersion, invocationId, treatMissingKeysAs: "TemporaryFailure", results }
}
