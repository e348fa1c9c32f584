/** Responsible for the shape of a command. Each file in commands/ exports one. */
import type { Argument, Option } from "commander"

/** Values of options by their camel-case names: `--base-path` is `basePath`. Options that were not given are absent. */
export type Values = Readonly<Record<string, string | boolean | undefined>>

/** A command line, parsed. */
export interface Invocation {
  readonly values: Values
  /** Arguments that are not options. */
  readonly operands: readonly string[]
  /** Sentences about the command line that are worth reporting although it is valid. */
  readonly notices: readonly string[]
}

/** One command of `imgtailor`. */
export interface Command {
  readonly description: string
  readonly argument?: Argument
  readonly options: readonly Option[]
  /** A command line for `--help`. */
  readonly example: string
  readonly run: (invocation: Invocation) => Promise<void>
}
