/**
 * Responsible for one render process as the server sees it: starting it, requests and their replies, and its end.
 *
 * Invariants:
 * - Each request gets one outcome: a value, an error of the original, or how the process ended.
 * - The outcome of a process that was ended comes when it has exited, so that its memory is free by then.
 * - A reply to no request, or one that cannot be read, ends the process: it can no longer be trusted.
 */
import type { ChildProcess } from "node:child_process"

import { type Handlers, listen, sendFrame, setBusy, spawnChild, type StartOptions } from "./child-connection.ts"
import type { Ending } from "./ending.ts"
import { START_LIMIT_MS } from "./limits.ts"
import type { DropPixels, Request, WireError } from "./protocol.ts"
import type { Usage } from "./usage.ts"

const EMPTY = new Uint8Array(0)

/** Result of a request. */
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
  /** @returns removes the callback. A reaction to `exited` would stay as long as the process. */
  readonly onExit: (callback: () => void) => () => void
  /** @param onSent called when the body is not needed any more; never called if the process ends before */
  readonly request: (request: Request, body?: Uint8Array, onSent?: () => void) => Promise<Outcome>
  readonly dropPixels: () => void
  /** Ends it with SIGKILL. Only the first call counts. */
  readonly end: (ending: Ending) => void
  readonly hasEnded: () => boolean
  /** A process without work does not keep the server running. */
  readonly setBusy: (isBusy: boolean) => void
}

/** Requests that wait for their reply. */
const createPending = () => {
  const pending = new Map<number, (outcome: Outcome) => void>()
  let nextId = 1
  return {
    add: (resolve: (outcome: Outcome) => void): number => {
      pending.set(nextId, resolve)
      return nextId++
    },
    /** @returns false for a reply to no request */
    settle: (id: number, outcome: Outcome): boolean => {
      const resolve = pending.get(id)
      pending.delete(id)
      resolve?.(outcome)
      return resolve !== undefined
    },
    endAll: (ending: Ending): void => {
      for (const resolve of pending.values()) resolve({ ending })
      pending.clear()
    },
  }
}

/** A promise and the function that resolves it. */
const createSignal = <T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((resolvePromise) => (resolve = resolvePromise))
  return { promise, resolve }
}

const died = (detail: string): Ending => ({ reason: "died", detail })

/** State of a process. */
interface Known {
  isEnding: boolean
  hasExited: boolean
  initialRssBytes: number
  usage: Usage | undefined
}

interface ReplyParts {
  readonly pending: ReturnType<typeof createPending>
  readonly known: Known
  readonly onReady: () => void
  readonly end: (ending: Ending) => void
}

const createReplyHandler =
  ({ pending, known, onReady, end }: ReplyParts): Handlers["onReply"] =>
  (reply, body) => {
    // Replies of a process that was ended are too late.
    if (known.isEnding) return
    const settle = (id: number, outcome: Outcome): void => {
      if (!pending.settle(id, outcome)) end(died("the process answered a request that was not sent, or twice"))
    }
    if (reply.type === "done") settle(reply.id, { value: reply.value, body })
    else if (reply.type === "failed") settle(reply.id, { error: reply.error })
    else if (reply.type === "usage") known.usage = reply
    else if (reply.type === "ready") {
      known.initialRssBytes = reply.rssBytes
      onReady()
    } else end(died("the process sent an unknown message"))
  }

/** Starts a process. It never throws: a failure to start is how the process ended. */
export const startRenderProcess = (options: StartOptions): RenderProcess => {
  const pending = createPending()
  const ready = createSignal<Ending | undefined>()
  const exited = createSignal<Ending>()
  const known: Known = { isEnding: false, hasExited: false, initialRssBytes: 0, usage: undefined }
  const exitCallbacks = new Set<() => void>()
  let ending: Ending | undefined
  let child: ChildProcess | undefined

  const end = (reason: Ending): void => {
    if (ending) return
    ending = reason
    known.isEnding = true
    child?.kill("SIGKILL")
  }

  const onEnd = (detail: string): void => {
    ending ??= died(detail)
    exited.resolve(ending)
    for (const callback of exitCallbacks) callback()
    ready.resolve(ending)
    pending.endAll(ending)
  }

  const onReply = createReplyHandler({ pending, known, onReady: () => ready.resolve(undefined), end })

  const startTimer = setTimeout(() => end(died("the process did not start in time")), START_LIMIT_MS)
  startTimer.unref()
  void ready.promise.then(() => clearTimeout(startTimer))
  try {
    child = spawnChild(options)
    listen(child, {
      onReply,
      onBroken: (error) => end(died(`the process sent ${error.message}`)),
      onExit: () => (known.hasExited = true),
      onEnd,
    })
  } catch (error) {
    onEnd(`the process could not be started: ${String(error)}`)
  }

  return {
    pid: child?.pid,
    initialRssBytes: () => known.initialRssBytes,
    reported: () => known.usage,
    ready: ready.promise,
    exited: exited.promise,
    onExit: (callback) => {
      exitCallbacks.add(callback)
      return () => void exitCallbacks.delete(callback)
    },
    end,
    hasEnded: () => ending !== undefined || known.hasExited,
    request: (request, body = EMPTY, onSent) =>
      new Promise((resolve) => {
        if (ending) void exited.promise.then((ended) => resolve({ ending: ended }))
        else sendFrame(child, { ...request, id: pending.add(resolve) }, body, onSent)
      }),
    dropPixels: () => {
      const message: DropPixels = { type: "dropPixels" }
      if (!ending) sendFrame(child, message, EMPTY)
    },
    setBusy: (isBusy) => setBusy(child, isBusy),
  }
}
