import type { OriginalKey } from "../sizes/key.ts"
import { BATCH_LIMITS } from "../tailor/limits.ts"
import type { Warmed, WarmOptions } from "../tailor/warm.ts"
import {
  answerBatch,
  type BatchEvent,
  type BatchOutcome,
  type BatchResult,
  type BatchTask,
  meaningsOf,
} from "./batch-events.ts"
/**
 * `imgtailor/batch`: called by S3 Batch Operations for every original of a manifest, makes what is not stored of it. A job over all
 * originals renders ahead of demand, with Lambda's concurrency for its speed.
 *
 * Holds: a call ends in time, and the next one for its task goes on from there; what is no original is skipped and fails no job.
 */
import { type FunctionConfig, loadFunction } from "./function-config.ts"
import { createLazyState, type LambdaContext, type FunctionState, settle } from "./function.ts"
import { originalOf } from "./originals.ts"

/** Left of a call's time to write what is being made and to answer. */
const SPARE_MS = 2000

/** Aborts when the call's time is nearly over. */
const signalOf = ({ getRemainingTimeInMillis }: LambdaContext): AbortSignal | undefined =>
  getRemainingTimeInMillis && AbortSignal.timeout(Math.max(0, getRemainingTimeInMillis() - SPARE_MS))

/** The first meaning of a task's key that is there; where none is, the first that can be an original. */
const findOriginal = async (opened: FunctionState, task: BatchTask): Promise<OriginalKey | undefined> => {
  const possible = meaningsOf(task)
    .map((meaning) => originalOf(opened, meaning))
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
  const [first] = refused
  if (!first) return { resultCode: "Succeeded", resultString: `made ${made}, stored before ${stored}` }
  const left = `made ${made}, stored before ${stored}, refused ${refused.length}`
  return { resultCode: "PermanentFailure", resultString: `${first.code}: ${first.message} (${left})` }
}

const warmTask = async (opened: FunctionState, task: BatchTask, options: WarmOptions): Promise<BatchOutcome> => {
  const original = await findOriginal(opened, task)
  if (original === undefined) return { resultCode: "Succeeded", resultString: "skipped: no original" }
  try {
    return toOutcome(await opened.tailor.core.warm(original, options))
  } catch (error) {
    if (!options.signal?.aborted) throw error
    return { resultCode: "TemporaryFailure", resultString: "the call's time is over; what was made is stored" }
  }
}

/** A function that renders ahead. */
export type BatchHandler = (event: BatchEvent, context?: LambdaContext) => Promise<BatchResult>

/** @param load gives the settings, which are those of the function that renders; called once, with the first event */
export const createBatchHandler = (load: () => Promise<FunctionConfig> = () => loadFunction()): BatchHandler => {
  const open = createLazyState(async () => {
    const { config, ...others } = await load()
    return { ...others, config: { ...config, limits: { ...config.limits, ...BATCH_LIMITS } } }
  })
  return async (event, context = {}) => {
    const signal = signalOf(context)
    const opened = await open()
    const options = { ...optionsOf(event), signal }
    const result = await answerBatch(event, (task) => warmTask(opened, task, options))
    await settle(opened, context)
    return result
  }
}

/**
 * The handler, with settings from the environment and from a configuration file beside it.
 */
export const handler: BatchHandler = createBatchHandler()
