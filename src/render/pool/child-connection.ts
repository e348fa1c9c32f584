/**
 * Responsible for the operating system's side of a render process: how it is started, its pipe, and its end.
 *
 * Invariants:
 * - It inherits no descriptor but its pipes, no credential, and no working directory.
 */
import { type ChildProcess, spawn } from "node:child_process"
import type { Duplex, Readable } from "node:stream"
import { fileURLToPath } from "node:url"

import { environmentOfChildren } from "./child-environment.ts"
import { createFrameReader, type Frame, frameHead, type Reply } from "./protocol.ts"

/** Options for starting a process. */
export interface StartOptions {
  /** Path of the file that a render process runs. */
  readonly entry: string
  /** Size of its thread pool. */
  readonly threads: number
  /** Whether it reports its own memory and CPU. */
  readonly reportsUsage: boolean
}

/** The file that a render process runs. Tests that run TypeScript start the built file. */
export const CHILD_ENTRY: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../dist/render/pool/child.js" : "./child.js", import.meta.url),
)

/** Bounds JavaScript's heap, which holds no pixels. */
const HEAP_MB = 256

const STDERR_CHARACTERS = 2000

/** Starts a process. @throws the system's error, where it reports it at once */
export const spawnChild = ({ entry, threads, reportsUsage }: StartOptions): ChildProcess =>
  spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, "--expose-gc", entry, ...(reportsUsage ? ["--report-usage"] : [])],
    {
      cwd: "/",
      env: environmentOfChildren(process.env, threads),
      stdio: ["ignore", "ignore", "pipe", "overlapped"],
      windowsHide: true,
    },
  )

/** Keeps the end of what a process writes to stderr, for the log. */
const createTail = (stream: Readable | null): (() => string) => {
  let tail = ""
  stream?.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-STDERR_CHARACTERS)))
  return () => tail.trim()
}

/** The pipe for frames; undefined if the process could not be started. */
export const pipeOf = (child: ChildProcess | undefined): Duplex | undefined => child?.stdio[3] as Duplex | undefined

/** Events of a process. */
export interface Handlers {
  readonly onReply: (reply: Reply, body: Uint8Array) => void
  readonly onBroken: (error: Error) => void
  /** It has exited; replies that it sent before may still come. */
  readonly onExit: () => void
  readonly onEnd: (detail: string) => void
}

/** Connects the events of a child process to handlers. `onEnd` is called once, after the last reply. */
export const listen = (child: ChildProcess, { onReply, onBroken, onExit, onEnd }: Handlers): void => {
  const stderr = createTail(child.stderr)
  const pipe = pipeOf(child)
  const reader = createFrameReader(({ header, body }: Frame) => onReply(header as Reply, body))
  pipe?.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk)
    } catch (error) {
      onBroken(error instanceof Error ? error : new Error(String(error)))
    }
  })
  // A pipe whose process has ended breaks; `close` tells.
  pipe?.on("error", () => {})
  child.on("error", (error) => onEnd(`the process could not be started: ${error.message}`))
  child.on("exit", onExit)
  child.on("close", (code, signal) => {
    const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`
    onEnd([`the process ${how}`, stderr()].filter(Boolean).join(": "))
  })
}

/** A handle that keeps the program running, or not. */
interface Handle {
  readonly ref?: () => unknown
  readonly unref?: () => unknown
}

/** Whether a process keeps the program running. */
export const setBusy = (child: ChildProcess | undefined, isBusy: boolean): void => {
  const streams = [pipeOf(child), child?.stderr] as readonly (Handle | null | undefined)[]
  for (const handle of [child as Handle | undefined, ...streams]) {
    if (isBusy) handle?.ref?.()
    else handle?.unref?.()
  }
}

/** Sends a frame. @param onSent called when the system has taken all of it */
export const sendFrame = (
  child: ChildProcess | undefined,
  header: object,
  body: Uint8Array,
  onSent?: () => void,
): void => {
  const pipe = pipeOf(child)
  if (!pipe) return
  pipe.cork()
  pipe.write(frameHead(header, body.length))
  if (body.length > 0) pipe.write(body, (error) => error ?? onSent?.())
  pipe.uncork()
}
