/** Responsible for `imgtailor explain`: why a server with these settings answers a URL as it does. Needs no running server. */
import { Argument, Option } from "commander"

import { SERVER_SETTINGS } from "../../config/setting.ts"
import { openTailor } from "../../create-tailor.ts"
import { createExplain } from "../../explain/explain.ts"
import { formatExplanation } from "../../explain/format.ts"
import type { Command } from "../command.ts"
import { JSON_OPTION, loadFromOptions, settingOptions, textOf } from "../options.ts"
import { bold, dim, print, printJson, printNotices } from "../output.ts"

/** Settings of `serve` that decide answers. */
const DECIDING: ReadonlySet<string> = new Set(["whenBusy", "staleRecipe"])

/** `imgtailor explain`. */
export const explain: Command = {
  description:
    "Explain the answer to a URL: its readings, the original, the recipe, the stored rendition, and the headers. Nothing is rendered or stored.",
  argument: new Argument("<url|path|original>", "A URL, a URL path with its leading slash, or the key of an original."),
  options: settingOptions(
    (name) => DECIDING.has(name) || !SERVER_SETTINGS.has(name),
    [new Option("--accept <header>", "Accept header of the request, like image/avif,image/webp."), JSON_OPTION],
  ),
  example: "imgtailor explain /shop/650w/mug.jpg --originals photos --sizes 360x270,640w",
  run: async (invocation) => {
    const { values, operands } = invocation
    const config = await loadFromOptions(invocation)
    const tailor = openTailor(config)
    try {
      const explanation = await createExplain(tailor)(operands[0] ?? "", { accept: textOf(values, "accept") })
      if (values["json"] === true) return printJson(explanation)
      printNotices(config.notices)
      print(formatExplanation(explanation, { bold, dim }))
    } finally {
      await tailor.close()
    }
  },
}
