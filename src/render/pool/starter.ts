/**
 * Responsible for starting render processes, and for what happens when that fails: a lack of resources is retried, a machine on which
 * none ever started is reported as a mistake in the configuration.
 */
import { badConfig, busy } from "../../errors.ts"
import type { StartOptions } from "./child-connection.ts"
import type { Ending } from "./ending.ts"
import { type RenderProcess, startRenderProcess } from "./render-process.ts"

const ATTEMPTS = 3
const FIRST_BACKOFF_MS = 200

/** Events of a starter. */
export interface StarterEvents {
  readonly onStarted: (process: RenderProcess) => void
  readonly onExited: (process: RenderProcess) => void
  /** A process has started or exited, or another attempt is due. */
  readonly onChange: () => void
  /** The attempts failed one after the other. */
  readonly onFailed: (error: Error) => void
}

/** Starts processes. */
export interface Starter {
  readonly start: () => void
  /** Processes that are starting. */
  readonly starting: () => number
  /** Whether the latest start failed and the next attempt is not due yet. */
  readonly isFailing: () => boolean
  /** Whether the latest start failed. */
  readonly hasFailed: () => boolean
  /** All processes, those that are starting included. */
  readonly all: ReadonlySet<RenderProcess>
  /** Starts no more. */
  readonly close: () => void
}

const detailOf = (ending: Ending): string =>
  ending.reason === "died" ? ending.detail : `it was ended (${ending.reason})`

const cannotStart = (detail: string): Error =>
  badConfig([
    `isolation: Expected to start a render process, but ${detail}. Set isolation to "none" to render in the server process.`,
  ])

/** @param options how a process is started */
export const createStarter = (
  options: StartOptions,
  { onStarted, onExited, onChange, onFailed }: StarterEvents,
): Starter => {
  const all = new Set<RenderProcess>()
  let starting = 0
  let failures = 0
  let hasEverStarted = false
  let hasFailed = false
  let isClosed = false
  let backoff: NodeJS.Timeout | undefined

  const onFailure = (ending: Ending): void => {
    if (isClosed) return
    hasFailed = true
    failures += 1
    if (failures >= ATTEMPTS) {
      failures = 0
      const detail = detailOf(ending)
      return onFailed(hasEverStarted ? busy("processes", new Error(detail)) : cannotStart(detail))
    }
    backoff ??= setTimeout(() => {
      backoff = undefined
      onChange()
    }, FIRST_BACKOFF_MS * failures)
  }

  return {
    all,
    starting: () => starting,
    hasFailed: () => hasFailed,
    isFailing: () => backoff !== undefined,
    start: () => {
      const process = startRenderProcess(options)
      all.add(process)
      starting += 1
      void process.ready.then((ending) => {
        starting -= 1
        if (ending) return onFailure(ending)
        failures = 0
        hasFailed = false
        hasEverStarted = true
        onStarted(process)
        onChange()
      })
      void process.exited.then(() => {
        all.delete(process)
        onExited(process)
        onChange()
      })
    },
    close: () => {
      isClosed = true
      clearTimeout(backoff)
    },
  }
}
