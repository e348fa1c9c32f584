/** `imgtailor serve` as a process of its own, that can be killed at any moment. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, rmdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

import { onTestFinished } from "vitest"

import { temporaryFolder } from "./folders.ts"

const PROJECT = fileURLToPath(new URL("../..", import.meta.url))
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url))
/** What was built of the package, to be imported. */
export const BUILT: string = new URL("../../dist/index.js", import.meta.url).href
const LOCK = fileURLToPath(new URL("../../node_modules/.imgtailor-build", import.meta.url))

/** Makes what is run, where it is not there: once, however many test files want it at one time. */
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

export interface ServeProcess {
  readonly pid: number
  readonly port: number
  /** Ends it, by default as hard as can be; resolves when it is gone. */
  readonly end: (signal?: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** What it has said on standard error until now. */
  readonly log: () => string
}

/** The JSON object that `--json` prints once the server listens. */
const readIntroduction = async (child: ChildProcess, log: () => string): Promise<{ readonly url: string }> => {
  let text = ""
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    try {
      return JSON.parse(text) as { url: string }
    } catch {
      // Not all of it yet.
    }
  }
  throw new Error(`Expected imgtailor to listen, but it ended: ${log()}`)
}

/** Starts `imgtailor serve` on a free port; killed at the end of the test at the latest. */
export const startProcess = async (folder: string, ...args: readonly string[]): Promise<ServeProcess> => {
  await ensureBuilt()
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("IMGTAILOR_"))
  const child = spawn(process.execPath, [MAIN, "serve", folder, "--port", "0", "--json", ...args], {
    // A folder without a configuration file.
    cwd: await temporaryFolder(),
    env: Object.fromEntries(environment),
    stdio: ["ignore", "pipe", "pipe"],
  })
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.once("exit", (code, signal) => done({ code, signal })),
  )
  let said = ""
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
  const end = async (signal: NodeJS.Signals = "SIGKILL"): ReturnType<ServeProcess["end"]> => {
    child.kill(signal)
    return ended
  }
  onTestFinished(async () => void (await end()))
  const { url } = await readIntroduction(child, () => said)
  child.stdout.resume()
  return { pid: child.pid ?? 0, port: Number(new URL(url).port), end, log: () => said }
}
