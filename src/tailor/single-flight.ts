/**
 * Identical work at one time is done once. A flight outlives the caller that started it: one client going away fails nobody else.
 * When the last waiter has left, the flight's signal aborts, so that work still waiting for its turn leaves the queue; work that is
 * running goes on, and its result is stored.
 */
import { orAbort } from "../abort.ts"
import { isAbort } from "../errors.ts"

/** What a flight is made of. */
export interface Flight<T> {
  /** What the waiters get. */
  readonly value: Promise<T>
  /** When the next identical call has to begin anew; never rejects. */
  readonly landed: Promise<void>
  /** False once a new caller can no longer be served by it; it then waits for this flight to land and begins its own. */
  readonly isOpen: () => boolean
  /** False where it came of the work, once that is over, that it is not what the flight's name says. Absent where that cannot be. */
  readonly matchesKey?: () => boolean
}

/**
 * Begins the work.
 * @param signal tells of the last waiter leaving
 * @param previous lands when a flight of this name that takes no more callers has landed
 */
export type Start<T> = (signal: AbortSignal, previous: Promise<void> | undefined) => Flight<T>

/** One caller's part in a flight. */
export interface Shared<T> {
  readonly value: Promise<T>
  /** Whether this caller began it. */
  readonly isFirst: boolean
  /** Asked after the value came or failed: false where this caller joined, and it is not what was asked for. */
  readonly matchesKey: () => boolean
}

/** Flights by name. */
export interface SingleFlight<T> {
  /**
   * Joins the flight of this name, or starts it.
   * @param start called at once where there is no such flight
   * @param signal this waiter's own; its reason is thrown when it aborts
   */
  share(name: string, start: Start<T>, signal?: AbortSignal): Shared<T>
  /** Resolves when what is in flight now has landed. */
  settled(): Promise<void>
  /** Resolves when nothing is in flight any more. */
  idle(): Promise<void>
}

interface Entry<T> extends Flight<T> {
  readonly leave: AbortController
  waiters: number
  isSettled: boolean
  /** It was called off and gave up: nobody can join it any more. */
  hasGivenUp: boolean
}

export const createSingleFlight = <T>(): SingleFlight<T> => {
  const entries = new Map<string, Entry<T>>()
  const inFlight = new Set<Entry<T>>()

  const forget = (name: string, entry: Entry<T>): void => {
    if (entries.get(name) === entry) entries.delete(name)
  }

  const begin = (name: string, start: Start<T>, previous?: Entry<T>): Entry<T> => {
    const leave = new AbortController()
    const flight = start(leave.signal, previous?.landed)
    // A flight that gives up while it waits for the one before it must not hide that one from the next.
    const landed = previous ? Promise.all([flight.landed, previous.landed]).then(() => {}) : flight.landed
    const entry: Entry<T> = { ...flight, landed, leave, waiters: 0, isSettled: false, hasGivenUp: false }
    entries.set(name, entry)
    inFlight.add(entry)
    const settle = (): void => void (entry.isSettled = true)
    // Everyone may have left before the value came: this is also what keeps a late failure from being unhandled.
    entry.value.then(settle, settle)
    void entry.landed.then(() => {
      forget(name, entry)
      inFlight.delete(entry)
    })
    return entry
  }

  const wait = async (entry: Entry<T>, signal: AbortSignal | undefined): Promise<T> => {
    entry.waiters += 1
    try {
      return await orAbort(entry.value, signal)
    } finally {
      entry.waiters -= 1
      if (entry.waiters === 0 && !entry.isSettled) entry.leave.abort()
    }
  }

  const share: SingleFlight<T>["share"] = (name, start, signal) => {
    const joined = entries.get(name)
    if (!joined?.isOpen() || joined.hasGivenUp)
      return { value: wait(begin(name, start, joined), signal), isFirst: true, matchesKey: () => true }
    let isSound = (): boolean => joined.matchesKey?.() ?? true
    const value = wait(joined, signal).catch((error: unknown) => {
      // It was called off in the moment between the last waiter's leaving and our joining: begin anew.
      if (!joined.leave.signal.aborted || signal?.aborted || !isAbort(error)) throw error
      joined.hasGivenUp = true
      const other = share(name, start, signal)
      isSound = other.matchesKey
      return other.value
    })
    return { value, isFirst: false, matchesKey: () => isSound() }
  }

  const settled = async (): Promise<void> => {
    await Promise.all([...inFlight].map(({ landed }) => landed))
  }

  return {
    share,
    settled,
    idle: async () => {
      while (inFlight.size > 0) await settled()
    },
  }
}
