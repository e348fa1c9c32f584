/** Responsible for the shape of a route of the studio's API, and for its parts. */
import type { EffectiveConfig } from "../config/origins.ts"
import type { OpenTailor } from "../create-tailor.ts"
import type { LogLevel } from "../hooks.ts"
import type { Guard } from "./guard.ts"
import type { StudioReply, StudioRequest } from "./reply.ts"

/** Parts of the routes. */
export interface RouteParts {
  readonly tailor: OpenTailor
  readonly guard: Guard
  /** True if no token is needed: a demo that listens on the loopback interface alone. */
  readonly isOpen: boolean
  /** Version of imgtailor. */
  readonly version: string
  /** Settings with their origins. */
  readonly effective: EffectiveConfig
  readonly onNotice: (text: string, level?: LogLevel) => void
}

/** Answers one request of the API. */
export type Route = (request: StudioRequest) => Promise<StudioReply> | StudioReply
