#!/usr/bin/env node
/** `imgtailor <command>`: one file a command, loaded only when it is the one. */
import { readFileSync } from "node:fs"

import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runMain } from "citty"

import { codeOf, TailorError } from "../errors.ts"
import type { Values } from "./arguments.ts"

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
}

const fail = (error: unknown): never => {
  if (error instanceof TailorError) {
    process.stderr.write(`imgtailor: ${error.detail}${error.hint ? ` ${error.hint}` : ""}\n`)
    process.exit(codeOf(error) === "bad-config" || codeOf(error) === "bad-address" ? 2 : 1)
  }
  process.stderr.write(`imgtailor: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
}

const define = (name: string, { description, args, run }: Command): CommandDef =>
  defineCommand({ meta: { name, description }, args, run: ({ args: values }) => run(values).catch(fail) })

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

await runMain(main, {
  showUsage: async (command, parent) => {
    const meta = typeof command.meta === "function" ? await command.meta() : await command.meta
    const load = meta?.name === undefined ? undefined : COMMANDS[meta.name]
    const examples = load ? (await load()).examples : EXAMPLES
    process.stdout.write(
      `${await renderUsage(command, parent)}\nEXAMPLES\n\n${examples.map((example) => `  ${example}\n`).join("")}\n`,
    )
  },
})
