/** Responsible for the output of `imgtailor sizes suggest`: a list for the requests of logs, and for pages. */
import type { TailorConfig } from "../config/options.ts"
import { resolveConfig } from "../config/resolve.ts"
import { badUrl } from "../errors.ts"
import type { OwnReader } from "../redesign/own-requests.ts"
import { createSuggestions, type Suggestions } from "../redesign/suggest.ts"
import { counted, percentOf } from "../units.ts"
import type { Invocation } from "./command.ts"
import { NO_LOCATIONS, settingsFromOptions } from "./options.ts"
import { bold, print, printJson } from "./output.ts"
import { printSizes } from "./print-sizes.ts"

/** Options of {@link printSuggestion}. */
export interface SuggestOptions {
  readonly isJson: boolean
  /** Access logs, and pages: files that end in .html, and URLs. */
  readonly inputs: readonly string[]
  /** Share of the pixels sent that may be wasted. */
  readonly waste: number
  readonly most: number | undefined
  readonly readLogs: OwnReader
}

/** The present list, if one is configured. */
const presentList = async (invocation: Invocation): Promise<TailorConfig> => {
  const settings = await settingsFromOptions(invocation, process.env)
  const environment = { directory: process.cwd(), threads: 4, readsAssets: false }
  const sizes = settings["sizes"] ?? ["1w"]
  return resolveConfig({ ...settings, ...NO_LOCATIONS, sizes }, environment)
}

const isPage = (input: string): boolean => /^https?:\/\/|\.html?$/i.test(input)

/** Widths at which pages display images. @throws {bad-config} without Chromium */
const addPages = async (pages: readonly string[], suggestions: Suggestions): Promise<void> => {
  if (pages.length === 0) return
  const { measurePages } = await import("../doctor/measure-pages.ts")
  for (const page of await measurePages(pages, process.env))
    for (const { displays } of page.images)
      for (const { width, dpr } of displays) if (width > 0) suggestions.addDisplayed(Math.ceil(width * dpr))
}

/** Prints a list. @throws {bad-url} there are no requests */
export const printSuggestion = async (invocation: Invocation, options: SuggestOptions): Promise<void> => {
  const { grammar, basePath } = await presentList(invocation)
  const suggestions = createSuggestions(grammar.sizes)
  const { inputs, waste, most, isJson } = options
  await options.readLogs(
    inputs.filter((input) => !isPage(input)),
    basePath,
    suggestions.add,
  )
  await addPages(inputs.filter(isPage), suggestions)
  if (suggestions.count() === 0)
    throw badUrl(
      "No requests for images were found.",
      "Expected URLs like /shop/640w/photo.jpg; set --base-path if there is one.",
    )
  const list = suggestions.suggest(waste, most)
  if (isJson) {
    const sizes = list.sizes.map(({ input, count }) => ({ size: input, count }))
    return printJson({ requests: suggestions.count(), waste: list.waste, sizes })
  }
  const heading = bold(counted(list.sizes.length, "size"))
  print(
    `${counted(suggestions.count(), "request")}. ${heading}, with ${percentOf(list.waste, 1)} of the pixels sent wasted:`,
  )
  printSizes(list.sizes)
}
