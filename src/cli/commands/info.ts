/** Responsible for `imgtailor info`: describes an original and lists all of its URLs, or describes all originals under a prefix. */
import { Argument } from "commander"

import { SERVER_SETTINGS } from "../../config/setting.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { originalNotFound } from "../../errors.ts"
import { outputFormat } from "../../sizes/format.ts"
import { outputDimensions } from "../../sizes/geometry.ts"
import { encodeKey, formatKey, type OriginalKey, type Reading } from "../../sizes/key.ts"
import type { Dimensions } from "../../sizes/size.ts"
import { BATCH_LIMITS } from "../../tailor/limits.ts"
import type { Command } from "../command.ts"
import { printInfos } from "../info-list.ts"
import { openOriginal } from "../open-original.ts"
import { JSON_OPTION, loadFromOptions, settingOptions } from "../options.ts"
import { bold, cyan, dim, print, printJson, printMessage, printNotices } from "../output.ts"
import { parseTarget } from "../targets.ts"

/** One rendition that an original can have. */
interface Row extends Partial<Dimensions> {
  /** URL path. */
  readonly url: string
  readonly format: string
  readonly stored: boolean
}

interface Description {
  readonly original: Readonly<Record<string, unknown>>
  readonly renditions: readonly Row[]
}

const describeOriginal = async (tailor: OpenTailor, original: OriginalKey): Promise<Description> => {
  const { core, config } = tailor
  const opened = await openOriginal(tailor, original)
  if (!opened) throw originalNotFound(original)
  const { inspected, stat } = opened
  const row = async (reading: Reading): Promise<Row> => ({
    url: `${config.basePath}/${encodeKey(formatKey(reading))}`,
    format: reading.size === "info" ? "json" : outputFormat(reading.format, inspected).format,
    ...(reading.size !== "info" && outputDimensions(reading.size, inspected.dimensions)),
    // A rendition of an original that changed a moment ago is stored, too. A stale one is rendered again.
    stored: ["fresh", "unverified"].includes((await core.freshness.freshnessOfKey(formatKey(reading))) ?? ""),
  })
  const { sizes, formats } = core.grammar
  const readings: Reading[] = sizes.flatMap((size) =>
    [undefined, ...formats].map((format) => ({ original, size, format })),
  )
  const renditions = await Promise.all([...readings, { original, size: "info", format: undefined } as const].map(row))
  const { dimensions, container, decoder, frames, animated, hasAlpha } = inspected
  return {
    original: {
      key: original,
      ...dimensions,
      format: decoder ?? (container === "heif" ? "avif" : container),
      bytes: stat.byteLength,
      frames,
      animated,
      alpha: hasAlpha,
      version: stat.version,
    },
    renditions,
  }
}

const printDescription = ({ original, renditions }: Description): void => {
  print(bold("Original"))
  for (const [name, value] of Object.entries(original)) print(`  ${name.padEnd(9)} ${String(value)}`)
  print(`\n${bold("Renditions")}`)
  const columns = Math.max(...renditions.map(({ url }) => url.length))
  for (const { url, format, width, height, stored } of renditions) {
    const pixels = width === undefined || height === undefined ? "" : `${width}x${height}`
    const state = stored ? "stored" : dim("not stored")
    print(`  ${cyan(url.padEnd(columns))}  ${pixels.padEnd(9)}  ${format.padEnd(5)} ${state}`)
  }
}

/** `imgtailor info`. */
export const info: Command = {
  description: "Describe an original and list all of its URLs, or describe all originals of a folder.",
  argument: new Argument(
    "<original>",
    "An original: its path in the folder of originals, like shop/photo.jpg. Or a prefix ending in / (shop/; / for all).",
  ),
  options: settingOptions((name) => !SERVER_SETTINGS.has(name), [JSON_OPTION]),
  example: "imgtailor info shop/photo.jpg --originals ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const config = await loadFromOptions(invocation)
    printNotices(config.notices)
    const isJson = invocation.values["json"] === true
    const target = parseTarget(invocation.operands[0] ?? "")
    if ("prefix" in target) {
      const tailor = openTailor(
        { ...config, limits: { ...config.limits, ...BATCH_LIMITS } },
        { onNotice: printMessage },
      )
      const isComplete = await printInfos(tailor, target.prefix, isJson)
      await tailor.close()
      if (!isComplete) process.exitCode = 1
      return
    }
    const description = await describeOriginal(openTailor(config), target.original)
    if (isJson) printJson(description)
    else printDescription(description)
  },
}
