/** Responsible for `imgtailor prune`: deletes stored renditions that no request can get any more. */
import { Argument, Option } from "commander"

import { SERVER_SETTINGS } from "../../config/setting.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig, badUrl, describeError } from "../../errors.ts"
import { toOriginalKey } from "../../sizes/key.ts"
import { asRemoteUrl } from "../../store/registry.ts"
import { parseS3Url } from "../../store/s3/place.ts"
import { isPruneReason, PRUNE_REASONS, type PruneReason, type Verdict } from "../../tailor/prune.ts"
import { counted } from "../../units.ts"
import { checkStores } from "../check-stores.ts"
import type { Command, Values } from "../command.ts"
import { INTERRUPTED, onInterrupt, resumeCommand } from "../interruption.ts"
import { readInventory } from "../inventory.ts"
import { JSON_OPTION, loadFromOptions, notAnOriginal, settingOptions, textOf } from "../options.ts"
import { print, printJson, printMessage, printNotices } from "../output.ts"
import { createProgress } from "../progress.ts"

const NOT_NEEDED: ReadonlySet<string> = new Set([
  ...SERVER_SETTINGS,
  ..."cacheControl cacheTags tracing missing compat compatOrigins compatKeys unknownSize isolation".split(" "),
])

const OWN: readonly Option[] = [
  new Option("--dry-run", "Delete nothing; print the numbers."),
  new Option("--after <key>", "Continue after this key, which an interrupted run printed."),
  new Option(
    "--inventory <files>",
    "Read keys from these files instead of listing: S3 Inventory's CSV, or one key a line; also gzip.",
  ),
  JSON_OPTION,
]

/** Failures that are printed; further ones are counted. */
const MAX_FAILURES = 100

const TEXTS: Readonly<Record<PruneReason, string>> = {
  retired: "of sizes or formats that are not listed",
  gone: "of deleted originals",
  replaced: "of replaced originals",
  recipe: "by older settings",
}

/** The stored keys under some prefixes, or those of inventories. @throws {bad-url} the store cannot list */
async function* keysOf(tailor: OpenTailor, prefixes: readonly string[], values: Values): AsyncGenerator<string> {
  const after = textOf(values, "after")
  const files = textOf(values, "inventory")?.split(",")
  const { renditions, config } = tailor
  if (files) {
    const place = parseS3Url(asRemoteUrl(config.renditions) ?? "")
    for await (const key of readInventory(files, place, after))
      if (prefixes.some((prefix) => key.startsWith(prefix))) yield key
    return
  }
  const list = renditions.list?.bind(renditions)
  if (!list) throw badUrl("This store cannot list its renditions.", "Give an inventory with --inventory.")
  for (const prefix of prefixes) yield* list(prefix, { after })
}

/** @throws {bad-url} the text is no prefix */
const parsePrefix = (text: string): string => {
  if (text === "/") return ""
  if (!text.endsWith("/") || toOriginalKey(text.slice(0, -1)) === undefined)
    throw notAnOriginal(text, "a prefix like shop/, or / for all")
  return text
}

interface Totals {
  readonly counts: Record<Verdict, number>
  seen: number
  deleted: number
  lastKey: string | undefined
  failed: number
}

const emptyTotals = (): Totals => ({
  counts: { retired: 0, gone: 0, replaced: 0, recipe: 0, kept: 0, missing: 0, foreign: 0 },
  seen: 0,
  deleted: 0,
  lastKey: undefined,
  failed: 0,
})

const printTotals = ({ counts, seen, deleted }: Totals, isDryRun: boolean): void => {
  const found = PRUNE_REASONS.filter((reason) => counts[reason] > 0)
  const total = found.reduce((sum, reason) => sum + counts[reason], 0)
  print(
    `${counted(seen, "file")} looked at: ${counted(isDryRun ? total : deleted, "rendition")} ${isDryRun ? "would be " : ""}deleted.`,
  )
  for (const reason of found) print(`  ${counted(counts[reason], "rendition")} ${TEXTS[reason]}`)
  if (counts.missing > 0)
    print(
      `Kept: ${counted(counts.missing, "rendition")} of originals that cannot be found, but may be away, like a folder on a disk that is not mounted. imgtailor purge <folder>/ deletes them.`,
    )
  if (counts.foreign > 0) print(`Kept: ${counted(counts.foreign, "file")} that imgtailor did not store.`)
}

/** Deletes, and shows the progress. @returns sentences about failures */
const pruneAll = async (
  tailor: OpenTailor,
  keys: AsyncIterable<string>,
  totals: Totals,
  { isDryRun, isJson, signal }: { readonly isDryRun: boolean; readonly isJson: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> => {
  const failures: string[] = []
  const progress = createProgress({ noun: "files", isSilent: isJson })
  try {
    await tailor.core.prune(keys, {
      isDryRun,
      signal,
      onBatch: (judged, deleted) => {
        for (const { key, verdict } of judged) {
          totals.counts[verdict] += 1
          if (isJson && isPruneReason(verdict)) printJson({ key, reason: verdict })
        }
        totals.seen += judged.length
        totals.deleted += deleted
        totals.lastKey = judged.at(-1)?.key ?? totals.lastKey
        const { failed, seen: done } = totals
        progress.update({ done, others: { deleted: totals.deleted, ...(failed > 0 && { failed }) } })
      },
      onFailure: (key, error) => {
        totals.failed += 1
        if (failures.length < MAX_FAILURES) failures.push(`${key}: ${describeError(error)}`)
      },
    })
  } finally {
    progress.end()
    // The changes are reported to `notify` after a second, which does not keep the process running.
    await tailor.idle()
  }
  return failures
}

interface EndOptions {
  readonly isDryRun: boolean
  readonly isJson: boolean
  readonly wasInterrupted: boolean
}

const printEnd = (totals: Totals, failures: readonly string[], options: EndOptions): void => {
  const { counts, seen, deleted, failed, lastKey } = totals
  if (options.isJson) printJson({ ...counts, seen, deleted, failed })
  else printTotals(totals, options.isDryRun)
  for (const failure of failures) printMessage(failure)
  if (failed > failures.length) printMessage(`${failed - failures.length} more failures not listed.`)
  if (options.wasInterrupted && lastKey !== undefined)
    printMessage(`Interrupted after ${lastKey}. To continue: ${resumeCommand(lastKey)}`)
}

/** `imgtailor prune`. */
export const prune: Command = {
  description:
    "Delete renditions that no request can get: of unlisted sizes, of deleted originals, and by older settings. Other files are left.",
  argument: new Argument("[prefix...]", "Prefixes ending in / (shop/; / for all).").default(["/"], "/"),
  options: settingOptions((name) => !NOT_NEEDED.has(name), OWN),
  example: "imgtailor prune --dry-run --originals ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const { values, operands } = invocation
    const config = await loadFromOptions(invocation)
    printNotices(config.notices)
    if (values["after"] !== undefined && operands.length > 1)
      throw badConfig(["--after: Expected at most one prefix beside it."])
    const prefixes = (operands.length === 0 ? ["/"] : operands).map(parsePrefix)
    const [isDryRun, isJson] = [values["dryRun"] === true, values["json"] === true]
    const tailor = openTailor({ ...config, recheckSeconds: 0 }, { onNotice: printMessage })
    printNotices(await checkStores(tailor))
    const signal = onInterrupt()
    const totals = emptyTotals()
    const failures = await pruneAll(tailor, keysOf(tailor, prefixes, values), totals, { isDryRun, isJson, signal })
    if (!isDryRun) await tailor.renditions.tidy?.()
    printEnd(totals, failures, { isDryRun, isJson, wasInterrupted: signal.aborted })
    if (signal.aborted) process.exitCode = INTERRUPTED
    else if (totals.failed > 0) process.exitCode = 1
  },
}
