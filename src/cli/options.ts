/** Responsible for the options of commands, made from the table of settings, and for the configuration that they give. */
import { dirname } from "node:path"

import { Option } from "commander"

import { loadFile } from "../config/config-file.ts"
import { load, mergeOptions, resolveFolders } from "../config/load.ts"
import type { TailorConfig } from "../config/options.ts"
import type { EffectiveConfig } from "../config/origins.ts"
import { optionsFrom } from "../config/parse-text.ts"
import { flagOf, type Setting, type SettingGroup } from "../config/setting.ts"
import { SETTING_GROUPS } from "../config/settings.ts"
import { optionsFromVariables } from "../config/variables.ts"
import { badConfig, badUrl, type TailorError } from "../errors.ts"
import type { Invocation, Values } from "./command.ts"
import { printNotices } from "./output.ts"

const plain = (markdown: string): string => markdown.replaceAll("`", "")

/** Defaults that users expect anyway. */
const PLAIN_DEFAULTS: ReadonlySet<string> = new Set(["none", "false"])

/** The command-line option of a setting. */
export const toOption = (setting: Setting): Option => {
  const value = setting.kind === "boolean" ? "" : ` <${setting.hint ?? setting.kind}>`
  const fallback = plain(setting.default)
  const note = PLAIN_DEFAULTS.has(fallback) ? "" : ` (default: ${fallback})`
  return new Option(`--${flagOf(setting)}${value}`, `${plain(setting.description)}${note}`)
}

/**
 * Options for settings, `--config`, and those of the command itself; common ones first, limits last.
 * @param isWanted whether a command has the setting of this name
 */
export const settingOptions = (isWanted: (name: string) => boolean, own: readonly Option[] = []): readonly Option[] => {
  const optionsOf = ({ heading, settings }: SettingGroup): readonly Option[] =>
    settings.filter(({ path: [name] }) => isWanted(name)).map((setting) => toOption(setting).helpGroup(`${heading}:`))
  const [common = [], ...others] = SETTING_GROUPS.map(optionsOf)
  const description = "Configuration file. (default: imgtailor.config.{ts,js,mjs,json} in this folder)"
  return [...common, new Option("--config <file>", description), ...own, ...others.flat()]
}

/** For commands that need only the size list: the locations in a configuration file can be those of another machine. */
export const NO_LOCATIONS: Values = {
  originals: "s3://originals",
  renditions: "s3://renditions",
  s3Region: "us-east-1",
  watch: false,
}

/** `--json`, for commands with output for programs. */
export const JSON_OPTION: Option = new Option("--json", "Print JSON.")

/** The error for an argument that is not the key of an original. @param expected description of a valid argument */
export const notAnOriginal = (text: string, expected: string): TailorError => {
  const [, key] = /^\/+(.+)$/.exec(text) ?? []
  return badUrl(
    `Expected ${expected}, got ${JSON.stringify(text)}.`,
    key === undefined ? undefined : `Without the leading slash: ${key}`,
  )
}

const camelCase = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** An option's value as text; undefined where the option was not given. */
export const textOf = (values: Values, name: string): string | undefined => values[name]?.toString()

/**
 * The share that an option's percentage means: 0.2 for `20%` or `20`.
 * @param fallback percentage where the option was not given
 * @throws {bad-config} no percentage below 100
 */
export const shareOf = (values: Values, name: string, fallback: string): number => {
  const text = textOf(values, name) ?? fallback
  const number = /^(\d{1,2}(?:\.\d+)?)%?$/.exec(text)?.[1]
  if (number === undefined) throw badConfig([`--${name}: Expected a percentage from 0% to below 100%, got ${text}.`])
  return Number(number) / 100
}

/** Settings of the command line alone, not validated. */
export const settingsOf = (values: Values): Record<string, unknown> =>
  optionsFrom((setting) => textOf(values, camelCase(flagOf(setting))))

/**
 * The configuration from the command line, the environment and the configuration file, with the origin of each setting.
 * @param overrides settings from elsewhere on the command line, such as the first argument
 * @throws {bad-config} with every mistake
 */
export const loadWithOrigins = async (
  { values, notices }: Invocation,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<EffectiveConfig> => {
  const given = settingsOf(values)
  const args = { ...given, ...overrides }
  const configFile = textOf(values, "config")
  const loaded = await load({ cwd: process.cwd(), env: process.env, args, configFile, notices })
  if (values["demo"] !== true) return loaded
  const others = loaded.sources.filter(({ origin }) => origin !== "option")
  return {
    ...loaded,
    sources: [{ origin: "option", options: given }, { origin: "demo", options: overrides }, ...others],
  }
}

/** The configuration of {@link loadWithOrigins}. */
export const loadFromOptions = async (
  invocation: Invocation,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<TailorConfig> => (await loadWithOrigins(invocation, overrides)).config

/**
 * Settings from the command line and the configuration file, not validated: for use on another machine.
 * @param env environment variables that take precedence over the file, for use on this machine. @default none
 */
export const settingsFromOptions = async (
  { values, notices }: Invocation,
  env: NodeJS.ProcessEnv = {},
): Promise<Record<string, unknown>> => {
  const { file, options, notices: fileNotices } = await loadFile(process.cwd(), textOf(values, "config"))
  printNotices([...notices, ...fileNotices])
  const given = resolveFolders(mergeOptions(settingsOf(values), optionsFromVariables(env)), process.cwd())
  return mergeOptions(given, file === undefined ? options : resolveFolders(options, dirname(file)))
}
