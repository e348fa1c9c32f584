/**
 * Responsible for the parts of a rig: programs, servers in this process, and one temporary folder. They end together, even if the rig is
 * only half built: within two seconds no process and no file is left.
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

/** Something that runs and can be stopped. */
interface Stoppable {
  readonly stop: () => Promise<void>
  /** ID of the process, if it is one. */
  readonly pid?: number
}

/** A running program. */
export interface Program extends Stoppable {
  readonly pid: number
  /** The end of its output, of both streams. */
  readonly log: () => string
}

interface Environment {
  /** @default the folder of the rig */
  readonly cwd?: string
  /** Added to `PATH`, and to the rig's folder as home and for temporary files. Nothing else of this process is passed on. */
  readonly env?: Readonly<Record<string, string>>
}

/** Options of a program that keeps running. */
export interface ProgramOptions extends Environment {
  /** Whether it is ready; called repeatedly until it is. */
  readonly isUp: (program: Program) => boolean | Promise<boolean>
}

/** A server in this process. */
export interface Server extends Stoppable {
  /** Without a trailing slash. */
  readonly url: string
  readonly port: number
}

/** Answers requests. An error that it throws is answered with 500. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Starts the parts of a rig. Every method rejects once the rig is being stopped. */
export interface Parts {
  /** Empty at first, and removed with the rig. */
  readonly folder: string
  /** Starts a program, and waits until it is up. @throws with its output if it ends before, or is not up within 20 s */
  readonly start: (command: string, args: readonly string[], options: ProgramOptions) => Promise<Program>
  /** Runs a program to its end. @returns the end of its output; @throws with that if it fails */
  readonly run: (command: string, args: readonly string[], options?: Environment) => Promise<string>
  /** Starts a server on 127.0.0.1. */
  readonly listen: (listener: Listener, port?: number) => Promise<Server>
  /** Adds anything else that has to be stopped with the rig. */
  readonly use: <T extends Stoppable>(starting: Promise<T>) => Promise<T>
}

/** Options of every rig. scripts/rig.mjs passes these. */
export interface RigOptions {
  /** A folder, whose files become the originals. */
  readonly originals: string
  /** Port of the CDN. @default a free one */
  readonly port?: number
  /** @default those of examples/aws: 360x270, 480h, 1280w */
  readonly sizes?: readonly string[]
  /** @default those of imgtailor */
  readonly formats?: readonly string[]
  /** Stops the rig, also while it starts. */
  readonly signal?: AbortSignal
}

/** A running rig, apart from its parts. */
export interface RunningRig extends Stoppable {
  /** The folder with its files. Some programs have other folders. */
  readonly folder: string
  /** IDs of all its processes at the moment, and of those that they started. */
  readonly processes: () => Promise<readonly number[]>
}

/** True if a server answers, with any status. */
export const answers = (url: string): Promise<boolean> =>
  fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2000) }).then(
    async (response) => {
      await response.body?.cancel()
      return true
    },
    () => false,
  )

/** The parent of every process of this machine, by ID. */
const parents = async (): Promise<ReadonlyMap<number, number>> => {
  const { stdout } = await execute("ps", ["-A", "-o", "pid=,ppid="], { maxBuffer: 16_000_000 })
  const pairs = stdout.trim().split("\n")
  return new Map(pairs.map((pair) => pair.trim().split(/\s+/).map(Number) as [number, number]))
}

/** A process and all its descendants. */
const treeOf = (root: number, all: ReadonlyMap<number, number>): readonly number[] => {
  const children = [...all].filter(([, parent]) => parent === root).map(([pid]) => pid)
  return [root, ...children.flatMap((child) => treeOf(child, all))]
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

/** Sends SIGTERM to a program, and kills it with its descendants if it runs them after half a second. */
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

const MAX_LOG_CHARACTERS = 20_000

const collect = (child: ChildProcess): (() => string) => {
  let text = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => (text = (text + chunk).slice(-MAX_LOG_CHARACTERS)))
  return () => text
}

const UP_MS = 20_000

const startProgram = (command: string, args: readonly string[], folder: string, options: Environment) => {
  const child = spawn(command, args, {
    cwd: options.cwd ?? folder,
    env: { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // In another process group, so that Ctrl-C does not end it before this process stops the rig.
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
 * Builds a rig. If that fails, or the signal is aborted, everything that was started is stopped first.
 * @param build starts the parts; the last one is the CDN
 */
export const buildRig = async <T extends object>(
  build: (parts: Parts) => Promise<T>,
  signal?: AbortSignal,
): Promise<T & RunningRig> => {
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
    // The rig may have been stopped while this was starting.
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
