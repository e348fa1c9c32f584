/** Runs `imgtailor doctor` as users do, and reads its results. */
import type { CheckResult } from "../../src/doctor/check.ts"
import { type LaunchOptions, runCommand } from "./command.ts"

/** Results of a run of doctor. */
export interface DoctorOutcome {
  readonly code: number | NodeJS.Signals
  /** Each failure and warning as `name: state: observation`. */
  readonly problems: readonly string[]
  /** Names of the checks without a problem. */
  readonly ok: readonly string[]
  /** Names of the checks that were skipped. */
  readonly skipped: readonly string[]
}

/** Runs doctor for a server or a machine. @param args without the name of the command */
export const runDoctor = async (args: readonly string[], options: LaunchOptions): Promise<DoctorOutcome> => {
  const { code, stdout } = await runCommand(["doctor", ...args, "--json"], options)
  const results = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CheckResult)
  const namesOf = (wanted: CheckResult["state"]): readonly string[] =>
    results.filter(({ state }) => state === wanted).map(({ name }) => name)
  const problems = results
    .filter(({ state }) => state === "failure" || state === "warning")
    .map(({ name, state, observation }) => `${name}: ${state}: ${observation}`)
  return { code, problems, ok: namesOf("ok"), skipped: namesOf("skipped") }
}
