/**
 * How long a request waits. Two things end a wait: the deadline, and the client's leaving. Stores get both as one signal; a store that
 * heeds no signal is not waited for either. The signal is made when somebody asks for it: a hit in a folder asks for nothing.
 */
import { busy, isAbort } from "../errors.ts"
import type { CallOptions } from "../store/store.ts"

/** Gives the signal of a caller's leaving; asked for only when something has to be made. */
export type GetClientSignal = () => AbortSignal

/** What the work for one request may look at. Take `signal` only where it is needed. */
export interface RequestScope extends CallOptions {
  readonly signal: AbortSignal
}

/** How exactly deadlines are kept. A timer for each request would cost a hit more than its look into memory does. */
const TICK_MS = 50

const follow = (left: AbortSignal | undefined): AbortController => {
  const controller = new AbortController()
  // Whatever its reason says, it is the client who left, and nobody's fault: an AbortError, which passes through.
  const leave = (): void => controller.abort(isAbort(left?.reason) ? left?.reason : undefined)
  if (left?.aborted) leave()
  left?.addEventListener("abort", leave, { once: true })
  return controller
}

/** The bounds of a wait. */
export interface Bounds<T> {
  readonly deadlineMs: number
  readonly getClientSignal: GetClientSignal | undefined
  /** Releases what was found too late. */
  readonly dispose: (found: T) => unknown
}

/**
 * One request's wait. A class, since V8 makes a hidden class for every object literal with a getter, which then keeps alive all that the
 * request made: a hit took a fifth longer.
 */
class Wait implements RequestScope {
  readonly dueMs: number
  isOver = false
  readonly #leave: GetClientSignal | undefined
  readonly #reject: (error: unknown) => void
  #controller: AbortController | undefined

  constructor(deadlineMs: number, leave: GetClientSignal | undefined, reject: (error: unknown) => void) {
    this.dueMs = performance.now() + deadlineMs
    this.#leave = leave
    this.#reject = reject
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = follow(this.#leave?.())
      if (this.isOver) this.end()
    }
    return this.#controller.signal
  }

  end(): void {
    this.isOver = true
    waits.delete(this)
    this.#controller?.abort(busy("deadline"))
  }

  giveUp(): void {
    this.end()
    this.#reject(busy("deadline"))
  }
}

/** Waits that go on, in no order: most end long before they are due. */
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
 * Does the work for one request, and waits for it no longer than its bounds allow. When the wait ends, so does whatever still goes on
 * for it alone.
 * @throws {busy} after the deadline
 */
export const withDeadline = <T>(
  { deadlineMs, getClientSignal, dispose }: Bounds<T>,
  work: (patience: RequestScope) => Promise<T>,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const wait = new Wait(deadlineMs, getClientSignal, reject)
    waits.add(wait)
    ticking ??= setInterval(tick, Math.min(deadlineMs, TICK_MS))
    work(wait).then(
      (found) => {
        if (wait.isOver) dispose(found)
        else wait.end()
        resolve(found)
      },
      (error: unknown) => {
        wait.end()
        reject(error)
      },
    )
  })
