/** Responsible for the check of both stores when a command starts: a store that only the operator can repair stops it. */
import type { OpenTailor } from "../create-tailor.ts"
import { TailorError } from "../errors.ts"
import type { StoreProblem } from "../store/store.ts"

/** Longer than a store that works needs. */
const TIMEOUT_MS = 5000

type Check = (options: { readonly signal: AbortSignal }) => Promise<StoreProblem | undefined>

const problemOf = async (name: string, check: Check | undefined): Promise<StoreProblem | undefined> => {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const problem = await check?.({ signal })
    return problem && { ...problem, message: `${name}: ${problem.message}` }
  } catch (error) {
    if (!signal.aborted) throw error
    return { message: `${name}: the store did not answer within ${TIMEOUT_MS / 1000} s.`, isPermanent: false }
  }
}

/**
 * Checks that originals can be read and renditions stored.
 * @returns sentences about problems that may pass by themselves
 * @throws {store-unavailable} with the problems that only the operator can solve
 */
export const checkStores = async ({ originals, renditions }: OpenTailor): Promise<readonly string[]> => {
  const found = await Promise.all([
    problemOf("originals", originals.check?.bind(originals)),
    problemOf("renditions", renditions.check?.bind(renditions)),
  ])
  const problems = found.flatMap((problem) => (problem ? [problem] : []))
  const permanent = problems.filter(({ isPermanent }) => isPermanent)
  if (permanent.length > 0)
    throw new TailorError("store-unavailable", { detail: permanent.map(({ message }) => message).join("\n") })
  return problems.map(({ message }) => message)
}
