/**
 * How long a request waits. Two things end a wait: the deadline, and the client's leaving. Stores get both as one signal; a store that
 * heeds no signal is not waited for either.
 */
import { busy } from "../errors.ts"
import type { CallOptions } from "../store/store.ts"

/** Gives the signal of a caller's leaving; asked for only when something has to be made. */
export type Leave = () => AbortSignal

/** How long one request may take. The signal is made when a store asks for it: a hit in a folder asks for nothing. */
export interface Patience extends CallOptions {
  readonly signal: AbortSignal
  /** Nobody waits any more: whatever still goes on for this request ends. */
  readonly end: () => void
}

/** @param deadlineMs from now on */
export const createPatience = (deadlineMs: number, leave: Leave | undefined): Patience => {
  const started = performance.now()
  let timer: NodeJS.Timeout | undefined
  let controller: AbortController | undefined
  let isOver = false
  const begin = (): AbortController => {
    const begun = new AbortController()
    const left = leave?.()
    if (isOver) begun.abort(busy("deadline"))
    if (left?.aborted) begun.abort(left.reason)
    left?.addEventListener("abort", () => begun.abort(left.reason), { once: true })
    if (!begun.signal.aborted)
      timer = setTimeout(() => begun.abort(busy("deadline")), started + deadlineMs - performance.now())
    return begun
  }
  return {
    get signal() {
      return (controller ??= begin()).signal
    },
    end: () => {
      isOver = true
      clearTimeout(timer)
      controller?.abort(busy("deadline"))
    },
  }
}

/** @throws {busy} when finding takes longer than that; what is found later is let go of */
export const within = async <T>(finding: Promise<T>, ms: number, letGo: (found: T) => unknown): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(busy("deadline"))
      finding.then(letGo, () => {})
    }, ms)
  })
  try {
    return await Promise.race([finding, late])
  } finally {
    clearTimeout(timer)
  }
}
