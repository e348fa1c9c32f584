/**
 * Responsible for one original in a render process: it lends a process, opens the original there, and decides what happens when the
 * process ends.
 *
 * Invariants:
 * - Each job gets one answer: the result, an error of the original, or the verdict on how its process ended.
 * - A process that dies is replaced once, and one that was ended for the memory of all is once replaced by a protected one.
 * - Only limits that the original alone exceeds are reported as its fault.
 */
import { setTimeout as sleep } from "node:timers/promises"

import { orAbort } from "../../abort.ts"
import { busy } from "../../errors.ts"
import type { OpenOptions } from "../renderer.ts"
import { callOnce } from "../session.ts"
import { createHistory, type Ending, type History, verdictOn } from "./ending.ts"
import type { Lease, Leases } from "./leases.ts"
import { DEATH_PAUSE_MS, MAX_KEPT_BYTES } from "./limits.ts"
import type { Request } from "./protocol.ts"
import { toError } from "./replies.ts"

/** One request, with what its limits follow from. */
export interface JobRequest<T> {
  readonly request: Request
  readonly body?: Uint8Array | undefined
  /** Pixels decoded and written. */
  readonly pixels: number
  readonly estimateBytes: number
  readonly onSlow?: (() => void) | undefined
  readonly isExpectedSlow?: boolean
  readonly signal?: AbortSignal | undefined
  /** @returns undefined for an invalid reply: then the process is ended, as one that died */
  readonly parse: (value: unknown, body: Uint8Array) => T | undefined
}

/** An original that is opened in a process, at the first job and again when the process was replaced. */
export interface JobRunner {
  readonly run: <T>(job: JobRequest<T>) => Promise<T>
  readonly dropPixels: () => void
  readonly close: () => void
}

/** Parts of a runner. */
export interface RunnerParts {
  readonly leases: Leases
  /** Opens the original. */
  readonly open: Omit<JobRequest<unknown>, "parse" | "signal">
  readonly reread: OpenOptions["reread"]
  readonly isBackground: boolean
  readonly release: OpenOptions["release"]
}

/** A lent process with the original in it, or how it ended before. */
type Connection = { readonly lease: Lease; readonly inspected: unknown } | { readonly ending: Ending }

const EMPTY = new Uint8Array(0)

/** @returns calls a function the first time that a condition holds */
const callOnceIf = (isDue: () => boolean, callback: (() => void) | undefined): (() => void) => {
  const call = callOnce(callback)
  return () => {
    if (isDue()) call()
  }
}

/** Reason of an aborted wait. Made once, since an abort without a reason makes an error with a stack. */
const CLOSED = new Error("The original was closed.")

/** The bytes of an original, until it is closed or may be read again. */
const createBytes = (bytes: Uint8Array, { reread, release }: Pick<RunnerParts, "reread" | "release">) => {
  let kept: Uint8Array | undefined = bytes
  let sending = 0
  const releaseUnused = callOnceIf(() => kept === undefined && sending === 0, release)
  return {
    /** @returns undefined if the original has changed or is gone */
    send: async <T>(work: (body: Uint8Array, onSent: () => void) => Promise<T>): Promise<T | undefined> => {
      const again = kept ? undefined : await reread?.()
      const body = kept ?? again?.bytes
      if (reread && (body?.length ?? 0) > MAX_KEPT_BYTES) kept = undefined
      if (!body) return undefined
      if (!again) sending += 1
      // After the last byte, which is not the reply: a process that a file has taken over could answer before.
      const onSent = callOnce(() => {
        if (again) return again.release?.()
        sending -= 1
        releaseUnused()
      })
      return work(body, onSent)
    },
    // The stack of an error, which may be remembered, refers to these functions.
    drop: (): void => {
      kept = undefined
      releaseUnused()
    },
  }
}

/** The original in a process, which is lent and opened at the first use and after each end of a process. */
const createConnector = (parts: RunnerParts, bytes: Uint8Array, history: History) => {
  const { leases, open, isBackground } = parts
  const closing = new AbortController()
  const original = createBytes(bytes, parts)
  let current: Promise<Connection> | undefined

  const connect = async (): Promise<Connection> => {
    const lease = await leases.lend({
      isSlow: isBackground || history.has("slow"),
      isProtected: history.has("sum"),
      estimateBytes: open.estimateBytes,
      signal: closing.signal,
    })
    // Not before there is a process, for which a slow original may wait long.
    const outcome = await original.send(async (body, onSent) => {
      const ran = await lease.run(open, body, onSent)
      // The process has exited, and its pipe is closed.
      if ("ending" in ran) onSent()
      return ran
    })
    if (!outcome) {
      lease.close()
      throw busy("writing")
    }
    if ("ending" in outcome) return outcome
    if ("error" in outcome) {
      lease.close()
      throw toError(outcome.error)
    }
    return { lease, inspected: outcome.value }
  }

  const forget = (connecting: Promise<Connection>): void => {
    if (current === connecting) current = undefined
  }

  const withLease = (use: (lease: Lease) => void): void => {
    void current?.then((connection) => "lease" in connection && use(connection.lease)).catch(() => {})
  }

  return {
    forget,
    withLease,
    connect: async (
      signal: AbortSignal | undefined,
    ): Promise<{ readonly connecting: Promise<Connection>; readonly connection: Connection }> => {
      closing.signal.throwIfAborted()
      const connecting = (current ??= connect())
      try {
        return { connecting, connection: await orAbort(connecting, signal) }
      } catch (error) {
        // The next job tries again.
        if (!signal?.aborted) forget(connecting)
        throw error
      }
    },
    close: (): void => {
      closing.abort(CLOSED)
      original.drop()
      withLease((lease) => lease.close())
    },
  }
}

/** @param bytes of the original @returns a runner that has no process yet */
export const createJobRunner = (parts: RunnerParts, bytes: Uint8Array): JobRunner => {
  const history = createHistory()
  const connector = createConnector(parts, bytes, history)

  /** @throws the verdict, unless the job is tried again */
  const onEnding = async (ending: Ending, connecting: Promise<Connection>): Promise<undefined> => {
    connector.forget(connecting)
    const verdict = verdictOn(ending, history.count(ending))
    if (verdict) throw verdict
    if (ending.reason === "died") await sleep(DEATH_PAUSE_MS)
    return undefined
  }

  /** @returns undefined if the job is tried again */
  const attempt = async <T>(job: JobRequest<T>): Promise<T | undefined> => {
    const { connecting, connection } = await connector.connect(job.signal)
    if ("ending" in connection) return onEnding(connection.ending, connecting)
    const { lease, inspected } = connection
    const outcome =
      job.request === parts.open.request ? { value: inspected, body: EMPTY } : await lease.run(job, job.body)
    if ("error" in outcome) throw toError(outcome.error)
    if ("ending" in outcome) return onEnding(outcome.ending, connecting)
    const result = job.parse(outcome.value, outcome.body)
    if (result === undefined) await onEnding(await lease.fail("the process sent an invalid reply"), connecting)
    return result
  }

  return {
    run: async (job) => {
      for (;;) {
        const result = await attempt(job)
        if (result !== undefined) return result
      }
    },
    dropPixels: () => connector.withLease((lease) => lease.dropPixels()),
    close: connector.close,
  }
}
