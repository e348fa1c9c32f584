/** Responsible for `imgtailor serve` as a separate process, which can be killed at any moment. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, rmdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

import { onTestFinished } from "vitest"

import { temporaryFolder } from "./folders.ts"

const PROJECT = fileURLToPath(new URL("../..", import.meta.url))
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url))
/** URL of the built entry point, for programs that import the package. */
export const BUILT: string = new URL("../../dist/index.js", import.meta.url).href
const LOCK = fileURLToPath(new URL("../../node_modules/.imgtailor-build", import.meta.url))

/** Builds the package where it has not been built: once, however many test files need it at the same time. */
export const ensureBuilt = async (): Promise<void> => {
  while (!existsSync(MAIN)) {
    try {
      mkdirSync(LOCK)
    } catch {
      await sleep(200)
      continue
    }
    try {
      if (!existsSync(MAIN)) execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: PROJECT })
    } finally {
      rmdirSync(LOCK)
    }
  }
}

/** A running server process. */
export interface ServeProcess {
  readonly pid: number
  readonly port: number
  /** Sends a signal, by default SIGKILL. Resolves when the process has ended. */
  readonly end: (signal?: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Sends a signal. */
  readonly kill: (signal: NodeJS.Signals) => void
  /** Standard error so far. Empty where it goes elsewhere. */
  readonly log: () => string
}

/** Options of {@link startProcess}. */
export interface ProcessOptions {
  /** File descriptor for standard error. @default a pipe that this process reads */
  readonly stderr?: number
  /** Program that starts the server with its command line as arguments. @default none */
  readonly wrapper?: readonly string[]
}

/** Reads the JSON object that `--json` prints once the server listens. */
const readIntroduction = async (child: ChildProcess, log: () => string): Promise<{ readonly url: string }> => {
  let text = ""
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    try {
      return JSON.parse(text) as { url: string }
    } catch {
      // Incomplete.
    }
  }
  throw new Error(`Expected imgtailor to listen, but it ended: ${log()}`)
}

/** Starts `imgtailor serve` on a free port. It is killed at the end of the test at the latest. */
export const startProcessWith = async (
  { stderr, wrapper = [] }: ProcessOptions,
  folder: string,
  ...args: readonly string[]
): Promise<ServeProcess> => {
  await ensureBuilt()
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("IMGTAILOR_"))
  const command = [process.execPath, MAIN, "serve", folder, "--port", "0", "--json", ...args]
  const [program = "", ...rest] = [...wrapper, ...command]
  const child = spawn(program, rest, {
    // A folder without a configuration file.
    cwd: await temporaryFolder(),
    env: Object.fromEntries(environment),
    stdio: ["ignore", "pipe", stderr ?? "pipe"],
  })
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.once("exit", (code, signal) => done({ code, signal })),
  )
  let log = ""
  child.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()))
  const end = async (signal: NodeJS.Signals = "SIGKILL"): ReturnType<ServeProcess["end"]> => {
    child.kill(signal)
    return ended
  }
  onTestFinished(async () => void (await end()))
  const { url } = await readIntroduction(child, () => log)
  child.stdout?.resume()
  return {
    pid: child.pid ?? 0,
    port: Number(new URL(url).port),
    end,
    kill: (signal) => void child.kill(signal),
    log: () => log,
  }
}

/** {@link startProcessWith} without options. */
export const startProcess = (folder: string, ...args: readonly string[]): Promise<ServeProcess> =>
  startProcessWith({}, folder, ...args)
