/**
 * Responsible for one render process as the server sees it: starting it, requests and their replies, and its end.
 *
 * Invariants:
 * - Each request gets one outcome: a value, an error of the original, or how the process ended.
 * - The outcome of a process that was ended comes when it has exited, so that its memory is free by then.
 * - A reply to no request, or one that cannot be read, ends the process: it can no longer be trusted.
 */
import { type ChildProcess, spawn } from "node:child_process"
import type { Duplex, Readable } from "node:stream"
import { fileURLToPath } from "node:url"

import { environmentOfChildren } from "./child-environment.ts"
import { START_LIMIT_MS } from "./limits.ts"
import {
  createFrameReader,
  type DropPixels,
  type Frame,
  frameHead,
  type Reply,
  type Request,
  type WireError,
} from "./protocol.ts"
import type { Usage } from "./usage.ts"

/** Why a process ended. */
export type Ending =
  /** It exceeded its own memory cap. */
  | { readonly reason: "memory"; readonly usedBytes: number; readonly capBytes: number; readonly estimateBytes: number }
  /** All processes together exceeded the memory. */
  | { readonly reason: "sum"; readonly usedBytes: number; readonly estimateBytes: number }
  | { readonly reason: "cpu"; readonly limitMs: number }
  | { readonly reason: "wallClock"; readonly limitMs: number }
  /** It is slow, and as many slow jobs run as may. */
  | { readonly reason: "slow" }
  /** It is not needed any more. */
  | { readonly reason: "surplus" }
  | { readonly reason: "shutdown" }
  /** It died. */
  | { readonly reason: "died"; readonly detail: string }

/** What became of a request. */
export type Outcome =
  | { readonly value: unknown; readonly body: Uint8Array }
  | { readonly error: WireError }
  | { readonly ending: Ending }

/** A render process. */
export interface RenderProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined
  /** Resident memory when it started, in bytes. */
  readonly initialRssBytes: () => number
  /** Latest report of a process that reports its own usage. */
  readonly reported: () => Usage | undefined
  /** Resolves when it takes requests, or with its end. */
  readonly ready: Promise<Ending | undefined>
  readonly exited: Promise<Ending>
  readonly request: (request: Request, body?: Uint8Array) => Promise<Outcome>
  readonly dropPixels: () => void
  /** Ends it with SIGKILL. Only the first call counts. */
  readonly end: (ending: Ending) => void
  readonly hasEnded: () => boolean
  /** A process without work does not keep the server running. */
  readonly setBusy: (isBusy: boolean) => void
}

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

const EMPTY = new Uint8Array(0)

const spawnChild = ({ entry, threads, reportsUsage }: StartOptions): ChildProcess =>
  spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, entry, ...(reportsUsage ? ["--report-usage"] : [])], {
    cwd: "/",
    env: environmentOfChildren(process.env, threads),
    stdio: ["ignore", "ignore", "pipe", "overlapped"],
    windowsHide: true,
  })

/** Keeps the end of what a process writes to stderr, for the log. */
const createTail = (stream: Readable | null): (() => string) => {
  let tail = ""
  stream?.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-STDERR_CHARACTERS)))
  return () => tail.trim()
}

interface Handlers {
  readonly onReply: (reply: Reply, body: Uint8Array) => void
  readonly onBroken: (error: Error) => void
  readonly onEnd: (detail: string) => void
}

/** Connects the events of a child process to handlers. `onEnd` is called once, after the last reply. */
const listen = (child: ChildProcess, pipe: Duplex | undefined, { onReply, onBroken, onEnd }: Handlers): void => {
  const stderr = createTail(child.stderr)
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
  child.on("close", (code, signal) => {
    const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`
    onEnd([`the process ${how}`, stderr()].filter(Boolean).join(": "))
  })
}

/** Starts a process. It never throws: a failure to start is how the process ended. */
export const startRenderProcess = (options: StartOptions): RenderProcess => {
  const pending = new Map<number, (outcome: Outcome) => void>()
  let nextId = 1
  let initialRssBytes = 0
  let usage: Usage | undefined
  let ending: Ending | undefined
  let child: ChildProcess | undefined
  let pipe: Duplex | undefined
  let onReady: (ending: Ending | undefined) => void = () => {}
  let onExited: (ending: Ending) => void = () => {}
  const ready = new Promise<Ending | undefined>((resolve) => (onReady = resolve))
  const exited = new Promise<Ending>((resolve) => (onExited = resolve))

  const end = (reason: Ending): void => {
    if (ending) return
    ending = reason
    child?.kill("SIGKILL")
  }

  const onEnd = (detail: string): void => {
    clearTimeout(startTimer)
    ending ??= { reason: "died", detail }
    const ended = ending
    onExited(ended)
    onReady(ended)
    for (const settle of pending.values()) settle({ ending: ended })
    pending.clear()
  }

  const settle = (id: number, outcome: Outcome): void => {
    const resolve = pending.get(id)
    if (!resolve) return end({ reason: "died", detail: "the process answered a request that was not sent, or twice" })
    pending.delete(id)
    resolve(outcome)
  }

  const onReply = (reply: Reply, body: Uint8Array): void => {
    // What a process says after it was ended is too late.
    if (ending) return
    if (reply.type === "done") settle(reply.id, { value: reply.value, body })
    else if (reply.type === "failed") settle(reply.id, { error: reply.error })
    else if (reply.type === "usage") usage = reply
    else if (reply.type === "ready") {
      clearTimeout(startTimer)
      initialRssBytes = reply.rssBytes
      onReady(undefined)
    } else end({ reason: "died", detail: "the process sent an unknown message" })
  }

  const startTimer = setTimeout(
    () => end({ reason: "died", detail: "the process did not start in time" }),
    START_LIMIT_MS,
  )
  startTimer.unref()
  try {
    child = spawnChild(options)
    pipe = child.stdio[3] as Duplex | undefined
    const onBroken = (error: Error): void => end({ reason: "died", detail: `the process sent ${error.message}` })
    listen(child, pipe, { onReply, onBroken, onEnd })
  } catch (error) {
    onEnd(`the process could not be started: ${String(error)}`)
  }

  const write = (header: object, body: Uint8Array): void => {
    if (!pipe) return
    pipe.cork()
    pipe.write(frameHead(header, body.length))
    if (body.length > 0) pipe.write(body)
    pipe.uncork()
  }

  return {
    pid: child?.pid,
    initialRssBytes: () => initialRssBytes,
    reported: () => usage,
    ready,
    exited,
    request: (request, body = EMPTY) =>
      new Promise((resolve) => {
        if (ending) return void exited.then((ended) => resolve({ ending: ended }))
        const id = nextId++
        pending.set(id, resolve)
        write({ ...request, id }, body)
      }),
    dropPixels: () => {
      const message: DropPixels = { type: "dropPixels" }
      if (!ending) write(message, EMPTY)
    },
    end,
    hasEnded: () => ending !== undefined,
    setBusy: (isBusy) => {
      for (const handle of [child, pipe, child?.stderr] as readonly (
        | undefined
        | null
        | { ref?: () => unknown; unref?: () => unknown }
      )[]) {
        if (isBusy) handle?.ref?.()
        else handle?.unref?.()
      }
    },
  }
}
