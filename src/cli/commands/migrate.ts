/** Responsible for `imgtailor migrate`: from a log or a sitemap with URLs of another service to a list of sizes and new URLs. */
import { createReadStream } from "node:fs"

import { Argument, Option } from "commander"

import type { ServiceName } from "../../compat/names.ts"
import { SERVICES } from "../../compat/services.ts"
import { resolveConfig } from "../../config/resolve.ts"
import { SETTINGS } from "../../config/settings.ts"
import { badConfig, describeError } from "../../errors.ts"
import { configText } from "../../migrate/config-text.ts"
import { type FoundUrl, readUrls } from "../../migrate/read-urls.ts"
import { redirectMap } from "../../migrate/redirect-map.ts"
import { type MappedUrl, type Survey, type SurveyOptions, surveyUrls } from "../../migrate/survey.ts"
import { counted, grouped, percentOf } from "../../units.ts"
import type { Command, Invocation } from "../command.ts"
import { JSON_OPTION, NO_LOCATIONS, settingsOf, shareOf, toOption } from "../options.ts"
import { bold, print, printJson } from "../output.ts"
import { printSizes } from "../print-sizes.ts"

const SETTING_NAMES = new Set(["compat", "compatOrigins", "compatKeys", "basePath", "formats"])

/** Default of `--waste`. */
const WASTE = "20%"
/** Default of `--rare`. */
const RARE = "0%"

const OPTIONS = [
  new Option("--waste <percent>", "Share of the pixels sent that may be more than was requested.").default(WASTE),
  new Option("--rare <percent>", "Crops and other shapes with a smaller share of the requests get no size.").default(
    RARE,
  ),
  new Option("--config", "Print a configuration file."),
  new Option("--nginx", "Print a map of nginx that redirects each old URL to its new one."),
  JSON_OPTION,
  ...SETTINGS.filter(({ path: [name] }) => SETTING_NAMES.has(name)).map(toOption),
]

/** @throws {bad-config} the input cannot be read */
async function* read(input: string): AsyncGenerator<readonly FoundUrl[]> {
  const stream: AsyncIterable<Uint8Array> = input === "-" ? process.stdin : createReadStream(input)
  try {
    yield* readUrls(stream)
  } catch (error) {
    throw badConfig([`${input}: cannot read this input: ${describeError(error)}`])
  }
}

const optionsOf = ({ values }: Invocation): SurveyOptions => {
  const settings = settingsOf(values)
  const environment = { directory: process.cwd(), threads: 4 }
  const config = resolveConfig({ ...settings, ...NO_LOCATIONS, sizes: ["1w"] }, environment)
  return {
    services: config.compat,
    origins: config.compatOrigins,
    keys: config.compatKeys,
    basePath: config.basePath,
    formats: config.grammar.formats,
    maxWaste: shareOf(values, "waste", WASTE),
    minShare: shareOf(values, "rare", RARE),
  }
}

const EXAMPLES = 10
const MAX_REASONS = 1000

/** Reasons for URLs without a new one, with an example of each. */
interface Reason {
  count: number
  urlCount: number
  readonly example: string
}

interface Digest {
  urlCount: number
  /** Most frequent first. */
  top: readonly MappedUrl[]
  readonly reasons: Map<string, Reason>
}

const addReason = (reasons: Map<string, Reason>, { url, count, reason = "" }: MappedUrl): void => {
  const name = reasons.has(reason) || reasons.size < MAX_REASONS ? reason : "Other reasons: see --json."
  const known = reasons.get(name)
  if (known) {
    known.count += count
    known.urlCount += 1
  } else reasons.set(name, { count, urlCount: 1, example: url })
}

const digest = async (survey: Survey): Promise<Digest> => {
  const found: Digest = { urlCount: 0, top: [], reasons: new Map() }
  for await (const batch of survey.mapped()) {
    const mapped = batch.filter(({ newUrl }) => newUrl !== undefined)
    found.urlCount += mapped.length
    found.top = [...found.top, ...mapped].toSorted((a, b) => b.count - a.count).slice(0, EXAMPLES)
    for (const entry of batch) if (entry.newUrl === undefined) addReason(found.reasons, entry)
  }
  return found
}

const foundServices = ({ counts, urlCount }: Survey): string => {
  const services = Object.entries(counts) as (readonly [ServiceName, number])[]
  const listed = services.map(([name, count]) => `${grouped(count)} of ${SERVICES[name].title}`)
  return `${counted(urlCount, "URL")} read, ${listed.join(", ") || "none of a known service"}.`
}

const printText = async (survey: Survey): Promise<void> => {
  print(foundServices(survey))
  const { top, urlCount, reasons } = await digest(survey)
  const { sizes, waste } = survey.list
  if (sizes.length > 0) {
    const heading = bold(`${counted(sizes.length, "size")} for them`)
    print(`\n${heading}, with ${percentOf(waste, 1)} of the pixels sent wasted:`)
    printSizes(sizes)
  }
  if (urlCount > 0) print(`\n${bold("New URLs")} (${top.length} of ${grouped(urlCount)}; all of them with --json):`)
  for (const { url, newUrl = "" } of top) print(`  ${url} → ${newUrl}`)
  const sorted = [...reasons].toSorted(([, a], [, b]) => b.count - a.count)
  if (sorted.length > 0) print(`\n${bold("Without a new URL")}:`)
  for (const [reason, { count, urlCount: urls, example }] of sorted)
    print(`  ${counted(count, "request")} of ${counted(urls, "URL")}, like ${example}\n    ${reason}`)
}

const printLines = async ({ list, urlCount, counts, mapped }: Survey): Promise<void> => {
  printJson({
    urlCount,
    counts,
    waste: list.waste,
    sizes: list.sizes.map(({ input, count }) => ({ size: input, count })),
  })
  for await (const batch of mapped()) for (const entry of batch) printJson(entry)
}

/** @throws {bad-config} more than one form of output */
const formOf = ({ values }: Invocation): "json" | "nginx" | "config" | "text" => {
  const forms = (["json", "nginx", "config"] as const).filter((name) => values[name] === true)
  const [form = "text", other] = forms
  if (other) throw badConfig([`--${other}: not allowed with --${form}.`])
  return form
}

/** `imgtailor migrate`. */
export const migrate: Command = {
  description: "Find the sizes and new URLs for another service's URLs in a log, a sitemap or a list.",
  argument: new Argument(
    "<inputs...>",
    "Access logs, sitemaps, pages or files of URLs, also gzip; - is standard input.",
  ),
  options: OPTIONS,
  example: "imgtailor migrate access.log.gz --waste 20% --compat-origins shop.example.com=",
  run: async (invocation) => {
    const form = formOf(invocation)
    const options = optionsOf(invocation)
    const survey = await surveyUrls(
      invocation.operands.map((input) => read(input)),
      options,
    )
    try {
      if (form === "json") await printLines(survey)
      else if (form === "nginx") for await (const text of redirectMap(survey)) process.stdout.write(text)
      else if (form === "config") process.stdout.write(configText(survey, options))
      else await printText(survey)
    } finally {
      await survey.close()
    }
  },
}
