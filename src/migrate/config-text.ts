/** Responsible for the configuration file that `imgtailor migrate --config` prints. */
import { formatSizeInput } from "../compat/choose-size.ts"
import { DEFAULT_FORMATS } from "../sizes/format.ts"
import { percentOf } from "../units.ts"
import type { Survey, SurveyOptions } from "./survey.ts"

const list = (texts: readonly string[]): string => texts.map((text) => `    ${text},\n`).join("")

const isDefault = (formats: readonly string[]): boolean => formats.join() === DEFAULT_FORMATS.join()

/** The text of `imgtailor.config.ts`. */
export const configText = (
  { list: { sizes, waste }, counts }: Survey,
  { origins, basePath, formats }: SurveyOptions,
): string => {
  const services = Object.keys(counts)
  const entries = [
    `  originals: "photos",\n`,
    `  // ${percentOf(waste, 1)} of the pixels sent were not requested.\n`,
    `  sizes: [\n${list(sizes.map(({ input }) => formatSizeInput(input)))}  ],\n`,
    ...(isDefault(formats) ? [] : [`  formats: ${JSON.stringify(formats)},\n`]),
    ...(basePath === "" ? [] : [`  basePath: ${JSON.stringify(basePath)},\n`]),
    `  compat: ${JSON.stringify(services)},\n`,
    ...(Object.keys(origins).length > 0 ? [`  compatOrigins: ${JSON.stringify(origins)},\n`] : []),
  ]
  return `import { defineConfig } from "imgtailor"\n\nexport default defineConfig({\n${entries.join("")}})\n`
}
