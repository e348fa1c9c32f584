/** Responsible for a setting that can be given as text: its type, and its names on the command line and in the environment. */

/** How the text of a setting is parsed. */
export type Kind =
  | "text"
  /** Separated by commas, or a JSON array where an entry is more than one word. */
  | "list"
  | "number"
  | "boolean"
  /** A JSON object. */
  | "object"
  /** A folder or URL, or a JSON object with one for each prefix. */
  | "location"
  /** `name=value,name=value`, or a JSON object where a value has a comma. */
  | "pairs"
  /** `80`, or one number per format: `jpeg=80,webp=75`. */
  | "quality"

/** One row of the table. */
export interface Setting {
  /** Where the value is in the options: `["limits", "pixels"]` is `limits.pixels`. */
  readonly path: readonly [string, ...string[]]
  readonly kind: Kind
  /** Placeholder of the value in `--help`. @default the kind */
  readonly hint?: string
  /** Markdown. */
  readonly description: string
  /** Markdown: code for a value, else a description of the value. */
  readonly default: string
}

/** Settings under one heading of `--help` and docs/settings.md. */
export interface SettingGroup {
  readonly heading: string
  readonly settings: readonly Setting[]
}

/** Settings with secret values, which neither messages nor the studio show. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set(["originalsHeaders", "notifyHeaders", "compatKeys"])

/** Settings that only `serve` uses. */
export const SERVER_SETTINGS: ReadonlySet<string> = new Set([
  "watch",
  "host",
  "port",
  "drainMs",
  "logLevel",
  "logFormat",
  "logHits",
  "logQueries",
  "metrics",
  "metricsPort",
  "studio",
  "studioWrite",
  "studioHosts",
  "whenBusy",
  "staleRecipe",
])

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/**
 * Name of the command-line option, without the leading hyphens.
 * @example
 * flagOf(limits.deadlineMs) // "deadline-ms"
 * flagOf(retired.sizes) // "retired-sizes"
 */
export const flagOf = ({ path }: Setting): string => (path[0] === "limits" ? path.slice(1) : path).map(kebab).join("-")

const SECRET_FLAGS: ReadonlySet<string> = new Set(Array.from(SECRET_SETTINGS, kebab))

/** Whether the value of a command-line option is secret. @param flag its name without dashes */
export const isSecretFlag = (flag: string): boolean => SECRET_FLAGS.has(flag)

/** Name of the environment variable: `limits.deadlineMs` is `IMGTAILOR_DEADLINE_MS`. */
export const variableOf = (setting: Setting): string =>
  `IMGTAILOR_${flagOf(setting).replaceAll("-", "_").toUpperCase()}`
