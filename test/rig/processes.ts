/**
 * What a rig is made of: programs, servers within this process, and one temporary folder. All of it ends at once, however far the rig had
 * got: within two seconds no process that any of the programs started is left, and no file.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { promisify } from "node:util"

const execute = promisify(execFile)

/** Whatever runs and can be ended. */
interface Stoppable {
  readonly stop: () => Promise<void>
  /** Where it is a program. */
  readonly pid?: number
}

/** A running program. */
export interface Program extends Stoppable {
  readonly pid: number
  /** The last of what it said, on either stream. */
  readonly log: () => string
}

interface Environment {
  /** @default the rig's folder */
  readonly cwd?: string
  /** Beside `PATH`, and the rig's folder for home and temporary files: nothing else of this process' environment gets through. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ProgramOptions extends Environment {
  /** Whether it does what it is there for; asked again and again until it does. */
  readonly isUp: (program: Program) => boolean | Promise<boolean>
}

/** A server within this process. */
export interface Server extends Stoppable {
  /** Without a slash at its end. */
  readonly url: string
  readonly port: number
}

export type Listener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** With what a rig is put together. Once it is being stopped, everything here rejects. */
export interface Parts {
  /** Empty, and removed with all that is in it. */
  readonly folder: string
  /** Starts a program, and waits until it is up. @throws with what it said, where it ends before or is not up in 20 s */
  readonly start: (command: string, args: readonly string[], options: ProgramOptions) => Promise<Program>
  /** Runs a program to its end. @returns what it said, the last of it; @throws with that, where it was no success */
  readonly run: (command: string, args: readonly string[], options?: Environment) => Promise<string>
  /** Starts a server on 127.0.0.1. What its listener throws is answered with 500. */
  readonly listen: (listener: Listener, port?: number) => Promise<Server>
  /** Anything else that has to be ended with the rig. */
  readonly use: <T extends Stoppable>(starting: Promise<T>) => Promise<T>
}

/** What every rig is told; scripts/rig.mjs gives no more. */
export interface RigOptions {
  /** A folder, whose files become the originals. */
  readonly originals: string
  /** Of what visitors ask, or the first of it. @default a free one */
  readonly port?: number
  /** @default those of examples/aws: 360x270, 480h, 1280w */
  readonly sizes?: readonly string[]
  /** @default imgtailor's own */
  readonly formats?: readonly string[]
  /** Ends it, or the start of it. */
  readonly signal?: AbortSignal
}

/** What every rig has besides what it is. */
export interface Built extends Stoppable {
  /** Where all its files are, but those of programs that have folders of their own. */
  readonly folder: string
  /** Ids of all its processes at the moment, and of those that they started. */
  readonly processes: () => Promise<readonly number[]>
}

/** True where anything at all answers there. */
export const answers = (url: string): Promise<boolean> =>
  fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2000) }).then(
    async (response) => {
      await response.body?.cancel()
      return true
    },
    () => false,
  )

/** Parent of every process of this machine, by their ids. */
const parents = async (): Promise<ReadonlyMap<number, number>> => {
  const { stdout } = await execute("ps", ["-A", "-o", "pid=,ppid="], { maxBuffer: 16_000_000 })
  const pairs = stdout.trim().split("\n")
  return new Map(pairs.map((pair) => pair.trim().split(/\s+/).map(Number) as [number, number]))
}

/** A process and all that descend from it. */
const treeOf = (root: number, all: ReadonlyMap<number, number>): readonly number[] => {
  const children = [...all].filter(([, parent]) => parent === root).map(([pid]) => pid)
  return [root, ...children.flatMap((child) => treeOf(child, all))]
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

/** Asks a program and all it started to end, and after half a second sees to it. */
const endTree = async (child: ChildProcess): Promise<void> => {
  const { pid } = child
  if (pid === undefined || !isRunning(child)) return
  const ended = new Promise((done) => child.once("close", done))
  const tree = treeOf(pid, await parents())
  send(pid, "SIGTERM")
  await Promise.race([ended, wait(500)])
  for (const each of tree) send(each, "SIGKILL")
  await ended
}

const KEPT_CHARACTERS = 20_000

const collect = (child: ChildProcess): (() => string) => {
  let text = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (piece: string) => (text = (text + piece).slice(-KEPT_CHARACTERS)))
  return () => text
}

const UP_MS = 20_000

const startProgram = (command: string, args: readonly string[], folder: string, options: Environment) => {
  const child = spawn(command, args, {
    cwd: options.cwd ?? folder,
    env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that Ctrl-C reaches it through us alone.
    detached: true,
  })
  const log = collect(child)
  const ended = new Promise<void>((done) => child.once("close", () => done()))
  let failure: Error | undefined
  child.once("error", (error) => (failure = error))
  const program: Program = { pid: child.pid ?? 0, log, stop: () => endTree(child) }
  const untilUp = async (isUp: ProgramOptions["isUp"]): Promise<void> => {
    for (const endMs = Date.now() + UP_MS; Date.now() < endMs; await wait(25)) {
      if (failure) throw failure
      if (!isRunning(child)) throw new Error(`${command} ended before it was up:\n${log()}`)
      if (await isUp(program)) return
    }
    throw new Error(`${command} is not up after ${UP_MS / 1000} s:\n${log()}`)
  }
  const untilDone = async (): Promise<string> => {
    await ended
    if (failure) throw failure
    if (child.exitCode !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${log()}`)
    return log()
  }
  return { program, untilUp, untilDone }
}

const startServer = async (listener: Listener, port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    Promise.resolve(listener(request, response)).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { "content-type": "text/plain" }).end(`The rig failed: ${String(error)}\n`)
    })
  })
  await new Promise<void>((done, fail) => {
    server.once("error", fail)
    server.listen(port, "127.0.0.1", done)
  })
  const { port: bound } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise((done) => server.close(done))
    server.closeAllConnections()
    await closed
  }
  return { url: `http://127.0.0.1:${bound}`, port: bound, stop }
}

/**
 * Builds a rig. Where that fails, or the signal says so, everything that had been started ends first.
 * @param build puts the parts together; what it starts last is what visitors see
 */
export const buildRig = async <T extends object>(
  build: (parts: Parts) => Promise<T>,
  signal?: AbortSignal,
): Promise<T & Built> => {
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-rig-"))
  const running: Promise<Stoppable>[] = []
  let stopping: Promise<void> | undefined

  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(running.map(async (starting) => (await starting).stop()))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const stop = (): Promise<void> => (stopping ??= stopAll())
  const isOver = (): boolean => stopping !== undefined || signal?.aborted === true
  const assertOpen = (): void => {
    if (isOver()) throw new Error("The rig is being stopped.")
  }
  const use = async <S extends Stoppable>(starting: Promise<S>): Promise<S> => {
    running.push(starting)
    const started = await starting
    // It may have begun after everything else was told to end.
    if (isOver()) await started.stop()
    assertOpen()
    return started
  }
  const spawned = (command: string, args: readonly string[], options: Environment) => {
    assertOpen()
    const started = startProgram(command, args, folder, options)
    running.push(Promise.resolve(started.program))
    return started
  }
  const start: Parts["start"] = async (command, args, options) => {
    const { program, untilUp } = spawned(command, args, options)
    await untilUp(options.isUp)
    return program
  }
  const runToEnd: Parts["run"] = (command, args, options = {}) => spawned(command, args, options).untilDone()
  const listen: Parts["listen"] = async (listener, port = 0) => {
    assertOpen()
    return use(startServer(listener, port))
  }
  const processes = async (): Promise<readonly number[]> => {
    const all = await parents()
    const started = await Promise.all(running)
    return started.flatMap(({ pid }) => (pid === undefined ? [] : treeOf(pid, all))).filter((pid) => all.has(pid))
  }

  signal?.addEventListener("abort", () => void stop(), { once: true })
  try {
    return { ...(await build({ folder, start, run: runToEnd, listen, use })), stop, processes, folder }
  } catch (error) {
    await stop()
    throw error
  }
}
