/**
 * Responsible for the health of a tailor: whether its parts work, and whether this process should get requests.
 *
 * Invariants:
 * - Liveness does not depend on anything outside the process: a restart would not help.
 * - Readiness depends on this process alone: a shared bucket that fails must not take all servers out of service together.
 * - Nothing secret is reported: times, numbers, error codes and texts without paths.
 */
import type { ErrorCode } from "./error-codes.ts"
import type { RendererState } from "./render/renderer.ts"
import type { OperationState, StoreState } from "./store/observed.ts"
import type { StoreProblem } from "./store/store.ts"
import type { Counts } from "./tailor/decision.ts"

/** Phase in the life of a server. Only a ready one should get requests. */
export type Phase = "starting" | "ready" | "draining"

/** State of one more part of a server. */
export interface PartState {
  /** Why it does not work as it should, in one sentence without paths. */
  readonly problem?: string | undefined
  readonly [field: string]: string | number | boolean | undefined
}

/** When an operation of a store last succeeded and failed. Times in ISO 8601. */
export interface OperationReport {
  readonly lastSuccess?: string | undefined
  readonly lastFailure?: string | undefined
  readonly lastFailureCode?: ErrorCode | undefined
}

/** A store in a {@link HealthReport}. */
export interface StoreReport {
  readonly store: string
  readonly read: OperationReport
  readonly write?: OperationReport
  readonly delete?: OperationReport
}

/** The body of `/healthz`. */
export interface HealthReport {
  readonly status: "ok" | "degraded"
  readonly phase: Phase
  /** One sentence for each part that does not work. */
  readonly problems: readonly string[]
  readonly requests: Counts
  readonly originals: StoreReport
  readonly renditions: StoreReport
  readonly renderer: RendererState
  /** Further parts by name: the watch, the log. */
  readonly parts: Readonly<Record<string, PartState>>
}

/** The health of a tailor. */
export interface Health {
  readonly report: () => HealthReport
  /** Why this process should get no requests. Undefined if it should. */
  readonly findUnreadiness: () => Promise<string | undefined>
  readonly setPhase: (phase: Phase) => void
  /** Adds a part to the report. */
  readonly addPart: (name: string, state: () => PartState) => void
}

/** A store as far as its health matters. */
export interface HealthStore {
  readonly state: () => StoreState
  /** Looks whether the store can be used. Undefined if so. */
  readonly check: () => Promise<StoreProblem | undefined>
}

export interface HealthParts {
  readonly counts: Counts
  readonly originals: HealthStore
  readonly renditions: HealthStore
  /** Its `problem` is set while no render process can be started. */
  readonly renderer: () => RendererState & { readonly problem?: string | undefined }
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** A failure counts until the operation has succeeded for this long: reads of some objects may succeed while others fail. */
const FAILURE_MS = 60_000
/** A folder that failed is looked at this often at most. */
const CHECK_MS = 5000
/** A store of this kind belongs to this process alone. */
const LOCAL = "folder"

const isFailing = ({ lastSuccessMs = 0, lastFailureMs }: OperationState): boolean =>
  lastFailureMs !== undefined && lastSuccessMs - lastFailureMs < FAILURE_MS

const OPERATIONS = ["read", "write", "delete"] as const

const problemsOf = (name: string, state: StoreState): readonly string[] =>
  OPERATIONS.flatMap((operation) => {
    const details = state[operation]
    return details && isFailing(details) ? [`The ${operation}s of the ${name} fail: ${details.lastFailure}.`] : []
  })

const toIso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()

const toOperationReport = ({ lastSuccessMs, lastFailureMs, lastFailure }: OperationState): OperationReport => ({
  lastSuccess: toIso(lastSuccessMs),
  lastFailure: toIso(lastFailureMs),
  lastFailureCode: lastFailure,
})

const toStoreReport = (state: StoreState): StoreReport => ({
  store: state.name,
  read: toOperationReport(state.read),
  ...(state.write && { write: toOperationReport(state.write) }),
  ...(state.delete && { delete: toOperationReport(state.delete) }),
})

/** Looks at a local folder whose operations fail, so that a process without requests notices when it works again. */
const createFolderCheck = (
  name: string,
  { state, check }: HealthStore,
  clock: () => number,
): (() => Promise<string | undefined>) => {
  let checkedMs = -Infinity
  let result: Promise<StoreProblem | undefined> = Promise.resolve(undefined)
  return async () => {
    if (state().name !== LOCAL || problemsOf(name, state()).length === 0) return undefined
    if (clock() - checkedMs >= CHECK_MS) {
      checkedMs = clock()
      result = check()
    }
    const problem = await result.catch(() => undefined)
    return problem && `The folder of the ${name} cannot be used.`
  }
}

export const createHealth = ({ counts, originals, renditions, renderer, clock }: HealthParts): Health => {
  let phase: Phase = "ready"
  const parts = new Map<string, () => PartState>()
  const checkOriginals = createFolderCheck("originals", originals, clock)
  const checkRenditions = createFolderCheck("renditions", renditions, clock)

  const report = (): HealthReport => {
    const states = Object.fromEntries(Array.from(parts, ([name, state]) => [name, state()]))
    const rendererState = renderer()
    const problems = [
      ...problemsOf("originals", originals.state()),
      ...problemsOf("renditions", renditions.state()),
      ...[rendererState, ...Object.values(states)].flatMap(({ problem }) => problem ?? []),
    ]
    return {
      status: problems.length === 0 ? "ok" : "degraded",
      phase,
      problems,
      requests: counts,
      originals: toStoreReport(originals.state()),
      renditions: toStoreReport(renditions.state()),
      renderer: rendererState,
      parts: states,
    }
  }

  return {
    report,
    findUnreadiness: async () => {
      if (phase !== "ready") return `The server is ${phase}.`
      return renderer().problem ?? (await checkOriginals()) ?? (await checkRenditions())
    },
    setPhase: (next) => (phase = next),
    addPart: (name, state) => void parts.set(name, state),
  }
}
