/** `imgtailor purge`: delete renditions. */
import type { ArgsDef } from "citty"

import { openTailor } from "../../create-tailor.ts"
import { badAddress } from "../../errors.ts"
import { toOriginalKey } from "../../sizes/key.ts"
import { JSON_ARGUMENT, loadFromArguments, settingArguments } from "../arguments.ts"
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
    if (isPrefix && original !== "/" && toOriginalKey(original.slice(0, -1)) === undefined)
      throw badAddress(`Expected a folder of originals like shop/, got ${JSON.stringify(original)}.`)
    const deleted = isPrefix
      ? await tailor.core.purgePrefix(original === "/" ? "" : original)
      : await tailor.purge(original)
    if (deleted === undefined) throw badAddress("This store cannot list what it holds.", "Purge originals one by one.")
    if (values["json"]) return printJson({ deleted })
    print(`Deleted ${deleted} ${deleted === 1 ? "rendition" : "renditions"} of ${original}.`)
    if (deleted === 0 && !isPrefix)
      print(`Nothing was stored for it. A folder is purged with a slash at its end: ${original}/`)
  },
}
