/** Responsible for settings in environment variables: reading them, and finding those that are misspelt. */
import { didYouMean } from "./did-you-mean.ts"
import { optionsFrom } from "./parse-text.ts"
import { variableOf } from "./setting.ts"
import { SETTINGS } from "./settings.ts"

type Env = Readonly<Record<string, string | undefined>>

/** Variables that are not settings of the table: the functions on AWS read them. */
const FUNCTION_VARIABLES = ["IMGTAILOR_DISTRIBUTION", "IMGTAILOR_EDGE_BASE_PATH", "IMGTAILOR_STREAMING"]

const KNOWN: readonly string[] = [...SETTINGS.map(variableOf), ...FUNCTION_VARIABLES]

/**
 * True for a variable that describes a service named `imgtailor…`, such as `IMGTAILOR_SERVICE_HOST`. Kubernetes and Docker add these to
 * every container beside the service.
 */
const isServiceLink = (name: string, value: string): boolean =>
  /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/.test(name) || /^(?:tcp|udp|sctp):\/\//.test(value)

/** Options from `IMGTAILOR_*` variables. An empty variable counts as not set. */
export const optionsFromVariables = (env: Env): Record<string, unknown> =>
  optionsFrom((setting) => {
    const name = variableOf(setting)
    const value = env[name]
    return !value || isServiceLink(name, value) ? undefined : value
  })

/** A sentence for each variable that begins with `IMGTAILOR_` and is not known. */
export const variableProblems = (env: Env): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) => {
    const isOurs = /^IMGTAILOR_./.test(name) && value !== undefined && !isServiceLink(name, value)
    if (!isOurs || KNOWN.includes(name)) return []
    // IMGTAILOR_LIMITS_PIXELS is named after the setting in a file.
    const similar = didYouMean(name.replace("_LIMITS_", "_"), KNOWN)
    const advice = similar ? `Did you mean ${similar}?` : "docs/settings.md lists the known ones."
    return [`${name}: unknown environment variable. ${advice}`]
  })
