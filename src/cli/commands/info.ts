/** `imgtailor info`: what is known of a photo, and every address it has. */
import type { ArgsDef } from "citty"

import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { originalNotFound } from "../../errors.ts"
import { inspect } from "../../render/inspect.ts"
import { outputFormat } from "../../sizes/format.ts"
import { outputDimensions } from "../../sizes/geometry.ts"
import { encodeKey, formatKey, type OriginalKey, type Reading, toOriginalKey } from "../../sizes/key.ts"
import type { Dimensions } from "../../sizes/size.ts"
import { JSON_ARGUMENT, loadFromArguments, notAnOriginal, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"
import { bold, cyan, dim, print, printJson } from "../output.ts"

const args: ArgsDef = {
  original: { type: "positional", description: "An original: its path within the folder, like shop/photo.jpg." },
  ...settingArguments(({ path: [name] }) => !["watch", "host", "port"].includes(name)),
  ...JSON_ARGUMENT,
}

/** One rendition that an original can have. */
interface Row extends Partial<Dimensions> {
  readonly address: string
  readonly format: string
  readonly stored: boolean
}

const describeOriginal = async (
  { core, config, originals }: OpenTailor,
  original: OriginalKey,
): Promise<{ readonly original: object; readonly renditions: readonly Row[] }> => {
  const object = await originals.get(original, { maxBytes: config.limits.bytes })
  if (!object) throw originalNotFound(original)
  const inspected = await inspect(object.bytes, config.limits)
  const addressOf = (reading: Reading): string => `${config.basePath}/${encodeKey(formatKey(reading))}`
  const row = async (reading: Reading): Promise<Row> => ({
    address: addressOf(reading),
    format: reading.size === "info" ? "json" : outputFormat(reading.format, inspected).format,
    ...(reading.size !== "info" && outputDimensions(reading.size, inspected.dimensions)),
    // One whose original is too young to prove it is stored all the same; one that is stale will be made again.
    stored: ["fresh", "unverified"].includes((await core.freshnessOfKey(formatKey(reading))) ?? ""),
  })
  const { sizes, formats } = core.grammar
  const readings: Reading[] = sizes.flatMap((size) =>
    [undefined, ...formats].map((format) => ({ original, size, format })),
  )
  const renditions = await Promise.all([...readings, { original, size: "info", format: undefined } as const].map(row))
  const { dimensions, container, frames, animated, hasAlpha } = inspected
  return {
    original: {
      key: original,
      ...dimensions,
      format: container === "heif" ? "avif" : container,
      bytes: object.stat.byteLength,
      frames,
      animated,
      alpha: hasAlpha,
      version: object.stat.version,
    },
    renditions,
  }
}

const printTable = ({ original, renditions }: Awaited<ReturnType<typeof describeOriginal>>): void => {
  print(bold("Original"))
  for (const [name, value] of Object.entries(original)) print(`  ${name.padEnd(9)} ${String(value)}`)
  print(`\n${bold("Renditions")}`)
  const width = Math.max(...renditions.map(({ address }) => address.length))
  for (const { address, format, width: w, height: h, stored } of renditions) {
    const pixels = w === undefined || h === undefined ? "" : `${w}x${h}`
    print(
      `  ${cyan(address.padEnd(width))}  ${pixels.padEnd(9)}  ${format.padEnd(5)} ${stored ? "stored" : dim("not made yet")}`,
    )
  }
}

export const info: Command = {
  examples: [
    "imgtailor info shop/photo.jpg",
    "imgtailor info shop/photo.jpg --originals ./photos --sizes 360x270,1280w --json",
  ],
  description: "Print what is known of a photo and every address it has.",
  args,
  run: async (values) => {
    const { config } = await loadFromArguments(values, args)
    const tailor = openTailor(config)
    const text = String(values["original"])
    const original = toOriginalKey(text)
    if (original === undefined) throw notAnOriginal(text, "an original like shop/photo.jpg")
    const described = await describeOriginal(tailor, original)
    if (values["json"]) printJson(described)
    else printTable(described)
  },
}
