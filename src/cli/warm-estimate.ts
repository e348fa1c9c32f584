/** Responsible for `imgtailor warm --dry-run`: the renditions that are missing, and their bytes and time from a sample. */
import type { OpenTailor } from "../create-tailor.ts"
import { describeError, TailorError } from "../errors.ts"
import { sampleRenders } from "../redesign/sample-renders.ts"
import type { Format } from "../sizes/format.ts"
import type { OriginalKey } from "../sizes/key.ts"
import { byteText, counted, durationText } from "../units.ts"
import { print, printJson } from "./output.ts"
import { createProgress } from "./progress.ts"
import type { WarmFilter, WarmItem } from "./warm-targets.ts"

/** Originals that are rendered in memory. */
const SAMPLE = 5

interface EstimateOptions {
  readonly isJson: boolean
  readonly filter: WarmFilter
  readonly signal: AbortSignal
  readonly onSkip: (message: string) => void
}

interface Counted {
  originals: number
  missing: number
  stored: number
  readonly sample: OriginalKey[]
}

const countMissing = async (
  tailor: OpenTailor,
  items: AsyncIterable<WarmItem>,
  options: EstimateOptions,
): Promise<Counted> => {
  const counts: Counted = { originals: 0, missing: 0, stored: 0, sample: [] }
  const progress = createProgress({ noun: "originals", isSilent: options.isJson })
  try {
    for await (const { original, sizes, formats } of items) {
      if (options.signal.aborted) break
      counts.originals += 1
      try {
        const { made, stored } = await tailor.core.warm(original, { sizes, formats, isDryRun: true })
        counts.missing += made
        counts.stored += stored
        if (made > 0 && counts.sample.length < SAMPLE) counts.sample.push(original)
      } catch (error) {
        if (!(error instanceof TailorError)) throw error
        options.onSkip(`${original}: ${describeError(error)}`)
      }
      progress.update({ done: counts.originals, others: { missing: counts.missing } })
    }
  } finally {
    progress.end()
  }
  return counts
}

/** Prints the estimate. */
export const estimateWarm = async (
  tailor: OpenTailor,
  items: AsyncIterable<WarmItem>,
  options: EstimateOptions,
): Promise<void> => {
  const { originals, missing, stored, sample } = await countMissing(tailor, items, options)
  const { config, core, renderer } = tailor
  const { sizes: wanted, formats: wantedFormats } = options.filter
  const sizes = config.grammar.sizes.filter(({ name }) => wanted?.includes(name) ?? true)
  const formats = wantedFormats?.map((format) => (format === "base" ? undefined : (format as Format)))
  const parts = {
    originals: tailor.originals,
    renderer,
    maxBytes: config.limits.bytes,
    grammar: core.grammar,
    settings: config.settings,
  }
  const costs = [...(await sampleRenders(parts, sample, sizes, { formats, onProblem: options.onSkip })).values()]
  const measured = costs.reduce((sum, cost) => sum + cost.measured, 0)
  const averageOf = (name: "ms" | "byteLength"): number =>
    measured === 0 ? 0 : costs.reduce((sum, cost) => sum + cost[name] * cost.measured, 0) / measured
  const byteLength = Math.round(missing * averageOf("byteLength"))
  const ms = Math.round((missing * averageOf("ms")) / config.limits.renders)
  await tailor.close()
  if (options.isJson) return printJson({ originals, missing, stored, bytes: byteLength, ms })
  print(`${counted(originals, "original")}: ${counted(missing, "rendition")} to render, ${stored} already stored`)
  if (missing > 0) print(`About ${byteText(byteLength)} and ${durationText(ms)}, from ${counted(measured, "render")}.`)
}
