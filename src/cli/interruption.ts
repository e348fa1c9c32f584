/** Responsible for Ctrl-C in long commands: they stop between two pieces of work, and print the command that continues. */
import { setMaxListeners } from "node:events"

/** The exit code that shells report for a process ended by SIGINT: 128 and the signal's number. */
export const INTERRUPTED = 130

/** A signal that SIGINT aborts. A second SIGINT ends the process. */
export const onInterrupt = (): AbortSignal => {
  const controller = new AbortController()
  // Every wait of every render listens to it.
  setMaxListeners(0, controller.signal)
  process.once("SIGINT", () => controller.abort())
  return controller.signal
}

const quote = (text: string): string =>
  /^[\w./,=:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

/**
 * The command line of this process, continued after a key.
 * @param args arguments of the process, without those of Node
 */
export const resumeCommand = (after: string, args: readonly string[] = process.argv.slice(2)): string => {
  const given = args.findIndex((arg) => arg === "--after")
  const others = args.filter(
    (arg, at) => !arg.startsWith("--after=") && (given < 0 || (at !== given && at !== given + 1)),
  )
  const [command = "", ...rest] = others
  return ["imgtailor", command, "--after", after, ...rest].map(quote).join(" ")
}
