/** Settings from texts, as flags and variables give them, and back: the same for both. */
import { type Setting, SETTINGS, variableOf } from "./settings.ts"

/** A finite number; any other text is passed on as it is, to be refused with what it is the value of. */
export const toNumber = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text

const split = (text: string): readonly string[] => text.split(",").map((part) => part.trim())

/** A list in JSON; any other text with a bracket in front is passed on as it is. */
const toJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const toNumbers = (text: string): unknown =>
  text.includes("=")
    ? Object.fromEntries(split(text).map((pair) => [pair.split("=")[0], toNumber(pair.slice(pair.indexOf("=") + 1))]))
    : toNumber(text)

const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["false", false],
  ["0", false],
  ["no", false],
])

/** What a text says of a switch; undefined for one that says nothing. */
export const parseSwitch = (text: string): boolean | undefined => SWITCH.get(text.toLowerCase())

/** The value of a setting given as text. What does not parse is left as text, so that the schema names it. */
export const parseSetting = ({ kind }: Setting, text: string): unknown => {
  if (kind === "list") return text.startsWith("[") ? toJson(text) : split(text)
  if (kind === "number") return toNumber(text)
  if (kind === "numbers") return toNumbers(text)
  return kind === "switch" ? (parseSwitch(text) ?? text) : text
}

/** Options from texts by setting; absent ones are left out. */
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
const formatSetting = (value: unknown): string => {
  if (Array.isArray(value)) {
    // An empty variable is one that is not given, which an empty list is not.
    const isPlain = value.length > 0 && value.every((entry) => typeof entry === "string")
    return isPlain ? value.join(",") : JSON.stringify(value)
  }
  if (typeof value !== "object" || value === null) return String(value)
  const pairs = Object.entries(value).filter(([, entry]) => entry !== undefined)
  return pairs.map(([name, entry]) => `${name}=${String(entry)}`).join(",")
}

/** Options as variables of an environment, the inverse of {@link optionsFrom}; what is not given has none. */
export const variablesFrom = (options: Readonly<Record<string, unknown>>): Record<string, string> => {
  const valueOf = ({ path: [first, second] }: Setting): unknown =>
    second === undefined ? options[first] : (options[first] as Record<string, unknown> | undefined)?.[second]
  const given = SETTINGS.filter((setting) => valueOf(setting) !== undefined)
  return Object.fromEntries(given.map((setting) => [variableOf(setting), formatSetting(valueOf(setting))]))
}
