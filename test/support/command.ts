/** Starts programs for tests: the built command line, as a shell would start it, and other programs. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { onTestFinished } from "vitest"

/** Root of the package. */
export const PACKAGE: string = fileURLToPath(new URL("../..", import.meta.url))

const MAIN = join(PACKAGE, "dist", "cli", "main.js")

/** Options for starting a program. */
export interface LaunchOptions {
  readonly cwd: string
  /** Added to `PATH` and a home in the working directory. Nothing else of the tests' own environment is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** User that runs the program, for tests that run as root. */
  readonly uid?: number
}

/** A running program. */
export interface Running {
  readonly pid: number
  /** Standard output so far. */
  readonly stdout: () => string
  /** Standard error so far. */
  readonly stderr: () => string
  /** Waits for the first match in either output. Rejects with both outputs if the program ends first. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Sends a signal and waits for the end. @returns the exit code, or the signal that killed it */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | NodeJS.Signals>
  readonly ended: Promise<number | NodeJS.Signals>
}

const environment = ({ cwd, env }: LaunchOptions): Record<string, string> => ({
  PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
  HOME: cwd,
  ...env,
})

/** Collects the text of a stream. @param onText called after each chunk */
const collect = (stream: ChildProcess["stdout"], onText: () => void): (() => string) => {
  let text = ""
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
    onText()
  })
  return () => text
}

/** Starts a program; killed at the end of the test, if it still runs then. */
export const launch = (command: string, args: readonly string[], options: LaunchOptions): Running => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: environment(options),
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  })
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve(code ?? signal ?? 0))
  })
  // Tests that wait get the error; others need not handle it.
  ended.catch(() => {})
  const listeners = new Set<() => void>()
  const notify = (): void => listeners.forEach((listener) => listener())
  const stdout = collect(child.stdout, notify)
  const stderr = collect(child.stderr, notify)

  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(stdout()) ?? pattern.exec(stderr())
        if (match) resolve(match)
      }
      listeners.add(check)
      check()
      const fail = (how: unknown): void =>
        reject(new Error(`${command} ended (${String(how)}) without ${pattern}:\n${stdout()}${stderr()}`))
      ended.then(fail, fail)
    })

  const end = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> => {
    child.kill(signal)
    return ended
  }
  onTestFinished(async () => {
    child.kill("SIGKILL")
    await ended.catch(() => {})
  })
  return { pid: child.pid ?? 0, stdout, stderr, until, end, ended }
}

/** Starts the built `imgtailor`. */
export const launchCommand = (args: readonly string[], options: LaunchOptions): Running => {
  if (!existsSync(MAIN)) throw new Error(`Expected the built command at ${MAIN}. Build it first: npm run build`)
  return launch(process.execPath, [MAIN, ...args], options)
}

/** The result of a run of `imgtailor`. */
export interface Outcome {
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

/** Runs `imgtailor` to its end. */
export const runCommand = async (args: readonly string[], options: LaunchOptions): Promise<Outcome> => {
  const running = launchCommand(args, options)
  return { code: await running.ended, stdout: running.stdout(), stderr: running.stderr() }
}

/** The JSON of `serve --json`. */
export interface Introduction {
  readonly url: string
  readonly urls: readonly string[]
  readonly img?: string
  readonly originals: string
  readonly renditions: string
}

/** Starts `serve` on a free port, and returns its introduction. */
export const launchServe = async (args: readonly string[], options: LaunchOptions): Promise<Running & Introduction> => {
  const running = launchCommand(["serve", ...args, "--port", "0", "--json"], options)
  const [line] = await running.until(/^\{"url".*\}$/m)
  return { ...running, ...(JSON.parse(line) as Introduction) }
}
