/**
 * How long a request waits. Two things end a wait: the deadline, and the client's leaving. Stores get both as one signal; a store that
 * heeds no signal is not waited for either. The signal is made when somebody asks for it: a hit in a folder asks for nothing.
 */
import { busy, isAbort } from "../errors.ts"
import type { CallOptions } from "../store/store.ts"

/** Gives the signal of a caller's leaving; asked for only when something has to be made. */
export type Leave = () => AbortSignal

/** What the work for one request may look at. Take `signal` only where it is needed. */
export interface Patience extends CallOptions {
  readonly signal: AbortSignal
}

/** How exactly deadlines are kept. A timer for each request would cost a hit more than its look into memory does. */
const TICK_MS = 50

interface Alarm {
  readonly dueMs: number
  readonly ring: () => void
}

/** Alarms that are set, in no order: most are let go of long before they are due. */
const alarms = new Set<Alarm>()
let ticking: NodeJS.Timeout | undefined

const tick = (): void => {
  const now = performance.now()
  for (const alarm of alarms) {
    if (alarm.dueMs > now) continue
    alarms.delete(alarm)
    alarm.ring()
  }
  if (alarms.size > 0) return
  clearInterval(ticking)
  ticking = undefined
}

const setAlarm = (ms: number, ring: () => void): Alarm => {
  const alarm = { dueMs: performance.now() + ms, ring }
  alarms.add(alarm)
  ticking ??= setInterval(tick, Math.min(ms, TICK_MS))
  return alarm
}

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
  readonly leave: Leave | undefined
  /** Releases what was found too late. */
  readonly letGo: (found: T) => unknown
}

/**
 * Does the work for one request, and waits for it no longer than its bounds allow. When the wait ends, so does whatever still goes on
 * for it alone.
 * @throws {busy} after the deadline
 */
export const withPatience = <T>(
  { deadlineMs, leave, letGo }: Bounds<T>,
  work: (patience: Patience) => Promise<T>,
): Promise<T> =>
  new Promise((resolve, reject) => {
    let controller: AbortController | undefined
    let isOver = false
    const end = (): void => {
      isOver = true
      alarms.delete(alarm)
      controller?.abort(busy("deadline"))
    }
    const alarm = setAlarm(deadlineMs, () => {
      end()
      reject(busy("deadline"))
    })
    const patience: Patience = {
      get signal() {
        if (!controller) {
          controller = follow(leave?.())
          if (isOver) controller.abort(busy("deadline"))
        }
        return controller.signal
      },
    }
    work(patience).then(
      (found) => {
        if (isOver) letGo(found)
        else end()
        resolve(found)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
