/**
 * Responsible for the state that a function keeps between calls: its settings and its tailor, opened with the first call.
 *
 * Invariants:
 * - A function does not end before its work: Lambda freezes it once it has answered, with its requests half sent.
 */
import { type OpenTailor, openTailorWith } from "../create-tailor.ts"
import type { LogLevel } from "../hooks.ts"
import { createRenderer } from "../render/render.ts"
import type { FunctionConfig } from "./function-config.ts"
import { createFunctionRenderer } from "./function-renderer.ts"
import { logLine, logRequest } from "./log.ts"
import { createRenderMarkers } from "./render-markers.ts"

/** The parts of Lambda's context that functions use. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis?: () => number
}

/** A function's settings and its tailor. */
export interface FunctionState extends FunctionConfig {
  readonly tailor: OpenTailor
  /** Call at the start of each call. */
  readonly beginCall: (context: LambdaContext | undefined) => void
  /** Resolves when everything is stored, or the call is nearly over. */
  readonly settle: () => Promise<void>
}

/** Rest of a call's time that is needed to send the response. */
const SPARE_MS = 300

/** Outside Lambda nothing limits a call. */
const UNLIMITED_MS = 60_000

const openState = async (load: () => Promise<FunctionConfig>): Promise<FunctionState> => {
  const loaded = await load()
  const { limits, overlays } = loaded.config
  let callEndsMs = 0
  const onNotice = (text: string, level: LogLevel = "warn"): void => logLine(level, text)
  const { renderer, watch, idle } = createFunctionRenderer(
    createRenderer(limits, (digest) => overlays.get(digest)),
    {
      maxEstimateBytes: limits.memoryBytes,
      markers: createRenderMarkers(() => tailor.renditions, limits.memoryBytes, Date.now),
      callEndsMs: () => callEndsMs,
    },
  )
  const hooks = { onRequest: logRequest, onNotice }
  const tailor = openTailorWith({ renderer, wrapOriginals: watch }, loaded.config, hooks)
  const settle = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(
        () => {
          logLine("warn", "Lambda is about to time out with unsaved renditions")
          resolve()
        },
        Math.max(0, callEndsMs - Date.now() - SPARE_MS),
      )
    })
    await Promise.race([tailor.idle().then(idle), late])
    clearTimeout(timer)
  }
  const beginCall = ({ getRemainingTimeInMillis }: LambdaContext = {}): void => {
    callEndsMs = Date.now() + (getRemainingTimeInMillis?.() ?? UNLIMITED_MS)
  }
  return { ...loaded, tailor, beginCall, settle }
}

/** Opens the state with the first call, and keeps it. A call whose `load` fails keeps nothing: the next one tries again. */
export const createLazyState = (load: () => Promise<FunctionConfig>): (() => Promise<FunctionState>) => {
  let opening: Promise<FunctionState> | undefined
  return () =>
    (opening ??= openState(load).catch((error: unknown) => {
      opening = undefined
      throw error
    }))
}
