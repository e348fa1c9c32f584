/** Responsible for `imgtailor purge`: deletes stored renditions of originals, of prefixes, and of a size. */
import { existsSync } from "node:fs"

import { Argument, Option } from "commander"

import type { EffectiveConfig } from "../../config/origins.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig, badUrl } from "../../errors.ts"
import { formatOfName } from "../../sizes/format.ts"
import { INFO, isSizeSegment } from "../../sizes/list.ts"
import { asFolder } from "../../store/registry.ts"
import type { PurgeOptions } from "../../tailor/purge.ts"
import { counted } from "../../units.ts"
import type { Command } from "../command.ts"
import { INTERRUPTED, onInterrupt } from "../interruption.ts"
import { JSON_OPTION, loadWithOrigins, settingOptions, textOf } from "../options.ts"
import { print, printJson, printMessage, printNotices } from "../output.ts"
import { createProgress } from "../progress.ts"
import { parseTarget, type Target } from "../targets.ts"

const NEEDED: ReadonlySet<string> = new Set(
  "originals renditions sizes formats retired sharedStore s3Endpoint s3Region s3PathStyle basePath notify notifyHeaders".split(
    " ",
  ),
)

const OWN: readonly Option[] = [
  new Option("--size <name>", "Only renditions of this size, which need not be listed any more."),
  JSON_OPTION,
]

/** A hint for a name that could be a folder. */
const folderHint = (original: string): string =>
  formatOfName(original) === undefined ? ` To purge a folder, add a slash: ${original}/` : ""

/** @throws {bad-config} no name of a size, or a single original beside it */
const checkSize = (size: string | undefined, targets: readonly Target[]): void => {
  if (size === undefined) return
  if (!isSizeSegment(size) && size !== INFO) throw badConfig([`--size: Expected a size like 480h, got ${size}.`])
  for (const target of targets)
    if ("original" in target)
      throw badConfig([`--size: Expected prefixes like shop/ beside it, got ${target.original}.`])
}

/** A mistyped folder would have nothing to delete. @throws {bad-config} an option or a variable names a folder that does not exist */
const checkFolder = ({ config, sources }: EffectiveConfig): void => {
  const isGiven = sources.some(
    ({ origin, options }) => ["option", "variable"].includes(origin) && options["renditions"] !== undefined,
  )
  const folder = asFolder(config.renditions)
  if (isGiven && folder !== undefined && !existsSync(folder))
    throw badConfig([`renditions: Expected the folder of the renditions, found none at ${folder}.`])
}

/** Number of deleted renditions. @throws {bad-url} the store cannot list */
const purgeOne = async (
  { core }: OpenTailor,
  target: Target,
  size: string | undefined,
  options: PurgeOptions,
): Promise<number> => {
  if ("original" in target) return core.purge(target.original, options)
  const { prefix } = target
  const deleted = await (size === undefined ? core.purgePrefix(prefix, options) : core.purgeSize(size, prefix, options))
  if (deleted === undefined) throw badUrl("This store cannot list its renditions.", "Purge originals one by one.")
  return deleted
}

const purgeAll = async (
  tailor: OpenTailor,
  targets: readonly Target[],
  size: string | undefined,
  { isJson, signal }: { readonly isJson: boolean; readonly signal: AbortSignal },
): Promise<number> => {
  const progress = createProgress({ noun: "files", isSilent: isJson })
  let [deleted, done] = [0, 0]
  try {
    for (const target of targets) {
      if (signal.aborted) break
      const [before, deletedBefore] = [done, deleted]
      const onProgress = (seen: number, count: number): void => {
        done = before + seen
        progress.update({ done, others: { deleted: deletedBefore + count } })
      }
      deleted += await purgeOne(tailor, target, size, { signal, onProgress })
    }
  } finally {
    progress.end()
    // The changes are reported to `notify` after a second, which does not keep the process running.
    await tailor.idle()
  }
  return deleted
}

const printDeleted = (deleted: number, names: readonly string[], size: string | undefined): void => {
  const [only = ""] = names
  const place = `${names.join(", ")}${size === undefined ? "" : ` in size ${size}`}`
  print(`Deleted ${counted(deleted, "rendition")} of ${place}.`)
  if (deleted === 0 && names.length === 1 && !only.endsWith("/"))
    print(`No renditions of it were stored.${folderHint(only)}`)
}

/** `imgtailor purge`. */
export const purge: Command = {
  description: "Delete the renditions of originals, in every listed and retired size and format.",
  argument: new Argument("[originals...]", "Originals (shop/photo.jpg) or prefixes ending in / (shop/; / for all)."),
  options: settingOptions((name) => NEEDED.has(name), OWN),
  example: "imgtailor purge shop/photo.jpg --originals ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const { values, operands } = invocation
    const size = textOf(values, "size")
    if (operands.length === 0 && size === undefined)
      throw badUrl("Expected an original like shop/photo.jpg, a folder like shop/, or / for all.")
    const names = operands.length === 0 ? ["/"] : operands
    const targets = names.map(parseTarget)
    checkSize(size, targets)
    const effective = await loadWithOrigins(invocation)
    checkFolder(effective)
    const { config } = effective
    printNotices(config.notices)
    const isJson = values["json"] === true
    const signal = onInterrupt()
    const tailor = openTailor(config, { onNotice: printMessage })
    const deleted = await purgeAll(tailor, targets, size, { isJson, signal })
    if (signal.aborted) {
      process.exitCode = INTERRUPTED
      printMessage("Interrupted. Run the same command again to continue.")
    }
    if (isJson) printJson({ deleted })
    else printDeleted(deleted, names, size)
  },
}
