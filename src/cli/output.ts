/** What commands print: results on standard output, colours only on a terminal. */

/** Whether colours are wanted. */
export const isTerminal = (): boolean => process.stdout.isTTY && !process.env["NO_COLOR"]

const paint = (code: number, text: string): string => (isTerminal() ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = (text: string): string => paint(1, text)
export const cyan = (text: string): string => paint(36, text)
export const dim = (text: string): string => paint(2, text)

export const print = (text = ""): void => void process.stdout.write(`${text}\n`)

/** As the shell counts it when a signal ends a program: 128 and SIGPIPE's number. */
const BROKEN_PIPE = 141

/**
 * Ends the command without a word once nobody reads its results any more (`imgtailor warm | head -1`), as other programs of a pipe do.
 * Node ignores the signal that would do it.
 */
export const endWithReader = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error
    process.exit(BROKEN_PIPE)
  })
}

export const printJson = (value: unknown): void => print(JSON.stringify(value))
