/**
 * Responsible for the function that renders ahead of demand (`imgtailor/batch`): S3 Batch Operations calls it for every original of a
 * manifest, and it renders the missing renditions. The speed of a job is the function's concurrency.
 *
 * Invariants:
 * - A call ends in time, and the next call for its task resumes.
 * - An object that is not an original is skipped, and fails no job.
 */
import type { OriginalKey } from "../sizes/key.ts"
import { BATCH_LIMITS } from "../tailor/limits.ts"
import type { Warmed, WarmOptions } from "../tailor/warm.ts"
import {
  answerBatch,
  type BatchEvent,
  type BatchOutcome,
  type BatchResult,
  type BatchTask,
  readingsOf,
} from "./batch-events.ts"
import { type FunctionConfig, loadFunction } from "./function-config.ts"
import { createLazyState, type FunctionState, type LambdaContext } from "./function-state.ts"
import { originalOf } from "./originals.ts"

/** Rest of a call's time that is needed to write running renditions and to answer. */
const SPARE_MS = 2000

/** Aborts when the call's time is nearly over. */
const signalOf = ({ getRemainingTimeInMillis }: LambdaContext): AbortSignal | undefined =>
  getRemainingTimeInMillis && AbortSignal.timeout(Math.max(0, getRemainingTimeInMillis() - SPARE_MS))

/** The first reading of a task's key that exists, or else the first that can be an original. */
const findOriginal = async (opened: FunctionState, task: BatchTask): Promise<OriginalKey | undefined> => {
  const possible = readingsOf(task)
    .map((reading) => originalOf(opened, reading))
    .filter((key) => key !== undefined)
  if (possible.length > 1)
    for (const key of possible) if (await opened.tailor.originals.head(key, { fresh: true })) return key
  return possible[0]
}

/** `sizes` and `formats` of the job's arguments, as lists of names. */
const optionsOf = ({ job }: BatchEvent): WarmOptions => {
  const listOf = (name: string): readonly string[] | undefined =>
    job.userArguments?.[name]?.split(",").map((part) => part.trim())
  return { sizes: listOf("sizes"), formats: listOf("formats") }
}

const toOutcome = ({ made, stored, refused }: Warmed): BatchOutcome => {
  const counts = `rendered ${made}, stored before ${stored}`
  const [first] = refused
  if (!first) return { resultCode: "Succeeded", resultString: counts }
  const resultString = `${first.code}: ${first.message} (${counts}, refused ${refused.length})`
  return { resultCode: "PermanentFailure", resultString }
}

const warmTask = async (opened: FunctionState, task: BatchTask, options: WarmOptions): Promise<BatchOutcome> => {
  const original = await findOriginal(opened, task)
  if (original === undefined) return { resultCode: "Succeeded", resultString: "skipped: not an original" }
  try {
    return toOutcome(await opened.tailor.core.warm(original, options))
  } catch (error) {
    if (!options.signal?.aborted) throw error
    return { resultCode: "TemporaryFailure", resultString: "out of time; the renditions so far are stored" }
  }
}

/** A function that renders ahead of demand. */
export type BatchHandler = (event: BatchEvent, context?: LambdaContext) => Promise<BatchResult>

/**
 * Creates a handler for S3 Batch Operations.
 * @param load returns the settings, which must be those of the function that renders; called once, with the first event
 * @example
 * // index.mjs, with the settings of the function that renders
 * import { createBatchHandler } from "imgtailor/batch"
 * export const handler = createBatchHandler()
 */
export const createBatchHandler = (load: () => Promise<FunctionConfig> = () => loadFunction()): BatchHandler => {
  const open = createLazyState(async () => {
    const { config, ...others } = await load()
    return { ...others, config: { ...config, limits: { ...config.limits, ...BATCH_LIMITS } } }
  })
  return async (event, context = {}) => {
    const signal = signalOf(context)
    const opened = await open()
    opened.beginCall(context)
    const options = { ...optionsOf(event), signal }
    const result = await answerBatch(event, (task) => warmTask(opened, task, options))
    await opened.settle()
    return result
  }
}

/**
 * The handler for S3 Batch Operations, with settings from environment variables and from a configuration file beside it.
 * @example
 * // index.mjs
 * export { handler } from "imgtailor/batch"
 */
export const handler: BatchHandler = createBatchHandler()
