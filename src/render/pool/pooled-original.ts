/**
 * Responsible for one original in a render process: it lends a process, opens the original there, and decides what happens when the
 * process ends.
 *
 * Invariants:
 * - Each job gets one answer: the result, an error of the original, or the verdict on how its process ended.
 * - A process that dies is replaced once, and one that was ended for the memory of all is once replaced by a protected one.
 * - Only limits that the original alone exceeds are reported as its fault.
 */
import { orAbort } from "../../abort.ts"
import { busy, originalTooCostly, renderFailed } from "../../errors.ts"
import type { OpenOptions } from "../renderer.ts"
import type { Lease, Leases } from "./leases.ts"
import { MAX_KEPT_BYTES, REMEMBER_TIME_LIMIT_MS } from "./limits.ts"
import type { Request } from "./protocol.ts"
import type { Ending } from "./render-process.ts"
import { toError } from "./replies.ts"

/** One request, with what its limits follow from. */
export interface JobRequest<T> {
  readonly request: Request
  /** Pixels decoded and written. */
  readonly pixels: number
  readonly estimateBytes: number
  readonly onSlow?: (() => void) | undefined
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

/** A lent process with the original in it, or how it ended before. */
type Connection = { readonly lease: Lease; readonly inspected: unknown } | { readonly ending: Ending }

const megabytes = (byteLength: number): string => `${Math.round(byteLength / 1e6)} MB`
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** For the log. */
const describe = (ending: Ending): Error => {
  if (ending.reason === "memory" || ending.reason === "sum") {
    const { usedBytes, estimateBytes } = ending
    return new Error(`${ending.reason}: used ${megabytes(usedBytes)}, estimated ${megabytes(estimateBytes)}`)
  }
  return new Error(ending.reason === "died" ? ending.detail : ending.reason)
}

/** @param times how often processes of this original ended for this reason @returns undefined if the job is tried again */
const verdictOn = (ending: Ending, times: number): Error | undefined => {
  const cause = describe(ending)
  switch (ending.reason) {
    case "memory":
      return originalTooCostly(`${megabytes(ending.capBytes)} of memory`, cause)
    case "cpu":
      return originalTooCostly(`${seconds(ending.limitMs)} of CPU`, cause, REMEMBER_TIME_LIMIT_MS)
    case "wallClock":
      return busy("time", cause)
    case "shutdown":
    case "surplus":
      return busy("shutdown", cause)
    case "sum":
      return times > 1 ? busy("memory", cause) : undefined
    case "died":
      return times > 1 ? renderFailed(cause) : undefined
    case "slow":
      return undefined
  }
}

const EMPTY = new Uint8Array(0)

/** Counts how processes ended, each once, though all jobs of a process report its end. */
const createHistory = (): {
  readonly count: (ending: Ending) => number
  readonly has: (reason: Ending["reason"]) => boolean
} => {
  const counted = new Set<Ending>()
  const times = (reason: Ending["reason"]): number => [...counted].filter((ending) => ending.reason === reason).length
  return {
    count: (ending) => {
      counted.add(ending)
      return times(ending.reason)
    },
    has: (reason) => times(reason) > 0,
  }
}

/** @param open the request that opens the original @returns a runner that has no process yet */
export const createJobRunner = (
  leases: Leases,
  bytes: Uint8Array,
  open: Omit<JobRequest<unknown>, "parse" | "signal">,
  { reread }: OpenOptions,
): JobRunner => {
  const closing = new AbortController()
  const history = createHistory()
  let kept: Uint8Array | undefined = bytes
  let current: Promise<Connection> | undefined

  const connect = async (): Promise<Connection> => {
    const body = kept ?? (await reread?.())
    if (!body) throw busy("writing")
    const lease = await leases.lend({
      isSlow: history.has("slow"),
      isProtected: history.has("sum"),
      estimateBytes: open.estimateBytes,
      signal: closing.signal,
    })
    const outcome = await lease.run(open, body)
    if ("ending" in outcome) return outcome
    if ("error" in outcome) {
      lease.close()
      throw toError(outcome.error)
    }
    if (reread && body.length > MAX_KEPT_BYTES) kept = undefined
    return { lease, inspected: outcome.value }
  }

  const connected = async (
    signal: AbortSignal | undefined,
  ): Promise<{ readonly connecting: Promise<Connection>; readonly connection: Connection }> => {
    const connecting = (current ??= connect())
    try {
      return { connecting, connection: await orAbort(connecting, signal) }
    } catch (error) {
      // The next job tries again.
      if (!signal?.aborted && current === connecting) current = undefined
      throw error
    }
  }

  /** @throws the verdict, unless the job is tried again */
  const onEnding = (ending: Ending, connecting: Promise<Connection>): void => {
    if (current === connecting) current = undefined
    const verdict = verdictOn(ending, history.count(ending))
    if (verdict) throw verdict
  }

  const run = async <T>(job: JobRequest<T>): Promise<T> => {
    for (;;) {
      closing.signal.throwIfAborted()
      const { connecting, connection } = await connected(job.signal)
      if ("ending" in connection) {
        onEnding(connection.ending, connecting)
        continue
      }
      const isOpen = job.request === open.request
      const outcome = isOpen ? { value: connection.inspected, body: EMPTY } : await connection.lease.run(job)
      if ("error" in outcome) throw toError(outcome.error)
      if ("ending" in outcome) {
        onEnding(outcome.ending, connecting)
        continue
      }
      const result = job.parse(outcome.value, outcome.body)
      if (result !== undefined) return result
      onEnding(await connection.lease.fail("the process sent an invalid reply"), connecting)
    }
  }

  return {
    run,
    dropPixels: () => {
      void current?.then((connection) => "lease" in connection && connection.lease.dropPixels()).catch(() => {})
    },
    close: () => {
      closing.abort()
      void current?.then((connection) => "lease" in connection && connection.lease.close()).catch(() => {})
    },
  }
}
