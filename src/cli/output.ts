/** Responsible for the output of commands: results on standard output, messages on standard error, colours only on a terminal. */

/** Whether standard output shows colours. */
export const isTerminal = (): boolean => process.stdout.isTTY && !process.env["NO_COLOR"]

const paint = (code: number, text: string): string => (isTerminal() ? `\x1b[${code}m${text}\x1b[0m` : text)

/** Text in bold on a terminal. */
export const bold = (text: string): string => paint(1, text)
/** Text in cyan on a terminal. */
export const cyan = (text: string): string => paint(36, text)
/** Dim text on a terminal. */
export const dim = (text: string): string => paint(2, text)

/** Prints one line of a result. */
export const print = (text = ""): void => void process.stdout.write(`${text}\n`)

/** Prints a value as one line of JSON. */
export const printJson = (value: unknown): void => print(JSON.stringify(value))

/** Prints a message for the user, such as an error, to standard error. */
export const printMessage = (text: string): void => void process.stderr.write(`imgtailor: ${text}\n`)

/** Prints one message per notice to standard error. */
export const printNotices = (notices: readonly string[]): void => notices.forEach(printMessage)

/** The exit code that shells report for a process ended by SIGPIPE: 128 and the signal's number. */
const BROKEN_PIPE = 141

/**
 * Ends the process silently once the reader of standard output is gone (`imgtailor warm | head -1`), like other programs in a pipe. Node
 * ignores SIGPIPE, which would do it.
 */
export const exitOnBrokenPipe = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error
    process.exit(BROKEN_PIPE)
  })
}

/** Lets the process run on once the reader of standard output is gone: a server does not end with `imgtailor serve | head -1`. */
export const keepWithoutReader = (): void => {
  process.stdout.removeAllListeners("error")
  process.stdout.on("error", () => {})
}
