/** Responsible for `imgtailor sizes`: the list with its stored renditions, a plan for another list, and suggestions from requests. */
import { Argument, Option } from "commander"

import { SERVER_SETTINGS } from "../../config/setting.ts"
import { badConfig, badUrl } from "../../errors.ts"
import type { Command, Invocation, Values } from "../command.ts"
import { JSON_OPTION, settingOptions, shareOf, textOf } from "../options.ts"
import { readLogs } from "../read-logs.ts"
import { printPlan } from "../sizes-plan.ts"
import { printStored } from "../sizes-stored.ts"
import { printSuggestion } from "../sizes-suggest.ts"

const OWN: readonly Option[] = [
  new Option(
    "--from <files>",
    "plan: access logs, separated by commas, in which requests for retired sizes are counted.",
  ),
  new Option(
    "--waste <percent>",
    "suggest: share of the pixels sent that may be more than was requested. (default: 20%)",
  ),
  new Option("--most <number>", "suggest: the most sizes; more pixels are wasted instead."),
  new Option("--sample <number>", "Renditions of each size, and originals, that are read. (default: 100 and 6)"),
  JSON_OPTION,
]

/** @throws {bad-config} no number from 1 */
const countOf = (values: Values, name: string): number | undefined => {
  const text = textOf(values, name)
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,6}$/.test(text)) throw badConfig([`--${name}: Expected a number like 100, got ${text}.`])
  return Number(text)
}

const run = async (invocation: Invocation): Promise<void> => {
  const { values, operands } = invocation
  const [action, ...rest] = operands
  const isJson = values["json"] === true
  const sample = countOf(values, "sample")
  if (action === undefined) return printStored(invocation, { isJson, sample })
  if (action === "plan") {
    const [file, ...more] = rest
    if (file === undefined || more.length > 0)
      throw badUrl("Expected one configuration file: imgtailor sizes plan next.config.ts")
    const logs = textOf(values, "from")?.split(",") ?? []
    return printPlan(invocation, { isJson, sample, file, logs, readLogs })
  }
  if (action === "suggest") {
    if (rest.length === 0) throw badUrl("Expected access logs or pages: imgtailor sizes suggest access.log")
    const most = countOf(values, "most")
    return printSuggestion(invocation, { isJson, inputs: rest, waste: shareOf(values, "waste", "20%"), most, readLogs })
  }
  throw badUrl(`Expected plan, suggest or nothing, got ${JSON.stringify(action)}.`)
}

/** `imgtailor sizes`. */
export const sizes: Command = {
  description:
    "Show the list with its stored renditions; plan <config>: the cost of another list; suggest <logs>: a list for requests.",
  argument: new Argument(
    "[action...]",
    "plan <config>, or suggest <access logs or pages...>. Without one, the list is shown.",
  ),
  options: settingOptions((name) => !SERVER_SETTINGS.has(name) && name !== "tracing", OWN),
  example: "imgtailor sizes plan next.config.ts --from access.log",
  run,
}
