/** Responsible for the studio of `serve`: whether a token is needed, and its URL. */
import { isIP } from "node:net"

import type { EffectiveConfig } from "../config/origins.ts"
import type { OpenTailor } from "../create-tailor.ts"
import type { Log } from "../server/log.ts"
import type { Studio } from "../studio/studio.ts"

/** Parts of {@link openStudio}. */
export interface StudioInput {
  readonly tailor: OpenTailor
  readonly effective: EffectiveConfig
  readonly isDemo: boolean
  /** Version of the package. */
  readonly readVersion: () => string
  readonly log: Log
  readonly port: () => number
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))

/** Opens the studio, if it is switched on. A demo on the loopback interface needs no token: its photos are generated. */
export const openStudio = async ({
  tailor,
  effective,
  isDemo,
  readVersion,
  log,
  port,
}: StudioInput): Promise<Studio | undefined> => {
  if (!tailor.config.studio) return undefined
  const { createStudio } = await import("../studio/studio.ts")
  return createStudio({
    tailor,
    effective,
    version: readVersion(),
    isOpen: isDemo && isLoopback(tailor.config.host),
    port,
    onNotice: log.note,
  })
}
