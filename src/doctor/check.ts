/**
 * Responsible for the shape of a check of `imgtailor doctor`. Each file in checks/ exports one, and checks.ts has the table.
 *
 * Invariants:
 * - The name of a check is stable: scripts and dashboards refer to it.
 * - A problem has the observation, its meaning, and the remedy.
 */

/** A check without a problem. */
export interface Passed {
  readonly state: "ok"
  /** The observation, in one sentence. */
  readonly observation: string
}

/** A check that could not be made. */
export interface Skipped {
  readonly state: "skipped"
  /** Why, and what would make it possible. */
  readonly observation: string
}

/** A problem. A warning costs speed or money, or matters in some installations only. */
export interface Problem {
  readonly state: "warning" | "failure"
  readonly observation: string
  /** The consequence for visitors or the operator. */
  readonly meaning: string
  /** The remedy. */
  readonly fix: string
}

/** The result of an examination. */
export type Finding = Passed | Skipped | Problem

/** Options of every check. */
export interface CheckOptions {
  /** Ends the check. */
  readonly signal: AbortSignal
}

/** One check of something: a machine with its configuration, or a server from outside. */
export interface Check<Context> {
  /** In kebab case. */
  readonly name: string
  /** The examination, as a phrase. */
  readonly probe: string
  /** Whether the check makes sense. @default always */
  readonly applies?: (context: Context) => boolean
  readonly examine: (context: Context, options: CheckOptions) => Finding | Promise<Finding>
}

/** The result of a check, for output. */
export type CheckResult = Finding & Pick<Check<unknown>, "name" | "probe">

/** The parts of a problem. */
export type ProblemText = Omit<Problem, "state">

/** A finding without a problem. */
export const passed = (observation: string): Passed => ({ state: "ok", observation })

/** A finding of a check that could not be made. */
export const skipped = (observation: string): Skipped => ({ state: "skipped", observation })

/** A finding that should be corrected. */
export const failure = (problem: ProblemText): Problem => ({ state: "failure", ...problem })

/** A finding that may be intended. */
export const warning = (problem: ProblemText): Problem => ({ state: "warning", ...problem })
