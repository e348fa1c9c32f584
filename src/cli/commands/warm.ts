/** `imgtailor warm`: render ahead of demand. */
import { readdir } from "node:fs/promises"
import { join, relative, sep } from "node:path"

import type { ArgsDef } from "citty"

import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badUrl, TailorError } from "../../errors.ts"
import { canBeOriginal, type OriginalKey, splitKey, toOriginalKey } from "../../sizes/key.ts"
import { BATCH_LIMITS } from "../../tailor/limits.ts"
import type { Warmed } from "../../tailor/warm.ts"
import { JSON_ARGUMENT, loadFromArguments, notAnOriginal, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"
import { print, printJson } from "../output.ts"
import { isPhoto } from "../sample.ts"

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
  readonly code?: string
  readonly problem?: string
}

const toRow = (original: string, { made, stored, refused: [error] }: Warmed): Row => ({
  original,
  made,
  stored,
  ...(error && { code: error.code, problem: error.message }),
})

/** Keys of all files in a folder of the originals' folder. */
async function* filesIn(root: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, prefix), { recursive: true, withFileTypes: true }).catch(() => {
    throw badUrl(`Expected a folder of originals, got ${join(root, prefix)}.`)
  })
  for (const entry of entries)
    if (entry.isFile()) yield relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")
}

const keysUnder = ({ originals, config }: OpenTailor, prefix: string): AsyncIterable<string> => {
  const isFolder = typeof config.originals === "string" && originals.name === "folder"
  const keys = isFolder ? filesIn(config.originals, prefix) : originals.list?.(prefix)
  if (!keys) throw badUrl("This store cannot list what it holds.", "Warm originals one by one.")
  return keys
}

async function* originalsOf(tailor: OpenTailor, text: string): AsyncGenerator<OriginalKey> {
  const prefix = text === "/" ? "" : text
  const checked = toOriginalKey(prefix.replace(/\/$/, ""))
  if (checked === undefined && prefix !== "")
    throw notAnOriginal(text, "an original like shop/photo.jpg or a folder like shop/")
  if (checked !== undefined && !text.endsWith("/")) return yield checked
  for await (const key of keysUnder(tailor, prefix)) {
    const original = toOriginalKey(key)
    if (original !== undefined && isPhoto(splitKey(key).file) && canBeOriginal(original, tailor.core.grammar))
      yield original
  }
}

const warmOne = async ({ core }: OpenTailor, original: OriginalKey): Promise<Row> => {
  try {
    return toRow(original, await core.warm(original))
  } catch (error) {
    if (!(error instanceof TailorError)) throw error
    return toRow(original, { made: 0, stored: 0, refused: [error] })
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
    const tailor = openTailor({ ...config, limits: { ...config.limits, ...BATCH_LIMITS } })
    const originals = originalsOf(tailor, String(values["original"]))
    const work = async (): Promise<void> => {
      for await (const original of originals) {
        const row = await warmOne(tailor, original)
        if (row.code !== undefined) process.exitCode = 1
        if (values["json"]) printJson(row)
        else print(`${original}: made ${row.made}, stored before ${row.stored}${row.problem ? `; ${row.problem}` : ""}`)
      }
    }
    await Promise.all(Array.from({ length: config.limits.renders }, work))
    await tailor.idle()
  },
}
