/** The functions as they are packaged, running; and S3's events, which sync is called with. */
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"

import { unzipSync } from "fflate"

import type { Identity } from "../support/versitygw.ts"
import type { Users } from "./buckets.ts"
import { type Emulator, eventOf, startEmulator } from "./function-url.ts"
import type { Listener, Parts } from "./processes.ts"

/** What versitygw says it is in. */
const REGION = "us-east-1"

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url))

/** Runs the built command. @returns what it printed */
export const imgtailor = ({ run }: Parts, args: readonly string[]): Promise<string> => {
  const main = join(PACKAGE, "dist", "cli", "main.js")
  if (!existsSync(main)) throw new Error(`Expected the built command at ${main}. Build it first: npm run build`)
  // npm, which it may run, has its cache there.
  const { npm_config_cache: cache, HOME: home } = process.env
  const env = { ...(home && { HOME: home }), ...(cache && { npm_config_cache: cache }) }
  return run(process.execPath, [main, ...args], { env })
}

/** Makes a function's zip for this machine, in a folder. */
export const packageInto = async (
  parts: Parts,
  mode: "direct" | "redirect" | "sync",
  folder: string,
): Promise<void> => {
  const arch = process.arch === "arm64" ? "arm64" : "x64"
  await imgtailor(parts, ["package", "--mode", mode, "--arch", arch, "--out", folder])
}

/** Makes a function's zip for this machine, and unpacks it. @returns where */
export const unpack = async (parts: Parts, mode: "direct" | "sync"): Promise<string> => {
  const { folder } = parts
  await packageInto(parts, mode, folder)
  const files = unzipSync(await readFile(join(folder, `imgtailor-${mode}.zip`)))
  const task = join(folder, mode)
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(task, name)), { recursive: true })
    await writeFile(join(task, name), bytes)
  }
  return task
}

export type Env = Readonly<Record<string, string>>

export interface FunctionsOptions {
  /** Where their zips were unpacked. */
  readonly folders: Readonly<Record<"direct" | "sync", string>>
  readonly users: Users
  /** The Node that runs them. */
  readonly node: string
  /** Their settings. */
  readonly env: Env
}

export interface Functions {
  readonly renderers: readonly Emulator[]
  readonly sync: Emulator
}

/** Two environments of the function that renders, and one of sync; each has answered once. */
export const startFunctions = async (parts: Parts, options: FunctionsOptions): Promise<Functions> => {
  const { folders, users, node, env } = options
  const start = (mode: "direct" | "sync", { accessKeyId, secretAccessKey }: Identity): Promise<Emulator> => {
    const own = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    return startEmulator(parts, { folder: folders[mode], node, env: { ...env, ...own } })
  }
  const [first, second, sync] = await Promise.all([
    start("direct", users.renderer),
    start("direct", users.renderer),
    start("sync", users.sync),
  ])
  await Promise.all([first.invoke(eventOf("/healthz")), second.invoke(eventOf("/healthz")), sync.invoke({})])
  return { renderers: [first, second], sync }
}

/** What sync did about an event. */
export interface SyncCall {
  readonly originals?: readonly string[]
  readonly deleted?: number
  readonly errorMessage?: string
}

export interface Notifier {
  readonly listener: Listener
  /** From now on events count. */
  readonly open: (sync: Emulator) => void
  readonly take: () => readonly SyncCall[]
}

/** Calls sync about every event at once, one after the other, and once more when whatever was being rendered then is stored. */
export const createNotifier = (secondPassMs: number): Notifier => {
  let done: SyncCall[] = []
  let sync: Emulator | undefined
  let last: Promise<unknown> = Promise.resolve()
  const call = (event: object): void => {
    last = last
      .then(() => sync?.invoke(event))
      .then((given) => void (given && done.push(JSON.parse(given.toString()) as SyncCall)))
      // Stopped meanwhile.
      .catch(() => {})
  }
  const listener: Listener = async (request, response) => {
    const event = JSON.parse(await text(request)) as object
    response.end()
    if (!sync) return
    call(event)
    void wait(secondPassMs, undefined, { ref: false }).then(() => call(event))
  }
  const take = (): readonly SyncCall[] => {
    const taken = done
    done = []
    return taken
  }
  return { listener, open: (emulator) => void (sync = emulator), take }
}
