/**
 * Responsible for running checks one after the other.
 *
 * Invariants:
 * - Each check has one result, also if it throws or takes too long.
 */
import { orAbort } from "../abort.ts"
import { describeError } from "../errors.ts"
import { type Check, type CheckResult, failure, type Finding } from "./check.ts"

/** Options of {@link runChecks}. */
export interface RunOptions {
  /** Called with each result. */
  readonly onResult?: ((result: CheckResult) => void) | undefined
  /** Longest time for one check, in milliseconds. @default 60000 */
  readonly timeoutMs?: number | undefined
  /** Ends the run. */
  readonly signal?: AbortSignal | undefined
}

const TIMEOUT_MS = 60_000

const INCOMPLETE = "The check could not be completed, so the state of this part is unknown."

const examine = async <Context>(
  check: Check<Context>,
  context: Context,
  { timeoutMs = TIMEOUT_MS, signal }: RunOptions,
): Promise<Finding> => {
  const timeout = AbortSignal.timeout(timeoutMs)
  const both = signal ? AbortSignal.any([signal, timeout]) : timeout
  try {
    return await orAbort(Promise.resolve(check.examine(context, { signal: both })), both)
  } catch (error) {
    if (signal?.aborted) throw error
    if (timeout.aborted)
      return failure({
        observation: `No result within ${timeoutMs / 1000} s.`,
        meaning: INCOMPLETE,
        fix: "Look for a file system, a server or a network that does not respond.",
      })
    return failure({
      observation: describeError(error),
      meaning: INCOMPLETE,
      fix: "Correct the cause, then run doctor again.",
    })
  }
}

/**
 * Runs the checks that apply.
 * @returns their results, in the order of the table
 * @throws the signal's reason
 */
export const runChecks = async <Context>(
  checks: readonly Check<Context>[],
  context: Context,
  options: RunOptions = {},
): Promise<readonly CheckResult[]> => {
  const results: CheckResult[] = []
  for (const check of checks) {
    if (check.applies && !check.applies(context)) continue
    const { name, probe } = check
    const result: CheckResult = { name, probe, ...(await examine(check, context, options)) }
    options.onResult?.(result)
    results.push(result)
  }
  return results
}
