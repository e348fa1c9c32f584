/** Responsible for the text of each mistake in the options: its path, the value found and the expected one. */
import type { BaseIssue } from "valibot"

import { didYouMean } from "./did-you-mean.ts"
import { SECRET_SETTINGS } from "./setting.ts"

/** The message of an issue about an unknown key. The sentence is made from its path. */
export const UNKNOWN_KEY = "unknown key"

/** A text without the user name and password of URLs in it. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^/@\s]*@/g, "//…@")

/** A short description of a value. Contents of objects are left out: they can be long or secret. */
export const show = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (typeof value === "string") return JSON.stringify(withoutCredentials(value))
  if (Array.isArray(value)) return `[${value.slice(0, 10).map(show).join(", ")}]`
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return value === null ? "null" : `a ${typeof value}`
  return `an object with ${Object.keys(value).slice(0, 10).join(", ") || "no keys"}`
}

const pathOf = (issue: BaseIssue<unknown>): readonly string[] =>
  (issue.path ?? []).map((item) => String("key" in item ? item.key : ""))

const describeUnknownKey = (path: readonly string[], known: readonly string[]): string => {
  const similar = didYouMean(path.at(-1) ?? "", known)
  return similar
    ? `unknown setting. Did you mean ${[...path.slice(0, -1), similar].join(".")}?`
    : `unknown setting. Known settings: ${known.join(", ")}.`
}

/** A suggestion where one of a few words was expected. */
const suggestionFor = ({ type, input, expected }: BaseIssue<unknown>): string => {
  if (type !== "picklist" || typeof input !== "string") return ""
  const similar = didYouMean(input, expected?.match(/[\w-]+/g) ?? [])
  return similar ? ` Did you mean ${similar}?` : ""
}

const describeValue = (issue: BaseIssue<unknown>, isSecret: boolean): string => {
  const isOurs = issue.message.startsWith("Expected")
  if (isOurs && issue.message.includes(", got ")) return issue.message
  const words = (issue.expected ?? "something else").replace(/[()"]/g, "").replaceAll(" | ", ", ")
  const expected = isOurs ? issue.message : `Expected ${words}`
  return isSecret ? `${expected}, got another value.` : `${expected}, got ${show(issue.input)}.${suggestionFor(issue)}`
}

/** How to set the settings that have no default. */
const REQUIRED: Readonly<Record<string, string>> = {
  originals: " Set it to the folder of the original images, by the first argument of serve or by --originals.",
  sizes: ' Set it to the allowed sizes, like --sizes 360x270,480h,1280w or sizes: ["360x270", "480h", "1280w"].',
}

/**
 * One mistake as a sentence that begins with the path of the setting.
 * @param keysBeside the known keys beside the last key of a path
 */
export const describeIssue = (
  issue: BaseIssue<unknown>,
  keysBeside: (path: readonly string[]) => readonly string[],
): string => {
  const path = pathOf(issue)
  const name = path.join(".")
  if (issue.message === UNKNOWN_KEY) return `${name}: ${describeUnknownKey(path, keysBeside(path))}`
  const isMissing = path.length > 0 && issue.type === "loose_object" && issue.received === "undefined"
  if (isMissing) return `${name}: this setting is required.${REQUIRED[name] ?? ""}`
  return `${name || "configuration"}: ${describeValue(issue, SECRET_SETTINGS.has(path[0] ?? ""))}`
}
