/** Responsible for the output of `imgtailor sizes plan`: the consequences of another list. */
import { dirname, resolve } from "node:path"

import { absoluteAssetPaths } from "../config/asset-paths.ts"
import { loadFile } from "../config/config-file.ts"
import type { TailorConfig } from "../config/options.ts"
import { resolveConfig } from "../config/resolve.ts"
import { openTailor, type OpenTailor } from "../create-tailor.ts"
import { type BrokenSize, createBrokenUrls } from "../redesign/broken-urls.ts"
import { compareLists, type ListDifference, type ListVersion } from "../redesign/compare-lists.ts"
import type { OwnReader } from "../redesign/own-requests.ts"
import { makePlan, type Plan, type PlannedSize } from "../redesign/plan.ts"
import { type RenderCost, sampleRenders } from "../redesign/sample-renders.ts"
import { formatsOf, imageKeyOf, type OriginalKey } from "../sizes/key.ts"
import { byteText, counted, durationText, grouped } from "../units.ts"
import { checkStores } from "./check-stores.ts"
import type { Invocation } from "./command.ts"
import { loadFromOptions, NO_LOCATIONS } from "./options.ts"
import { bold, dim, print, printJson, printMessage, printNotices } from "./output.ts"
import { countOf, printTable } from "./sizes-stored.ts"

/** Options of {@link printPlan}. */
export interface PlanOptions {
  readonly isJson: boolean
  readonly sample: number | undefined
  /** Configuration file with the new list. */
  readonly file: string
  readonly logs: readonly string[]
  readonly readLogs: OwnReader
}

/** Originals that are rendered to estimate the cost. */
const SAMPLE = 6

/** The new list with its settings. Its originals and renditions do not matter. */
const loadNext = async (file: string): Promise<TailorConfig> => {
  const loaded = await loadFile(process.cwd(), file)
  const directory = dirname(loaded.file ?? resolve(file))
  const options = absoluteAssetPaths(loaded.options, directory)
  return resolveConfig({ ...options, ...NO_LOCATIONS }, { directory, threads: 4 })
}

interface Originals {
  readonly count: number
  readonly sample: readonly OriginalKey[]
}

/** Counts originals, and chooses some that are spread over all: each power of two more rarely. */
const surveyOriginals = async ({ originals, core }: OpenTailor, length: number): Promise<Originals> => {
  let [count, step] = [0, 1]
  let sample: OriginalKey[] = []
  for await (const text of originals.list("", { onSkip: () => {} })) {
    const key = imageKeyOf(text, core.grammar)
    if (key === undefined) continue
    if (count % step === 0) sample.push(key)
    count += 1
    if (sample.length < 2 * length) continue
    sample = sample.filter((_, at) => at % 2 === 0)
    step *= 2
  }
  return { count, sample: sample.slice(0, length) }
}

const costsOf = async (
  { originals, renderer, config }: OpenTailor,
  next: TailorConfig,
  keys: readonly OriginalKey[],
  { added, changed }: ListDifference,
): Promise<ReadonlyMap<string, RenderCost>> => {
  const parts = { originals, renderer, maxBytes: config.limits.bytes, grammar: next.grammar, settings: next.settings }
  const sizes = [...added, ...changed.map(({ size }) => size)]
  return sampleRenders(parts, keys, sizes, { onProblem: printMessage })
}

const brokenOf = async (
  now: TailorConfig,
  next: TailorConfig,
  { logs, readLogs }: PlanOptions,
): Promise<readonly BrokenSize[]> => {
  const broken = createBrokenUrls(now.grammar.sizes, next.grammar.sizes)
  await readLogs(logs, now.basePath, broken.add)
  return broken.sizes()
}

const rowOf = ({ name, change, count, mostCount, byteLength, renderMs }: PlannedSize): readonly string[] => [
  change,
  name,
  change === "added" ? `~${grouped(count)} of ${grouped(mostCount)}` : grouped(count),
  byteText(byteLength),
  renderMs === 0 ? "" : durationText(renderMs),
]

const aliasText = ({ retired }: ListDifference): readonly string[] =>
  retired
    .filter(({ isAlias }) => !isAlias)
    .map(({ name, successor }) =>
      successor === undefined
        ? `${name}: no new size shows the same part of an image. Pages with its URLs break.`
        : `${name}: pages with its URLs break. Add it to the new list as an alias: { size: "${successor}", aliases: ["${name}"] }`,
    )

const printText = (difference: ListDifference, plan: Plan, broken: readonly BrokenSize[], renders: number): void => {
  const { addedFormats, retiredFormats } = difference
  if ([plan.sizes, addedFormats, retiredFormats, broken].every(({ length }) => length === 0))
    return print("Nothing changes: every stored rendition stays fresh.")
  if (plan.sizes.length > 0) printTable(["change", "size", "renditions", "bytes", "one core"], plan.sizes.map(rowOf))
  for (const { size, members } of difference.changed)
    print(dim(`${size.name}: other ${members.join(", ") || "encoder"}`))
  if (difference.same.length > 0) print(`Unchanged: ${difference.same.join(", ")}`)
  for (const format of addedFormats) print(`Added format: ${format}`)
  for (const format of retiredFormats) print(`Retired format: ${format}. Pages with its URLs break.`)
  const time = durationText(plan.renderMs / renders)
  print(
    `\n${bold("To render")}: ${counted(plan.renderCount, "rendition")} on demand; ${time} of this machine, or $${plan.usd.toFixed(2)} in functions on AWS.`,
  )
  print("Changed sizes are sent as stored until they are rendered again in the background (staleRecipe).")
  for (const text of aliasText(difference)) print(text)
  for (const { name, count, example } of broken)
    print(`${name}: ${counted(count, "request")} in the logs, like ${example}`)
}

/** Prints a plan. */
export const printPlan = async (invocation: Invocation, options: PlanOptions): Promise<void> => {
  const config = await loadFromOptions(invocation)
  const next = await loadNext(options.file)
  printNotices(config.notices)
  const tailor = openTailor(config, { onNotice: printMessage })
  printNotices(await checkStores(tailor))
  try {
    const toVersion = ({ grammar, settings }: TailorConfig): ListVersion => ({ grammar, settings })
    const difference = compareLists(toVersion(config), toVersion(next))
    const stored = await countOf(tailor, { isJson: options.isJson, sample: undefined, hasOutdated: false })
    const { count: originalCount, sample } = await surveyOriginals(tailor, options.sample ?? SAMPLE)
    const costs = await costsOf(tailor, next, sample, difference)
    const formatCount = Math.max(...next.grammar.sizes.map((size) => formatsOf(size, next.grammar).length))
    const plan = makePlan({ difference, stored, originalCount, costs, formatCount })
    const broken = await brokenOf(config, next, options)
    if (options.isJson) printJson({ ...plan, difference, broken })
    else printText(difference, plan, broken, config.limits.renders)
  } finally {
    await tailor.close()
  }
}
