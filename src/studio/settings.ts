/** Responsible for the settings in effect, with their origins and documentation. */
import { configFileOf, settingsInEffect } from "../config/origins.ts"
import type { Settings } from "./api.ts"
import { replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

/** `GET api/settings`. */
export const createSettingsRoute =
  ({ effective }: RouteParts): Route =>
  () =>
    replyJson({
      settings: settingsInEffect(effective),
      file: effective.file,
      configFile: configFileOf(effective),
    } satisfies Settings)
