/** Responsible for the command line: options, help and messages of all commands, by commander. */
import { stripVTControlCharacters } from "node:util"

import { Command as Program, CommanderError, Option } from "commander"

import { withoutCredentials } from "../config/describe-issue.ts"
import { parseBoolean } from "../config/parse-text.ts"
import { isSecretFlag } from "../config/setting.ts"
import { badConfig } from "../errors.ts"
import type { Command } from "./command.ts"
import { bold, printMessage } from "./output.ts"

/** Columns of the help where it is not printed to a terminal: `COLUMNS`, which shells set, else commander's own default. */
const helpWidth = (): number | undefined => process.stdout.columns ?? (Number(process.env["COLUMNS"]) || undefined)

const example = (text: string): string => `\n${bold("Example:")}\n  ${text}`

/** A program that throws instead of ending the process, and whose errors look like all others of imgtailor. */
const createProgram = (version: string, description: string): Program =>
  new Program("imgtailor")
    .description(description)
    .version(version, "-v, --version", "Print the version.")
    .helpOption("-h, --help", "Print this help.")
    .helpCommand("help [command]", "Print the help of a command.")
    .showHelpAfterError("Run imgtailor --help for the list of commands.")
    .addHelpText("after", example("imgtailor serve ./photos --sizes 360x270,480h,1280w"))
    .configureHelp({ styleTitle: bold, subcommandTerm: (command) => command.name() })
    .configureOutput({
      getOutHelpWidth: helpWidth as () => number,
      outputError: (text) => printMessage(stripVTControlCharacters(text.replace(/^error: /, "").trimEnd())),
    })
    .exitOverride()

/** What the last value of an option does, without secrets: notices are logged. */
const replacement = (option: Option, value: string, first: string): string => {
  if (isSecretFlag(option.name())) return "only the last value counts"
  const [shown, replaced] = [value, first].map((text) => JSON.stringify(withoutCredentials(text)))
  return `${shown} replaces ${replaced}`
}

/** A notice for each option with a value that was given more than once: only the last value counts. */
const noticeRepeats = (program: Program, option: Option, notices: string[]): void => {
  if (option.isBoolean()) return
  let first: string | undefined
  program.on(`option:${option.name()}`, (value: string) => {
    if (first !== undefined && first !== value)
      notices.push(`--${option.name()} was given more than once: ${replacement(option, value, first)}.`)
    first = value
  })
}

const addCommand = (program: Program, name: string, command: Command): void => {
  const notices: string[] = []
  const subcommand = program
    .command(name)
    .description(command.description)
    .showHelpAfterError(`Run imgtailor ${name} --help for usage.`)
    .addHelpText("after", example(command.example))
    .action(() => command.run({ values: subcommand.opts(), operands: subcommand.args, notices }))
  if (command.argument) subcommand.addArgument(command.argument)
  for (const option of command.options) {
    subcommand.addOption(option)
    if (option.isBoolean()) subcommand.addOption(new Option(`--no-${option.name()}`).hideHelp())
    noticeRepeats(subcommand, option, notices)
  }
}

/**
 * Writes `--watch=0` as `--no-watch`: commander rejects a value of a boolean option.
 * @throws {bad-config} for values that are neither true nor false
 */
const replaceBooleans = (argv: readonly string[], options: readonly Option[]): readonly string[] => {
  const names = new Set(options.filter((option) => option.isBoolean()).map((option) => option.name()))
  const problems: string[] = []
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length
  const replaced = argv.map((arg, at) => {
    const [, name = "", text = ""] = (at < end && /^--([a-z0-9-]+)=(.*)$/s.exec(arg)) || []
    if (!names.has(name)) return arg
    const value = parseBoolean(text)
    if (value === undefined) problems.push(`--${name}: Expected true or false, got ${JSON.stringify(text)}.`)
    return value === false ? `--no-${name}` : `--${name}`
  })
  if (problems.length > 0) throw badConfig(problems)
  return replaced
}

/** The parts of `package.json` that the program prints. */
export interface PackageInfo {
  readonly version: string
  readonly description: string
}

/** `help <command>` without `help` for an unknown command: commander would print the help of the program without the mistake. */
const withoutUnknownTopic = (
  argv: readonly string[],
  loaders: Readonly<Record<string, unknown>>,
): readonly string[] => {
  const [first, topic = "help"] = argv
  return first === "help" && topic !== "help" && !Object.hasOwn(loaders, topic) ? argv.slice(1) : argv
}

/**
 * Runs the command that the arguments name, or prints help or the version.
 * @param loaders commands by name; only the one that runs is loaded, all of them for help
 * @returns the exit code: 2 where the command line is wrong, after a message on standard error
 * @throws whatever the command throws
 */
export const runProgram = async (
  given: readonly string[],
  loaders: Readonly<Record<string, () => Promise<Command>>>,
  { version, description }: PackageInfo,
): Promise<number> => {
  const program = createProgram(version, description)
  const argv = withoutUnknownTopic(given, loaders)
  const [name = "--help"] = argv
  const isCommand = Object.hasOwn(loaders, name)
  const wanted = Object.entries(loaders).filter(([other]) => !isCommand || other === name)
  const commands = await Promise.all(wanted.map(async ([other, load]) => [other, await load()] as const))
  for (const [other, command] of commands) addCommand(program, other, command)
  const options = isCommand ? commands.flatMap(([, command]) => command.options) : []
  try {
    await program.parseAsync(argv.length === 0 ? [name] : replaceBooleans(argv, options), { from: "user" })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}
