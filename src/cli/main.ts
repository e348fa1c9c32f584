#!/usr/bin/env node
/** Responsible for the process of `imgtailor <command>`: the table of commands, and exit codes. */
import { readFileSync } from "node:fs"
import { stripVTControlCharacters } from "node:util"

import { codeOf, TailorError } from "../errors.ts"
import type { Command } from "./command.ts"
import { exitOnBrokenPipe, printMessage } from "./output.ts"
import { type PackageInfo, runProgram } from "./program.ts"

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./commands/serve.ts")).serve,
  warm: async () => (await import("./commands/warm.ts")).warm,
  prune: async () => (await import("./commands/prune.ts")).prune,
  purge: async () => (await import("./commands/purge.ts")).purge,
  info: async () => (await import("./commands/info.ts")).info,
  explain: async () => (await import("./commands/explain.ts")).explain,
  migrate: async () => (await import("./commands/migrate.ts")).migrate,
  nginx: async () => (await import("./commands/nginx.ts")).nginx,
  types: async () => (await import("./commands/types.ts")).types,
  deploy: async () => (await import("./commands/deploy.ts")).deploy,
  template: async () => (await import("./commands/template.ts")).template,
  policies: async () => (await import("./commands/policies.ts")).policies,
  package: async () => (await import("./commands/package.ts")).packageFunction,
  sizes: async () => (await import("./commands/sizes.ts")).sizes,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  edge: async () => (await import("./commands/edge.ts")).edge,
}

/** Reports an error. @returns the exit code: 2 where the command line or the configuration is wrong */
const report = (error: unknown): number => {
  const isOurs = error instanceof TailorError
  const text = error instanceof Error ? (isOurs ? error.message : (error.stack ?? error.message)) : String(error)
  printMessage(stripVTControlCharacters(text))
  return isOurs && ["bad-config", "bad-url"].includes(codeOf(error) ?? "") ? 2 : 1
}

const packageInfo = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as PackageInfo

exitOnBrokenPipe()
try {
  process.exitCode = await runProgram(process.argv.slice(2), COMMANDS, packageInfo)
} catch (error) {
  // Unlike the end of the module, this also ends a process with connections or timers that the failed command left open.
  process.exit(report(error))
}
