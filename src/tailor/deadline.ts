/**
 * Responsible for how long a request waits: until its deadline, or until its client disconnects.
 *
 * Invariants:
 * - Stores get both as one signal. A store that ignores the signal is not waited for either.
 * - The signal is created when it is first used. A hit in a folder uses none, and creates none.
 */
import type { OnDisconnect } from "../abort.ts"
import { busy, isAbort } from "../errors.ts"
import type { CallOptions } from "../store/store.ts"

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

/** Limits of a wait. */
export interface Bounds<T> {
  readonly deadlineMs: number
  /** Called only if something has to wait. */
  readonly onDisconnect: OnDisconnect | undefined
  /** Releases a result that came after the deadline. */
  readonly dispose: (result: T) => unknown
  /** Called at the deadline if the stored rendition is still being read, with {@link RequestScope.storedReads}. */
  readonly onStalledRead?: (storedReads: number) => void
}

/** Ends the work that a request left behind. One for all: creating an error with its stack for each would cost more than a hit. */
const ENDED = new DOMException("The request has ended.", "AbortError")

type WaitBounds = Pick<Bounds<never>, "deadlineMs" | "onDisconnect" | "onStalledRead">

/**
 * The wait of one request. A class, because V8 creates a hidden class for every object literal with a getter, which keeps everything that
 * the request allocated alive: a hit took a fifth longer.
 */
class Wait implements RequestScope {
  readonly dueMs: number
  isOver = false
  storedReads: number | undefined = undefined
  readonly #bounds: WaitBounds
  readonly #reject: (error: unknown) => void
  #controller: AbortController | undefined
  #stopFollowing: (() => void) | undefined
  #reason: Error = ENDED

  constructor(bounds: WaitBounds, reject: (error: unknown) => void) {
    this.dueMs = performance.now() + bounds.deadlineMs
    this.#bounds = bounds
    this.#reject = reject
  }

  elapsedMs(): number {
    return performance.now() - this.dueMs + this.#bounds.deadlineMs
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal
    const controller = (this.#controller = new AbortController())
    if (this.isOver) this.end()
    // Any other reason does not matter: the client gets an AbortError, which is never reported.
    else
      this.#stopFollowing = this.#bounds.onDisconnect?.((reason) =>
        controller.abort(isAbort(reason) ? reason : undefined),
      )
    return controller.signal
  }

  end(): void {
    this.isOver = true
    waits.delete(this)
    this.#stopFollowing?.()
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
