/** `imgtailor warm`: render ahead of demand. */
import type { ArgsDef } from "citty"

import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badAddress, TailorError } from "../../errors.ts"
import { canBeOriginal, type OriginalKey, toOriginalKey } from "../../sizes/key.ts"
import { JSON_ARGUMENT, loadFromArguments, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"
import { print, printJson } from "../output.ts"

const args: ArgsDef = {
  original: {
    type: "positional",
    default: "/",
    description: "An original (shop/photo.jpg), or with a slash at its end all under it (shop/; / for all).",
  },
  ...settingArguments(({ path: [name] }) => !["watch", "host", "port"].includes(name)),
  ...JSON_ARGUMENT,
}

/** One original's line. */
interface Row {
  readonly original: string
  readonly made: number
  readonly stored: number
  /** The first reason why not all could be made. */
  readonly problem?: string
}

async function* originalsOf({ originals, core }: OpenTailor, text: string): AsyncGenerator<OriginalKey> {
  const prefix = text === "/" ? "" : text
  const checked = toOriginalKey(prefix.replace(/\/$/, ""))
  if (checked === undefined && prefix !== "")
    throw badAddress(`Expected an original like shop/photo.jpg or a folder like shop/, got ${JSON.stringify(text)}.`)
  if (checked !== undefined && !text.endsWith("/")) return yield checked
  if (!originals.list) throw badAddress("This store cannot list what it holds.", "Warm originals one by one.")
  for await (const key of originals.list(prefix)) {
    const original = toOriginalKey(key)
    if (original !== undefined && canBeOriginal(original, core.grammar)) yield original
  }
}

const warmOne = async ({ core }: OpenTailor, original: OriginalKey): Promise<Row> => {
  try {
    const { made, stored, refused } = await core.warm(original)
    return { original, made, stored, ...(refused[0] && { problem: refused[0].message }) }
  } catch (error) {
    if (!(error instanceof TailorError)) throw error
    return { original, made: 0, stored: 0, problem: error.message }
  }
}

export const warm: Command = {
  examples: [
    "imgtailor warm --originals ./photos --sizes 360x270,1280w",
    "imgtailor warm shop/ --originals ./photos --sizes 360x270,1280w",
  ],
  description: "Make the renditions of originals before anybody asks for them.",
  args,
  run: async (values) => {
    const { config } = await loadFromArguments(values, args)
    const tailor = openTailor(config)
    const originals = originalsOf(tailor, String(values["original"]))
    const work = async (): Promise<void> => {
      for await (const original of { [Symbol.asyncIterator]: () => ({ next: () => originals.next() }) }) {
        const row = await warmOne(tailor, original)
        if (row.problem !== undefined) process.exitCode = 1
        if (values["json"]) printJson(row)
        else print(`${original}: made ${row.made}, stored before ${row.stored}${row.problem ? `; ${row.problem}` : ""}`)
      }
    }
    await Promise.all(Array.from({ length: config.limits.renders }, work))
    await tailor.idle()
  },
}
