/**
 * Responsible for how long a request waits: until its deadline, or until its client disconnects.
 *
 * Invariants:
 * - Stores get both as one signal. A store that ignores the signal is not waited for either.
 * - The signal is created when it is first used. A hit in a folder uses none, and creates none.
 */
import { busy, isAbort } from "../errors.ts"
import type { CallOptions } from "../store/store.ts"

/** Returns a signal that aborts when the client disconnects. Called only if something has to wait. */
export type GetClientSignal = () => AbortSignal

/** The context of one request. Read `signal` only where it is needed. */
export interface RequestScope extends CallOptions {
  readonly signal: AbortSignal
  /** True after the deadline, and after the work has ended. */
  readonly isOver: boolean
  /** Time since the request began. */
  readonly elapsedMs: () => number
  /** While the stored rendition is read: the number of reads that had succeeded before. Undefined otherwise. */
  storedReads: number | undefined
}

/** Precision of deadlines. A timer for each request would cost a hit more than its look-up in memory. */
const TICK_MS = 50

const follow = (client: AbortSignal | undefined): AbortController => {
  const controller = new AbortController()
  // The client has disconnected, and the reason of its signal does not matter: an AbortError, which is passed on and never reported.
  const abort = (): void => controller.abort(isAbort(client?.reason) ? client?.reason : undefined)
  if (client?.aborted) abort()
  client?.addEventListener("abort", abort, { once: true })
  return controller
}

/** Limits of a wait. */
export interface Bounds<T> {
  readonly deadlineMs: number
  readonly getClientSignal: GetClientSignal | undefined
  /** Releases a result that came after the deadline. */
  readonly dispose: (result: T) => unknown
  /** Called at the deadline if the stored rendition is still being read, with {@link RequestScope.storedReads}. */
  readonly onStalledRead?: (storedReads: number) => void
}

/** Ends the work that a request left behind. One for all: creating an error with its stack for each would cost more than a hit. */
const ENDED = new DOMException("The request has ended.", "AbortError")

/**
 * The wait of one request. A class, because V8 creates a hidden class for every object literal with a getter, which keeps everything that
 * the request allocated alive: a hit took a fifth longer.
 */
class Wait implements RequestScope {
  readonly dueMs: number
  isOver = false
  storedReads: number | undefined = undefined
  readonly #bounds: Pick<Bounds<never>, "deadlineMs" | "getClientSignal" | "onStalledRead">
  readonly #reject: (error: unknown) => void
  #controller: AbortController | undefined
  #reason: Error = ENDED

  constructor(
    bounds: Pick<Bounds<never>, "deadlineMs" | "getClientSignal" | "onStalledRead">,
    reject: (error: unknown) => void,
  ) {
    this.dueMs = performance.now() + bounds.deadlineMs
    this.#bounds = bounds
    this.#reject = reject
  }

  elapsedMs(): number {
    return performance.now() - this.dueMs + this.#bounds.deadlineMs
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = follow(this.#bounds.getClientSignal?.())
      if (this.isOver) this.end()
    }
    return this.#controller.signal
  }

  end(): void {
    this.isOver = true
    waits.delete(this)
    this.#controller?.abort(this.#reason)
  }

  giveUp(): void {
    this.#reason = busy("deadline")
    this.end()
    if (this.storedReads !== undefined) this.#bounds.onStalledRead?.(this.storedReads)
    this.#reject(this.#reason)
  }
}

/** Running waits, in no order: most end long before they are due. */
const waits = new Set<Wait>()
let ticking: NodeJS.Timeout | undefined

const tick = (): void => {
  const now = performance.now()
  for (const wait of waits) if (wait.dueMs <= now) wait.giveUp()
  if (waits.size > 0) return
  clearInterval(ticking)
  ticking = undefined
}

/**
 * Does the work for one request and waits for it within limits. When the wait ends, its signal aborts work that continues for this request
 * alone.
 * @throws {busy} after the deadline
 */
export const withDeadline = <T>(bounds: Bounds<T>, work: (scope: RequestScope) => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const wait = new Wait(bounds, reject)
    waits.add(wait)
    ticking ??= setInterval(tick, Math.min(bounds.deadlineMs, TICK_MS))
    work(wait).then(
      (result) => {
        if (wait.isOver) bounds.dispose(result)
        else wait.end()
        resolve(result)
      },
      (error: unknown) => {
        wait.end()
        reject(error)
      },
    )
  })
