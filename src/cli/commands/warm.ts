/**
 * Responsible for `imgtailor warm`: renders ahead of demand.
 *
 * Invariants:
 * - Starts with the first key that is listed, and holds a bounded number of keys.
 * - One original that fails stops no other one. A store that keeps failing stops the command.
 */
import { setMaxListeners } from "node:events"

import { Argument } from "commander"

import { SERVER_SETTINGS } from "../../config/setting.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { isAbort, TailorError } from "../../errors.ts"
import type { OriginalKey } from "../../sizes/key.ts"
import { BATCH_LIMITS } from "../../tailor/limits.ts"
import { checkStores } from "../check-stores.ts"
import type { Command } from "../command.ts"
import { JSON_OPTION, loadFromOptions, settingOptions } from "../options.ts"
import { print, printJson, printMessage, printNotices } from "../output.ts"
import { type ListTargetOptions, originalsUnder, parseTarget, type Target } from "../targets.ts"
import { createSummary, type Row, type Summary } from "../warm-summary.ts"

/** The exit code that shells report for a process ended by SIGINT: 128 and the signal's number. */
const INTERRUPTED = 130

/** Keys of all originals of the targets. Consumers share one iterator, so that each key is taken once. */
async function* originalsOf(
  tailor: OpenTailor,
  targets: readonly Target[],
  options: ListTargetOptions,
): AsyncGenerator<OriginalKey> {
  for (const target of targets)
    if ("original" in target) yield target.original
    else yield* originalsUnder(tailor, target.prefix, options)
}

const warmOne = async ({ core }: OpenTailor, original: OriginalKey, signal: AbortSignal): Promise<Row> => {
  try {
    const { made, stored, refused } = await core.warm(original, { signal })
    return { original, made, stored, failures: refused }
  } catch (error) {
    if (!(error instanceof TailorError)) throw error
    return { original, made: 0, stored: 0, failures: [error] }
  }
}

const printRow = ({ original, made, stored, failures }: Row, isJson: boolean): void => {
  const [first] = failures
  if (isJson) printJson({ original, made, stored, ...(first && { code: first.code, problem: first.message }) })
  else print(`${original}: ${made} rendered, ${stored} already stored${first ? `, ${failures.length} failed` : ""}`)
}

/** Renders everything, with as many originals at once as renders are allowed. */
const warmAll = async (
  tailor: OpenTailor,
  keys: AsyncIterable<OriginalKey>,
  { summary, isJson, signal }: { readonly summary: Summary; readonly isJson: boolean; readonly signal: AbortSignal },
): Promise<void> => {
  const work = async (): Promise<void> => {
    for await (const original of keys) {
      if (signal.aborted || summary.isStopped()) break
      const row = await warmOne(tailor, original, signal)
      summary.add(row)
      printRow(row, isJson)
    }
  }
  await Promise.all(Array.from({ length: tailor.config.limits.renders }, work))
}

/** `imgtailor warm`. */
export const warm: Command = {
  description: "Render originals in all sizes and formats before they are requested.",
  argument: new Argument(
    "[original...]",
    "Originals (shop/photo.jpg) or prefixes ending in / (shop/; / for all).",
  ).default(["/"], "/"),
  options: settingOptions((name) => !SERVER_SETTINGS.has(name), [JSON_OPTION]),
  example: "imgtailor warm shop/ --originals ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const { values, operands } = invocation
    const config = await loadFromOptions(invocation)
    printNotices(config.notices)
    const targets = (operands.length === 0 ? ["/"] : operands).map(parseTarget)
    const summary = createSummary()
    const limits = { ...config.limits, ...BATCH_LIMITS }
    const tailor = openTailor({ ...config, limits }, { onNotice: printMessage })
    printNotices(await checkStores(tailor))
    const controller = new AbortController()
    // Every wait of every render listens to it.
    setMaxListeners(0, controller.signal)
    process.once("SIGINT", () => controller.abort())
    const options = { summary, isJson: values["json"] === true, signal: controller.signal }
    try {
      const keys = originalsOf(tailor, targets, { onSkip: summary.skip, signal: controller.signal })
      await warmAll(tailor, keys, options)
    } catch (error) {
      if (!isAbort(error)) throw error
    }
    await tailor.idle()
    if (!options.isJson) print(summary.text())
    for (const message of summary.messages(controller.signal.aborted)) printMessage(message)
    if (controller.signal.aborted) process.exitCode = INTERRUPTED
    else if (summary.hasFailures()) process.exitCode = 1
  },
}
