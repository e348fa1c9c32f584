#!/usr/bin/env node
/** `imgtailor <command>`: one file a command, loaded only when it is the one. */
import { readFileSync } from "node:fs"
import { stripVTControlCharacters } from "node:util"

import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runCommand } from "citty"

import { didYouMean } from "../config/schema.ts"
import { codeOf, TailorError } from "../errors.ts"
import { readSwitches, type Values } from "./arguments.ts"
import { endWithReader, isTerminal, print } from "./output.ts"

/** What a file in commands/ says of itself. */
export interface Command {
  readonly description: string
  readonly args: ArgsDef
  /** Lines that show how it is used. */
  readonly examples: readonly string[]
  readonly run: (values: Values) => Promise<void>
}

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./commands/serve.ts")).serve,
  info: async () => (await import("./commands/info.ts")).info,
  purge: async () => (await import("./commands/purge.ts")).purge,
  template: async () => (await import("./commands/template.ts")).template,
  deploy: async () => (await import("./commands/deploy.ts")).deploy,
  warm: async () => (await import("./commands/warm.ts")).warm,
  package: async () => (await import("./commands/package.ts")).packageFunction,
  types: async () => (await import("./commands/types.ts")).types,
  edge: async () => (await import("./commands/edge.ts")).edge,
}

/** Ends the process with what whoever typed the command did wrong. */
const complain = (text: string): never => {
  process.stderr.write(`imgtailor: ${stripVTControlCharacters(text)}\n`)
  process.exit(2)
}

const fail = (error: unknown): never => {
  // citty's own: a positional argument that is missing, a word that is not one of a few.
  if (error instanceof Error && error.name === "CLIError")
    return complain(`${stripVTControlCharacters(error.message).replace(/\.$/, "")}. --help shows how.`)
  if (error instanceof TailorError) {
    // Whoever typed the command is who may know: the message has what an answer keeps to itself.
    process.stderr.write(`imgtailor: ${error.message}\n`)
    process.exit(codeOf(error) === "bad-config" || codeOf(error) === "bad-url" ? 2 : 1)
  }
  process.stderr.write(`imgtailor: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
}

const define = (name: string, { description, args, run }: Command): CommandDef =>
  defineCommand({ meta: { name, description }, args, run: ({ args: values }) => run(values) })

const { version, description } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string
  description: string
}

const main = defineCommand({
  meta: { name: "imgtailor", version, description },
  subCommands: Object.fromEntries(
    Object.entries(COMMANDS).map(([name, load]) => [name, async () => define(name, await load())]),
  ),
})

const EXAMPLES = ["imgtailor serve ./photos --sizes 360x270,480h,1280w", "imgtailor serve --demo"]

/** citty colours its text whoever reads it, and pads its lines. */
const printUsage = async (usage: Promise<string>, examples: readonly string[]): Promise<void> => {
  const text = isTerminal() ? await usage : stripVTControlCharacters(await usage)
  const lines = [...text.trimEnd().split("\n"), "", "EXAMPLES", "", ...examples.map((example) => `  ${example}`), ""]
  print(lines.map((line) => line.trimEnd()).join("\n"))
}

const runNamed = async (name: string, rawArgs: string[]): Promise<void> => {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    const meant = didYouMean(name, Object.keys(COMMANDS))
    return complain(`There is no command ${name}. ${meant ? `Did you mean ${meant}?` : "--help lists them."}`)
  }
  const command = await load()
  const defined = define(name, command)
  if (rawArgs.some((arg) => arg === "--help" || arg === "-h"))
    return printUsage(renderUsage(defined, main), command.examples)
  try {
    await runCommand(defined, { rawArgs: readSwitches(rawArgs, command.args) })
  } catch (error) {
    fail(error)
  }
}

endWithReader()

const [name = "--help", ...rawArgs] = process.argv.slice(2)
if (["--help", "-h", "help"].includes(name)) await printUsage(renderUsage(main), EXAMPLES)
else if (["--version", "-v"].includes(name)) print(version)
else await runNamed(name, rawArgs)
