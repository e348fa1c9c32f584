/** Responsible for `imgtailor purge`: deletes stored renditions. */
import { Argument } from "commander"

import { openTailor } from "../../create-tailor.ts"
import { badUrl } from "../../errors.ts"
import { formatOfName } from "../../sizes/format.ts"
import { toOriginalKey } from "../../sizes/key.ts"
import type { Command } from "../command.ts"
import { JSON_OPTION, loadFromOptions, notAnOriginal, settingOptions } from "../options.ts"
import { print, printJson, printNotices } from "../output.ts"

const NEEDED: ReadonlySet<string> = new Set(
  "originals renditions sizes formats retired sharedStore s3Endpoint s3Region s3PathStyle".split(" "),
)

/** A hint for a name that could be a folder. */
const folderHint = (original: string): string =>
  formatOfName(original) === undefined ? ` To purge a folder, add a slash: ${original}/` : ""

/** `imgtailor purge`. */
export const purge: Command = {
  description: "Delete the renditions of originals, in every listed and retired size and format.",
  argument: new Argument("<original>", "An original (shop/photo.jpg) or a prefix ending in / (shop/; / for all)."),
  options: settingOptions((name) => NEEDED.has(name), [JSON_OPTION]),
  example: "imgtailor purge shop/photo.jpg --originals ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const config = await loadFromOptions(invocation)
    printNotices(config.notices)
    const tailor = openTailor(config)
    const [original = ""] = invocation.operands
    const isPrefix = original.endsWith("/")
    if (original !== "/" && toOriginalKey(original.replace(/\/$/, "")) === undefined)
      throw notAnOriginal(original, "an original like shop/photo.jpg or a folder like shop/")
    const deleted = isPrefix
      ? await tailor.core.purgePrefix(original === "/" ? "" : original)
      : await tailor.purge(original)
    if (deleted === undefined) throw badUrl("This store cannot list its renditions.", "Purge originals one by one.")
    if (invocation.values["json"]) return printJson({ deleted })
    print(`Deleted ${deleted} ${deleted === 1 ? "rendition" : "renditions"} of ${original}.`)
    if (deleted === 0 && !isPrefix) print(`No renditions of it were stored.${folderHint(original)}`)
  },
}
