/** Responsible for settings given as text, by options and environment variables: parsing, and formatting as the inverse. */
import { type Setting, variableOf } from "./setting.ts"
import { SETTINGS } from "./settings.ts"

/** A finite number. Any other text is returned unchanged, so that validation can report it. */
export const toNumber = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text

const split = (text: string): readonly string[] => text.split(",").map((part) => part.trim())

/** Parsed JSON. Text that does not parse is returned unchanged, so that validation can report it. */
const toJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** `80`, or `jpeg=80,webp=75`. Text that names a format twice is returned unchanged, so that validation can report it. */
const toQuality = (text: string): unknown => {
  if (!text.includes("=")) return toNumber(text)
  const pairs = split(text).map((pair) => {
    const [format = "", ...number] = pair.split("=")
    return [format.trim(), toNumber(number.join("="))] as const
  })
  const byFormat = new Map(pairs)
  return byFormat.size === pairs.length ? Object.fromEntries(byFormat) : text
}

/** `name=value,name=value`. Text that is something else is returned unchanged, so that validation can report it. */
const toPairs = (text: string): unknown => {
  if (text.startsWith("{")) return toJson(text)
  const pairs = split(text).map(
    (pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const,
  )
  return split(text).every((pair) => pair.includes("=")) ? Object.fromEntries(pairs) : text
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["false", false],
  ["0", false],
  ["no", false],
])

/** True or false for `true`, `1`, `yes`, `false`, `0` and `no` in any case; undefined for any other text. */
export const parseBoolean = (text: string): boolean | undefined => BOOLEANS.get(text.toLowerCase())

/** The value of a setting given as text. Text that does not parse is returned unchanged, so that validation can report it. */
export const parseSetting = ({ kind }: Setting, text: string): unknown => {
  if (kind === "list") return text.startsWith("[") ? toJson(text) : split(text)
  if (kind === "number") return toNumber(text)
  if (kind === "quality") return toQuality(text)
  if (kind === "pairs") return toPairs(text)
  if (kind === "object" || kind === "location") return text.trim().startsWith("{") ? toJson(text) : text
  return kind === "boolean" ? (parseBoolean(text) ?? text) : text
}

/** Options from the texts of settings. Settings without a text are left out. */
export const optionsFrom = (textOf: (setting: Setting) => string | undefined): Record<string, unknown> => {
  const options: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const text = textOf(setting)
    if (text === undefined) continue
    const [first, second] = setting.path
    const value = parseSetting(setting, text)
    options[first] = second === undefined ? value : { ...(options[first] as object | undefined), [second]: value }
  }
  return options
}

/** The inverse of {@link parseSetting}. */
export const formatSetting = ({ kind }: Setting, value: unknown): string => {
  if (Array.isArray(value)) {
    // An empty list is written as JSON: an empty environment variable counts as not set.
    const isPlain = value.length > 0 && value.every((entry) => typeof entry === "string")
    return isPlain ? value.join(",") : JSON.stringify(value)
  }
  if (typeof value !== "object" || value === null) return String(value)
  if (kind === "object" || kind === "location") return JSON.stringify(value)
  const pairs = Object.entries(value).filter(([, entry]) => entry !== undefined)
  return pairs.map(([name, entry]) => `${name}=${String(entry)}`).join(",")
}

/** Options as environment variables, the inverse of {@link optionsFrom}. Options that are not set have no variable. */
export const variablesFrom = (options: Readonly<Record<string, unknown>>): Record<string, string> => {
  const valueOf = ({ path: [first, second] }: Setting): unknown =>
    second === undefined ? options[first] : (options[first] as Record<string, unknown> | undefined)?.[second]
  const present = SETTINGS.filter((setting) => valueOf(setting) !== undefined)
  return Object.fromEntries(present.map((setting) => [variableOf(setting), formatSetting(setting, valueOf(setting))]))
}
