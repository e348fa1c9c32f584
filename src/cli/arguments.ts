/** Command-line arguments of every command, made from the table of settings. What is not known is refused, with what was meant. */
import type { ArgsDef } from "citty"

import { load, type Loaded, loadFile, mergeOptions } from "../config/load.ts"
import { optionsFrom, parseSwitch } from "../config/parse-text.ts"
import { didYouMean } from "../config/schema.ts"
import { flagOf, type Setting, SETTINGS } from "../config/settings.ts"
import { badUrl, badConfig, type TailorError } from "../errors.ts"

const plain = (markdown: string): string => markdown.replaceAll("`", "")

/** Flags for some of the settings, and `--config`. */
export const settingArguments = (wanted: (setting: Setting) => boolean = () => true): ArgsDef => ({
  config: {
    type: "string",
    valueHint: "file",
    description: "Configuration file. Default: imgtailor.config.{ts,js,mjs,json} in the working directory.",
  },
  ...Object.fromEntries(
    SETTINGS.filter(wanted).map((setting) => [
      flagOf(setting),
      {
        type: setting.kind === "switch" ? "boolean" : "string",
        ...(setting.hint && { valueHint: setting.hint }),
        description: `${plain(setting.description)} Default: ${plain(setting.default)}.`,
      } as const,
    ]),
  ),
})

/** For commands that need the list alone: the places that a configuration file names may be those of another machine. */
export const NO_PLACES: Readonly<Record<string, unknown>> = {
  originals: "s3://originals",
  renditions: "s3://renditions",
  s3Region: "us-east-1",
  watch: false,
}

/** `--json`, for commands whose output a machine may read. */
export const JSON_ARGUMENT: ArgsDef = { json: { type: "boolean", description: "Print JSON." } }

/** Arguments by name, as citty gives them. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** @throws {bad-config} flags that the command does not have, and arguments too many */
export const refuseUnknown = (values: Values, definition: ArgsDef): void => {
  const flags = Object.keys(definition).filter((name) => definition[name]?.type !== "positional")
  const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const known = new Set(["_", ...Object.keys(definition), ...flags.map(camel)])
  const problems = Object.keys(values)
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = didYouMean(name, flags)
      return `--${name}: there is no such option.${meant ? ` Did you mean --${meant}?` : " --help lists them."}`
    })
  const extra = [values["_"] ?? []]
    .flat()
    .slice(Object.values(definition).filter(({ type }) => type === "positional").length)
  // An unknown flag's value looks like one argument too many.
  if (extra.length > 0 && problems.length === 0) problems.push(`${extra.join(" ")}: Expected no further arguments.`)
  if (problems.length > 0) throw badConfig(problems)
}

/**
 * A command line with its switches alone (`--watch`, `--no-watch`) where they had a value: citty takes every one but `false` for true.
 * @throws {bad-config} values that are no answer
 */
export const readSwitches = (rawArgs: readonly string[], definition: ArgsDef): string[] => {
  const problems: string[] = []
  const end = rawArgs.includes("--") ? rawArgs.indexOf("--") : rawArgs.length
  const read = rawArgs.map((arg, at) => {
    const [, given = "", text = ""] = (at < end && /^--([A-Za-z-]+)=(.*)$/s.exec(arg)) || []
    const name = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (definition[name]?.type !== "boolean") return arg
    const value = parseSwitch(text)
    if (value === undefined) problems.push(`--${name}: Expected true or false, got ${JSON.stringify(text)}.`)
    return value === false ? `--no-${name}` : `--${name}`
  })
  if (problems.length > 0) throw badConfig(problems)
  return read
}

/** For a text that is no original's key. @param what would have been right */
export const notAnOriginal = (text: string, what: string): TailorError => {
  const [, key] = /^\/+(.+)$/.exec(text) ?? []
  return badUrl(
    `Expected ${what}, got ${JSON.stringify(text)}.`,
    key === undefined ? undefined : `Without a slash at the start: ${key}`,
  )
}

const textOf = (values: Values, setting: Setting): string | undefined => {
  const value = values[flagOf(setting)]
  return value === undefined ? undefined : String(value)
}

const configFileOf = (values: Values): string | undefined =>
  values["config"] === undefined ? undefined : String(values["config"])

/**
 * The configuration that a command's arguments, the environment and the file give together.
 * @param given settings from elsewhere on the command line, such as its first argument
 */
export const loadFromArguments = async (
  values: Values,
  definition: ArgsDef,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Loaded> => {
  refuseUnknown(values, definition)
  const args = { ...optionsFrom((setting) => textOf(values, setting)), ...given }
  return load({ cwd: process.cwd(), env: process.env, args, configFile: configFileOf(values) })
}

/** The options that a command's arguments and the file give together, unchecked: for use on another machine than this one. */
export const optionsFromArguments = async (values: Values, definition: ArgsDef): Promise<Record<string, unknown>> => {
  refuseUnknown(values, definition)
  const { options } = await loadFile(process.cwd(), configFileOf(values))
  return mergeOptions(
    optionsFrom((setting) => textOf(values, setting)),
    options,
  )
}
