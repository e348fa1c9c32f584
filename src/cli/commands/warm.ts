/**
 * Responsible for `imgtailor warm`: renders ahead of demand.
 *
 * Invariants:
 * - Starts with the first key that is listed, and holds a bounded number of keys.
 * - One original that fails stops no other one. A store that keeps failing stops the command.
 */
import { Argument, Option } from "commander"

import { SERVER_SETTINGS } from "../../config/setting.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig, isAbort, TailorError } from "../../errors.ts"
import { BATCH_LIMITS } from "../../tailor/limits.ts"
import { checkStores } from "../check-stores.ts"
import type { Command, Invocation, Values } from "../command.ts"
import { INTERRUPTED, onInterrupt } from "../interruption.ts"
import { JSON_OPTION, loadFromOptions, settingOptions, settingsFromOptions, textOf } from "../options.ts"
import { print, printJson, printMessage, printNotices } from "../output.ts"
import { createProgress, type Progress } from "../progress.ts"
import { readLogs } from "../read-logs.ts"
import { parseTarget } from "../targets.ts"
import { estimateWarm } from "../warm-estimate.ts"
import { createSummary, type Row, type Summary } from "../warm-summary.ts"
import { countItems, itemsFromLogs, itemsOf, parseNewerThan, type WarmFilter, type WarmItem } from "../warm-targets.ts"

const OWN: readonly Option[] = [
  new Option("--from <logs>", "Render the renditions in these access logs, most requested first; separated by commas."),
  new Option("--newer-than <age|date>", "Only originals that were changed since: 7d, 12h, 30m, or 2026-01-31."),
  new Option("--after <key>", "Continue after this original, which an interrupted run printed."),
  new Option("--dry-run", "Render nothing; print the number of renditions, and bytes and time from a sample."),
  JSON_OPTION,
]

const warmOne = async (
  { core }: OpenTailor,
  item: WarmItem,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<Row> => {
  const { original, sizes, formats } = item
  try {
    const onRendered = (_: string, byteLength: number): void => onBytes(byteLength)
    const { made, stored, refused } = await core.warm(original, { sizes, formats, signal, onRendered })
    return { original, made, stored, failures: refused }
  } catch (error) {
    if (!(error instanceof TailorError) || error.code === "size-not-allowed" || error.code === "format-not-allowed")
      throw error
    return { original, made: 0, stored: 0, failures: [error] }
  }
}

const printRow = ({ original, made, stored, failures }: Row): void => {
  const [first] = failures
  printJson({ original, made, stored, ...(first && { code: first.code, problem: first.message }) })
}

interface WarmRun {
  readonly summary: Summary
  readonly progress: Progress
  readonly isJson: boolean
  readonly signal: AbortSignal
}

/** Renders everything, with as many originals at once as renders are allowed. */
const warmAll = async (tailor: OpenTailor, items: AsyncIterable<WarmItem>, run: WarmRun): Promise<void> => {
  const { summary, progress, isJson, signal } = run
  const work = async (): Promise<void> => {
    for await (const item of items) {
      if (signal.aborted || summary.isStopped()) break
      summary.begin(item.original)
      const row = await warmOne(tailor, item, signal, summary.addBytes)
      summary.add(row)
      if (isJson) printRow(row)
      progress.update(summary.counts())
    }
  }
  await Promise.all(Array.from({ length: tailor.config.limits.renders }, work))
}

/** True if the list is configured besides the command line: then `--sizes` and `--formats` choose from it. */
const hasList = async ({ values }: Invocation): Promise<boolean> => {
  if (process.env["IMGTAILOR_SIZES"]) return true
  const { config } = values
  return (
    (await settingsFromOptions({ values: config === undefined ? {} : { config }, operands: [], notices: [] }))[
      "sizes"
    ] !== undefined
  )
}

/** The command line without the options that choose from the list, and the choice. */
const splitFilter = async (
  invocation: Invocation,
): Promise<{ readonly invocation: Invocation; readonly filter: WarmFilter }> => {
  const { values } = invocation
  if ((values["sizes"] ?? values["formats"]) === undefined || !(await hasList(invocation)))
    return { invocation, filter: {} }
  const { sizes: _sizes, formats: _formats, ...others } = values
  const list = (name: string): readonly string[] | undefined =>
    textOf(values, name)
      ?.split(",")
      .map((one) => one.trim())
  return { invocation: { ...invocation, values: others }, filter: { sizes: list("sizes"), formats: list("formats") } }
}

const noRequestsIn = (logs: readonly string[]): string =>
  `No requests for listed renditions were found in ${logs.join(", ")}. Expected URLs like /shop/640w/photo.jpg; set --base-path if there is one.`

async function* fromList(items: readonly WarmItem[]): AsyncGenerator<WarmItem> {
  yield* items
}

/** The items of the command line, and their number once it is known; 0 where nothing shows it. */
const collect = async (
  tailor: OpenTailor,
  { values, operands }: Invocation,
  filter: WarmFilter,
  { summary, signal }: Pick<WarmRun, "summary" | "signal">,
): Promise<{ readonly items: AsyncIterable<WarmItem>; readonly total: Promise<number> }> => {
  const logs = textOf(values, "from")?.split(",")
  if (logs) {
    if (operands.length > 0) throw badConfig([`--from: Expected no originals beside it, got ${operands.join(" ")}.`])
    const found = await itemsFromLogs(tailor, logs, readLogs, filter)
    if (found.length === 0) summary.skip(noRequestsIn(logs))
    return { items: fromList(found), total: Promise.resolve(found.length) }
  }
  const newerThan = textOf(values, "newerThan")
  const newerThanMs = newerThan === undefined ? undefined : parseNewerThan(newerThan, Date.now())
  const targets = (operands.length === 0 ? ["/"] : operands).map(parseTarget)
  const options = { ...filter, signal, after: textOf(values, "after"), newerThanMs, onSkip: summary.skip }
  // Counting lists everything a second time, and only the progress display needs it.
  const isCounted = values["dryRun"] !== true && values["json"] !== true
  const total = isCounted ? countItems(tailor, targets, options).catch(() => 0) : Promise.resolve(0)
  return { items: itemsOf(tailor, targets, options), total }
}

/** @throws {bad-config} for options that the others would leave without effect */
const checkOptions = ({
  operands,
  values,
}: {
  readonly operands: readonly string[]
  readonly values: Values
}): void => {
  if (values["after"] !== undefined && (operands.length > 1 || values["from"] !== undefined))
    throw badConfig(["--after: Expected at most one prefix beside it, and not --from."])
  if (values["newerThan"] !== undefined && values["from"] !== undefined)
    throw badConfig([
      "--newer-than: Expected no --from beside it: renditions in a log are rendered for originals of any age.",
    ])
}

const printEnd = (summary: Summary, isJson: boolean, signal: AbortSignal): void => {
  if (!isJson) print(summary.text())
  for (const message of summary.messages(signal.aborted)) printMessage(message)
  if (signal.aborted) process.exitCode = INTERRUPTED
  else if (summary.hasFailures()) process.exitCode = 1
}

/** `imgtailor warm`. */
export const warm: Command = {
  description: "Render originals in all sizes and formats before they are requested.",
  argument: new Argument(
    "[original...]",
    "Originals (shop/photo.jpg) or prefixes ending in / (shop/; / for all).",
  ).default(["/"], "/"),
  options: settingOptions((name) => !SERVER_SETTINGS.has(name), OWN),
  example: "imgtailor warm shop/ --originals ./photos --sizes 360x270,480h,1280w",
  run: async (given) => {
    checkOptions(given)
    const { invocation, filter } = await splitFilter(given)
    const config = await loadFromOptions(invocation)
    printNotices(config.notices)
    const isJson = invocation.values["json"] === true
    const tailor = openTailor({ ...config, limits: { ...config.limits, ...BATCH_LIMITS } }, { onNotice: printMessage })
    printNotices(await checkStores(tailor))
    const signal = onInterrupt()
    const isOrdered = invocation.operands.length <= 1 && invocation.values["from"] === undefined
    const summary = createSummary({ isOrdered })
    const progress = createProgress({ noun: "originals", isSilent: isJson })
    try {
      const { items, total } = await collect(tailor, invocation, filter, { summary, signal })
      if (invocation.values["dryRun"] === true) {
        await estimateWarm(tailor, items, { isJson, filter, signal, onSkip: summary.skip })
        return printEnd({ ...summary, text: () => "" }, true, signal)
      }
      void total.then(progress.setTotal)
      await warmAll(tailor, items, { summary, progress, isJson, signal })
    } catch (error) {
      if (!isAbort(error)) throw error
    } finally {
      progress.end()
    }
    await tailor.idle()
    printEnd(summary, isJson, signal)
  },
}
