/** Responsible for the output of `imgtailor doctor`. */
import type { CheckResult } from "../doctor/check.ts"
import { counted } from "../units.ts"
import { bold, cyan, dim, print } from "./output.ts"

const MARKS: Readonly<Record<CheckResult["state"], string>> = {
  ok: "ok  ",
  skipped: "skip",
  warning: "WARN",
  failure: "FAIL",
}

/** Prints one result: one line, and three more for a problem. */
export const printResult = (result: CheckResult): void => {
  const { state, name, probe, observation } = result
  const isQuiet = state === "ok" || state === "skipped"
  print(`${isQuiet ? dim(MARKS[state]) : bold(MARKS[state])} ${isQuiet ? name : bold(name)}  ${dim(probe)}`)
  print(`     ${observation}`)
  if (state === "ok" || state === "skipped") return
  print(`     ${dim("Meaning:")} ${result.meaning}`)
  print(`     ${dim("Fix:")} ${cyan(result.fix)}`)
}

/** The numbers of results in one line. */
export const summaryOf = (results: readonly CheckResult[]): string => {
  const count = (state: CheckResult["state"]): number => results.filter((result) => result.state === state).length
  return `${results.length} checks: ${count("ok")} ok, ${counted(count("warning"), "warning")}, ${counted(count("failure"), "failure")}, ${count("skipped")} skipped.`
}
