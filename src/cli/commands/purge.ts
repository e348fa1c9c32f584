/** `imgtailor purge`: delete renditions. */
import type { ArgsDef } from "citty"

import { openTailor } from "../../create-tailor.ts"
import { badUrl } from "../../errors.ts"
import { formatOfName } from "../../sizes/format.ts"
import { toOriginalKey } from "../../sizes/key.ts"
import { JSON_ARGUMENT, loadFromArguments, notAnOriginal, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"
import { print, printJson } from "../output.ts"

const args: ArgsDef = {
  original: {
    type: "positional",
    description: "An original (shop/photo.jpg), or with a slash at its end all under it (shop/; / for all).",
  },
  ...settingArguments(({ path: [name] }) =>
    [
      "originals",
      "renditions",
      "sizes",
      "formats",
      "retired",
      "sharedStore",
      "s3Endpoint",
      "s3Region",
      "s3PathStyle",
    ].includes(name),
  ),
  ...JSON_ARGUMENT,
}

/** For a name that may be a folder's. */
const folderAdvice = (original: string): string =>
  formatOfName(original) === undefined ? ` A folder is purged with a slash at its end: ${original}/` : ""

export const purge: Command = {
  examples: [
    "imgtailor purge shop/photo.jpg",
    "imgtailor purge shop/",
    "imgtailor purge / --originals ./photos --sizes 360x270,1280w",
  ],
  description: "Delete an original's renditions, in every size and format ever listed.",
  args,
  run: async (values) => {
    const { config } = await loadFromArguments(values, args)
    const tailor = openTailor(config)
    const original = String(values["original"])
    const isPrefix = original.endsWith("/")
    if (original !== "/" && toOriginalKey(original.replace(/\/$/, "")) === undefined)
      throw notAnOriginal(original, "an original like shop/photo.jpg or a folder like shop/")
    const deleted = isPrefix
      ? await tailor.core.purgePrefix(original === "/" ? "" : original)
      : await tailor.purge(original)
    if (deleted === undefined) throw badUrl("This store cannot list what it holds.", "Purge originals one by one.")
    if (values["json"]) return printJson({ deleted })
    print(`Deleted ${deleted} ${deleted === 1 ? "rendition" : "renditions"} of ${original}.`)
    if (deleted === 0 && !isPrefix) print(`Nothing was stored for it.${folderAdvice(original)}`)
  },
}
