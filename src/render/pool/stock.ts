/** Responsible for which processes are lent and which are idle, for callers that wait for one, and for noticing a minute without work. */
import { IDLE_MS, MAX_GROWN_AT_REST_BYTES } from "./limits.ts"
import type { RenderProcess } from "./render-process.ts"
import { createWaitingLine, type WaitingLine } from "./waiting-line.ts"

/** A process and its resident memory before the work, in bytes. */
export interface Lent {
  readonly process: RenderProcess
  readonly rssBytes: number
}

/** The processes of a pool. */
export interface Stock {
  readonly line: WaitingLine<Lent>
  readonly idleCount: () => number
  readonly lentCount: () => number
  /** Lends the idle process that was used latest. */
  readonly take: () => Lent | undefined
  /** Lends a process to the first waiting caller, or keeps it idle. */
  readonly offer: (next: Lent) => void
  readonly takeBack: (process: RenderProcess) => void
  /** The process has exited. */
  readonly remove: (process: RenderProcess) => void
  /** Ends all idle processes but the smallest. @returns whether that one, if there is any, should be replaced: it has grown too */
  readonly trim: () => boolean
}

/** A switch that turns itself off. */
export interface Activity {
  /** Turns it on for a minute from now. */
  readonly touch: () => void
  readonly isOn: () => boolean
  readonly end: () => void
}

/** @param onIdle called when it turns itself off */
export const createActivity = (onIdle: () => void): Activity => {
  let timer: NodeJS.Timeout | undefined
  return {
    touch: () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        onIdle()
      }, IDLE_MS)
      timer.unref()
    },
    isOn: () => timer !== undefined,
    end: () => clearTimeout(timer),
  }
}

/** @returns a stock without processes */
export const createStock = (): Stock => {
  const idle: Lent[] = []
  const lent = new Set<RenderProcess>()
  const line = createWaitingLine<Lent>()

  const handOut = (next: Lent): Lent => {
    lent.add(next.process)
    next.process.setBusy(true)
    return next
  }

  return {
    line,
    idleCount: () => idle.length,
    lentCount: () => lent.size,
    take: () => {
      let next = idle.pop()
      while (next?.process.hasEnded()) next = idle.pop()
      return next && handOut(next)
    },
    offer: (next) => {
      if (line.length() > 0) return void line.offer(handOut(next))
      idle.push(next)
      next.process.setBusy(false)
    },
    takeBack: (process) => void lent.delete(process),
    remove: (process) => {
      lent.delete(process)
      const at = idle.findIndex((each) => each.process === process)
      if (at !== -1) idle.splice(at, 1)
    },
    trim: () => {
      idle.sort((a, b) => a.rssBytes - b.rssBytes)
      for (const { process } of idle.splice(1)) process.end({ reason: "surplus" })
      const [left] = idle
      if (!left || left.rssBytes - left.process.initialRssBytes() <= MAX_GROWN_AT_REST_BYTES) return false
      left.process.end({ reason: "surplus" })
      idle.length = 0
      return true
    },
  }
}
