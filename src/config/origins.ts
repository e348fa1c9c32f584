/** Responsible for the effective settings with their origins, for people: as texts, and as a configuration file. */
import { toSizeInput } from "../sizes/list.ts"
import { isSourceList } from "../store/sources.ts"
import { withoutCredentials } from "./describe-issue.ts"
import type { TailorConfig } from "./options.ts"
import { formatSetting } from "./parse-text.ts"
import { flagOf, SECRET_SETTINGS, type Setting, variableOf } from "./setting.ts"
import { SETTING_GROUPS, SETTINGS } from "./settings.ts"

/** Where the value of a setting comes from. */
export type Origin = "option" | "variable" | "file" | "default" | "demo"

/** Options of one source, not validated. */
export interface OptionSource {
  readonly origin: Exclude<Origin, "default">
  readonly options: Readonly<Record<string, unknown>>
}

/** A configuration, and what it was made from. */
export interface EffectiveConfig {
  readonly config: TailorConfig
  /** Path of the configuration file. */
  readonly file: string | undefined
  /** The first source with a value takes precedence. */
  readonly sources: readonly OptionSource[]
}

/** One setting in effect. */
export interface SettingInEffect {
  readonly name: string
  readonly value: string
  readonly origin: Origin
  readonly group: string
  readonly description: string
  readonly default: string
  readonly option: string
  readonly variable: string
}

const HIDDEN = "…"

const hasValue = (options: Readonly<Record<string, unknown>>, [first, second]: Setting["path"]): boolean => {
  const value = options[first]
  if (second === undefined || typeof value !== "object" || value === null) return value !== undefined
  return (value as Record<string, unknown>)[second] !== undefined
}

const originOf = ({ path }: Setting, sources: readonly OptionSource[]): Origin =>
  sources.find(({ options }) => hasValue(options, path))?.origin ?? "default"

const nameOf = (location: string | { readonly name: string }): string =>
  typeof location === "string" ? withoutCredentials(location) : `a store of type ${location.name}`

/** The value in effect, as an option has it. Undefined for one that is not set. */
const valueOf = ({ path: [first, second] }: Setting, config: TailorConfig): unknown => {
  const { grammar, settings, limits, s3, originals } = config
  const values: Readonly<Record<string, unknown>> = {
    ...config,
    ...s3,
    originals: isSourceList(originals)
      ? Object.fromEntries(originals.map(({ prefix, location }) => [prefix, nameOf(location)]))
      : nameOf(originals),
    renditions: nameOf(config.renditions),
    sizes: grammar.sizes.map(toSizeInput),
    formats: grammar.formats,
    sharedStore: grammar.sharedStore,
    quality: settings.quality,
    background: settings.background,
    missing: config.missing?.key,
    focalPoints: typeof config.focalPoints === "function" ? "a function" : config.focalPoints,
  }
  if (first === "limits") return limits[second as keyof typeof limits]
  if (first === "retired") return grammar.retired[second as keyof typeof grammar.retired]
  return values[first]
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === "" ||
  (typeof value === "object" && value !== null && Object.keys(value).length === 0)

const textOf = (setting: Setting, config: TailorConfig): string => {
  const value = valueOf(setting, config)
  if (isEmpty(value)) return ""
  return SECRET_SETTINGS.has(setting.path[0]) ? HIDDEN : formatSetting(setting, value)
}

/** Every setting in effect, in the order of the documentation. */
export const settingsInEffect = ({ config, sources }: EffectiveConfig): readonly SettingInEffect[] =>
  SETTING_GROUPS.flatMap(({ heading, settings }) =>
    settings.map((setting) => ({
      name: setting.path.join("."),
      value: textOf(setting, config),
      origin: originOf(setting, sources),
      group: heading,
      description: setting.description,
      default: setting.default,
      option: `--${flagOf(setting)}`,
      variable: variableOf(setting),
    })),
  )

const indented = (value: unknown): string => JSON.stringify(value, undefined, 2).replaceAll("\n", "\n  ")

/** `imgtailor.config.ts` with every setting that is not at its default. Secrets are named by their variables. */
export const configFileOf = ({ config, sources }: EffectiveConfig): string => {
  const given = SETTINGS.filter((setting) => originOf(setting, sources) !== "default")
  const isPublic = ({ path }: Setting): boolean => !SECRET_SETTINGS.has(path[0])
  const values: Record<string, unknown> = {}
  for (const setting of given.filter(isPublic)) {
    const [first, second] = setting.path
    const value = valueOf(setting, config)
    if (value === undefined) continue
    values[first] = second === undefined ? value : { ...(values[first] as object | undefined), [second]: value }
  }
  const lines = Object.entries(values).map(([name, value]) => `  ${name}: ${indented(value)},`)
  const secrets = given
    .filter((setting) => !isPublic(setting))
    .map((setting) => `  // ${setting.path[0]}: ${variableOf(setting)}`)
  const body = [...lines, ...secrets].join("\n")
  return `import { defineConfig } from "imgtailor"\n\nexport default defineConfig({\n${body}\n})\n`
}
