/** Programs that tests start: the built command line as a stranger's shell would start it, and whatever else has to run beside it. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { onTestFinished } from "vitest"

/** Root of the package. */
export const PACKAGE: string = fileURLToPath(new URL("../..", import.meta.url))

const MAIN = join(PACKAGE, "dist", "cli", "main.js")

export interface LaunchOptions {
  readonly cwd: string
  /** Beside a bare `PATH` and a home in the working directory: nothing of the environment that the tests run in gets through. */
  readonly env?: Readonly<Record<string, string>>
}

/** A running program. */
export interface Running {
  readonly pid: number
  /** What it has written to standard output so far. */
  readonly stdout: () => string
  /** What it has written to standard error so far. */
  readonly stderr: () => string
  /** The first match in what it writes to either; rejects, with all of it, where the program ends before. */
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

/** Collects a stream's text, and tells of every piece. */
const collect = (stream: ChildProcess["stdout"], onText: () => void): (() => string) => {
  let text = ""
  stream?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece
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
  })
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve(code ?? signal ?? 0))
  })
  // Whoever waits hears of a failure; nobody need wait.
  ended.catch(() => {})
  const listeners = new Set<() => void>()
  const tell = (): void => listeners.forEach((listener) => listener())
  const stdout = collect(child.stdout, tell)
  const stderr = collect(child.stderr, tell)

  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout()) ?? pattern.exec(stderr())
        if (match) resolve(match)
      }
      listeners.add(look)
      look()
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

/** Starts `imgtailor` as built. */
export const launchCommand = (args: readonly string[], options: LaunchOptions): Running => {
  if (!existsSync(MAIN)) throw new Error(`Expected the built command at ${MAIN}. Build it first: npm run build`)
  return launch(process.execPath, [MAIN, ...args], options)
}

/** `imgtailor` run to its end. */
export interface Outcome {
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

export const runCommand = async (args: readonly string[], options: LaunchOptions): Promise<Outcome> => {
  const running = launchCommand(args, options)
  return { code: await running.ended, stdout: running.stdout(), stderr: running.stderr() }
}

/** What `serve --json` says when it listens. */
export interface Introduction {
  readonly url: string
  readonly addresses: readonly string[]
  readonly img?: string
  readonly originals: string
  readonly renditions: string
}

/** A running `serve` on a free port, and what it said of itself. */
export const launchServe = async (args: readonly string[], options: LaunchOptions): Promise<Running & Introduction> => {
  const running = launchCommand(["serve", ...args, "--port", "0", "--json"], options)
  const [line] = await running.until(/^\{"url".*\}$/m)
  return { ...running, ...(JSON.parse(line) as Introduction) }
}
