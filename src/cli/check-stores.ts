/** Responsible for the check of both stores when a command starts: a store that only the operator can repair stops it. */
import { orAbort } from "../abort.ts"
import type { OpenTailor } from "../create-tailor.ts"
import { TailorError } from "../errors.ts"
import type { StoreProblem } from "../store/store.ts"

/** Longer than a store that works needs. */
const TIMEOUT_MS = 5000

type Check = (options: { readonly signal: AbortSignal }) => Promise<StoreProblem | undefined>

const problemOf = async (
  name: string,
  check: Check | undefined,
  timeoutMs: number,
): Promise<StoreProblem | undefined> => {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const problem = check && (await orAbort(check({ signal }), signal))
    return problem && { ...problem, message: `${name}: ${problem.message}` }
  } catch (error) {
    if (!signal.aborted) throw error
    return { message: `${name}: the store did not answer within ${timeoutMs / 1000} s.`, isPermanent: false }
  }
}

/**
 * Checks that originals can be read and renditions stored.
 * @param timeoutMs a store that does not answer in time is a problem that may pass @default 5000
 * @returns sentences about problems that may pass by themselves
 * @throws {store-unavailable} with the problems that only the operator can solve
 */
export const checkStores = async (
  { originals, renditions }: Pick<OpenTailor, "originals" | "renditions">,
  timeoutMs: number = TIMEOUT_MS,
): Promise<readonly string[]> => {
  const found = await Promise.all([
    problemOf("originals", originals.check?.bind(originals), timeoutMs),
    problemOf("renditions", renditions.check?.bind(renditions), timeoutMs),
  ])
  const problems = found.flatMap((problem) => (problem ? [problem] : []))
  const permanent = problems.filter(({ isPermanent }) => isPermanent)
  if (permanent.length > 0)
    throw new TailorError("store-unavailable", { detail: permanent.map(({ message }) => message).join("\n") })
  return problems.map(({ message }) => message)
}
