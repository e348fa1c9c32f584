/** Responsible for `imgtailor purge`: deletes stored renditions of originals, of prefixes, and of a size. */
import { Argument, Option } from "commander"

import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig, badUrl } from "../../errors.ts"
import { formatOfName } from "../../sizes/format.ts"
import { type OriginalKey, toOriginalKey } from "../../sizes/key.ts"
import { INFO, isSizeSegment } from "../../sizes/list.ts"
import type { PurgeOptions } from "../../tailor/purge.ts"
import type { Command } from "../command.ts"
import { INTERRUPTED, onInterrupt } from "../interruption.ts"
import { JSON_OPTION, loadFromOptions, notAnOriginal, settingOptions, textOf } from "../options.ts"
import { print, printJson, printMessage, printNotices } from "../output.ts"
import { createProgress } from "../progress.ts"

const NEEDED: ReadonlySet<string> = new Set(
  "originals renditions sizes formats retired sharedStore s3Endpoint s3Region s3PathStyle".split(" "),
)

const OWN: readonly Option[] = [
  new Option("--size <name>", "Only renditions of this size, which need not be listed any more."),
  JSON_OPTION,
]

/** A hint for a name that could be a folder. */
const folderHint = (original: string): string =>
  formatOfName(original) === undefined ? ` To purge a folder, add a slash: ${original}/` : ""

const prefixOf = (text: string): string => (text === "/" ? "" : text)

/** @throws {bad-url} neither an original nor a prefix */
const checkTarget = (text: string): string => {
  if (text !== "/" && toOriginalKey(text.replace(/\/$/, "")) === undefined)
    throw notAnOriginal(text, "an original like shop/photo.jpg or a folder like shop/")
  return text
}

/** @throws {bad-config} no name of a size, or a single original beside it */
const checkSize = (size: string | undefined, targets: readonly string[]): void => {
  if (size === undefined) return
  if (!isSizeSegment(size) && size !== INFO) throw badConfig([`--size: Expected a size like 480h, got ${size}.`])
  const original = targets.find((target) => !target.endsWith("/"))
  if (original !== undefined) throw badConfig([`--size: Expected prefixes like shop/ beside it, got ${original}.`])
}

/** Number of deleted renditions. @throws {bad-url} the store cannot list */
const purgeOne = async (
  { core }: OpenTailor,
  target: string,
  size: string | undefined,
  options: PurgeOptions,
): Promise<number> => {
  if (!target.endsWith("/")) return core.purge(target as OriginalKey, options)
  const prefix = prefixOf(target)
  const deleted = await (size === undefined ? core.purgePrefix(prefix, options) : core.purgeSize(size, prefix, options))
  if (deleted === undefined) throw badUrl("This store cannot list its renditions.", "Purge originals one by one.")
  return deleted
}

const purgeAll = async (
  tailor: OpenTailor,
  targets: readonly string[],
  size: string | undefined,
  { isJson, signal }: { readonly isJson: boolean; readonly signal: AbortSignal },
): Promise<number> => {
  const progress = createProgress({ noun: "files", isSilent: isJson })
  let [deleted, done] = [0, 0]
  for (const target of targets) {
    if (signal.aborted) break
    const [before, deletedBefore] = [done, deleted]
    const onProgress = (seen: number, count: number): void => {
      done = before + seen
      progress.update({ done, others: { deleted: deletedBefore + count } })
    }
    deleted += await purgeOne(tailor, target, size, { signal, onProgress })
  }
  progress.end()
  return deleted
}

const printDeleted = (deleted: number, targets: readonly string[], size: string | undefined): void => {
  const [only = ""] = targets
  const place = `${targets.join(", ")}${size === undefined ? "" : ` in size ${size}`}`
  print(`Deleted ${deleted} ${deleted === 1 ? "rendition" : "renditions"} of ${place}.`)
  if (deleted === 0 && targets.length === 1 && !only.endsWith("/"))
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
    const targets = (operands.length === 0 ? ["/"] : operands).map(checkTarget)
    checkSize(size, targets)
    const config = await loadFromOptions(invocation)
    printNotices(config.notices)
    const isJson = values["json"] === true
    const signal = onInterrupt()
    const deleted = await purgeAll(openTailor(config), targets, size, { isJson, signal })
    if (signal.aborted) {
      process.exitCode = INTERRUPTED
      printMessage("Interrupted. Run the same command again to continue.")
    }
    if (isJson) printJson({ deleted })
    else printDeleted(deleted, targets, size)
  },
}
