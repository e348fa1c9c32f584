/**
 * What a configuration must look like. Every mistake is reported at once, with the path of the key, what was found, what would be right,
 * and for a misspelt key the one that was probably meant.
 */
import { distance } from "fastest-levenshtein"
import * as v from "valibot"

import { FORMATS, LOSSY_FORMATS } from "../sizes/format.ts"
import { isSizeSegment } from "../sizes/key.ts"
import { parseSizeList, type SizeInput } from "../sizes/list.ts"
import { GRAVITIES } from "../sizes/size.ts"
import { isS3Url, parseS3Url } from "../store/s3/place.ts"
import { COMPAT, type Limits, type TailorOptions, UNKNOWN_SIZES } from "./options.ts"

const list = (values: readonly string[]): string => values.join(", ")

const integer = (min: number, max: number): v.GenericSchema<number> =>
  v.custom<number>(
    (input) => Number.isInteger(input) && Number(input) >= min && Number(input) <= max,
    `Expected a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}`,
  )

/** The message of an unknown key; its sentence is made from where it stands. */
const UNKNOWN = "unknown key"

/** An object without other keys than these. Every other key is told, where valibot's own strict object tells the first. */
const strict = (entries: v.ObjectEntries): v.GenericSchema =>
  v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Record<string, unknown>
      if (typeof input !== "object" || input === null) return
      for (const key of Object.keys(input).filter((name) => !Object.hasOwn(entries, name))) {
        addIssue({ message: UNKNOWN, path: [{ type: "object", origin: "key", input, key, value: undefined }] })
      }
    }),
  )

const positive = integer(1, Number.MAX_SAFE_INTEGER)
const quality = integer(1, 100)

const qualityInput = v.lazy((input) =>
  typeof input === "object"
    ? strict(Object.fromEntries(LOSSY_FORMATS.map((format) => [format, v.optional(quality)])))
    : quality,
)

const sizeInput = v.lazy((input) =>
  typeof input === "string"
    ? v.string()
    : strict({
        size: v.string(),
        name: v.optional(v.string()),
        gravity: v.optional(v.picklist(GRAVITIES)),
        quality: v.optional(qualityInput),
      }),
)

/** Reports what the size list itself finds wrong; shapes and types have been checked by then. */
const listProblems = (inputs: readonly unknown[]): readonly string[] => {
  const parsed = parseSizeList(inputs as readonly SizeInput[])
  return "problems" in parsed ? parsed.problems.map(({ message }) => message) : []
}

const size = v.pipe(
  sizeInput,
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed) for (const message of listProblems([dataset.value])) addIssue({ message })
  }),
)

/** Every entry has been checked by itself; what is left is what they are together. */
const sizes = v.pipe(
  v.array(size, "Expected a list"),
  v.rawCheck(({ dataset, addIssue }) => {
    const isSound = dataset.typed && dataset.value.every((input) => listProblems([input]).length === 0)
    if (isSound) for (const message of listProblems(dataset.value)) addIssue({ message })
  }),
)

/** A folder's name, a place in S3, or an object with these members. */
const store = (...members: readonly string[]): v.GenericSchema =>
  v.custom(
    (input) =>
      (typeof input === "string" && input !== "" && (!isS3Url(input) || parseS3Url(input) !== undefined)) ||
      (typeof input === "object" && input !== null && members.every((name) => name in input)),
    `Expected a folder, s3://bucket/prefix, or a store with ${list(members)}`,
  )

const formats = v.pipe(
  v.array(v.picklist(FORMATS), "Expected a list"),
  v.check((values) => new Set(values).size === values.length, "Expected every format once"),
)

/** Keys of `limits`. */
export const LIMIT_NAMES: readonly (keyof Limits)[] = [
  "pixels",
  "bytes",
  "animationPixels",
  "deadlineMs",
  "renders",
  "queue",
  "memoryBytes",
  "cacheBytes",
]
const MAY_BE_ZERO: ReadonlySet<string> = new Set<keyof Limits>(["queue", "cacheBytes", "animationPixels"])

/** Timers count to 2^31 ms; a day is more than anybody waits. */
const MAX_DEADLINE_MS = 86_400_000

const limitOf = (name: keyof Limits): v.GenericSchema<number> => {
  if (name === "deadlineMs") return integer(1, MAX_DEADLINE_MS)
  return MAY_BE_ZERO.has(name) ? integer(0, Number.MAX_SAFE_INTEGER) : positive
}

const ENTRIES = {
  originals: store("head", "get"),
  renditions: v.optional(store("keyLimits", "head", "get", "put", "delete")),
  sizes,
  formats: v.optional(formats),
  retired: v.optional(
    strict({
      sizes: v.optional(v.array(v.pipe(v.string(), v.check(isSizeSegment, "Expected a size or the name of one")))),
      formats: v.optional(formats),
    }),
  ),
  unknownSize: v.optional(v.picklist(UNKNOWN_SIZES)),
  compat: v.optional(v.array(v.picklist(COMPAT), "Expected a list")),
  sharedStore: v.optional(v.boolean()),
  s3Endpoint: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^https?:\/\/[^/?#@]+\/?$/,
        "Expected the address of a server like https://s3.example.com, without a path",
      ),
      v.check((text) => URL.canParse(text), "Expected the address of a server like https://s3.example.com"),
    ),
  ),
  s3Region: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, "Expected a region like eu-central-1"))),
  s3PathStyle: v.optional(v.boolean()),
  recheckSeconds: v.optional(integer(0, 86_400)),
  watch: v.optional(v.boolean()),
  quality: v.optional(qualityInput),
  background: v.optional(
    v.pipe(v.string(), v.regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, "Expected a colour like #ffffff")),
  ),
  limits: v.optional(strict(Object.fromEntries(LIMIT_NAMES.map((name) => [name, v.optional(limitOf(name))])))),
  cacheControl: v.optional(
    v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/, "Expected a Cache-Control header in plain ASCII")),
  ),
  basePath: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^(?:|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+)$/,
        "Expected a path like /img: a leading slash, none at the end, no characters that need escaping",
      ),
    ),
  ),
  host: v.optional(v.pipe(v.string(), v.nonEmpty("Expected a host name or an address"))),
  port: v.optional(integer(0, 65_535)),
}
const SCHEMA = strict(ENTRIES)

/** A value in few words; never what is inside an object, which may be long or secret. */
const show = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (typeof value === "string") return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.slice(0, 10).map(show).join(", ")}]`
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return value === null ? "null" : `a ${typeof value}`
  return `an object with ${list(Object.keys(value).slice(0, 10)) || "nothing"}`
}

const optionPath = (issue: v.BaseIssue<unknown>): readonly string[] =>
  (issue.path ?? []).map((item) => String("key" in item ? item.key : ""))

/** Keys that would have been right where an unknown one was found. */
const keysBeside = (path: readonly string[]): readonly string[] => {
  const [first, ...rest] = path
  if (rest.length === 0) return Object.keys(ENTRIES)
  if (first === "limits") return LIMIT_NAMES
  if (first === "retired") return ["sizes", "formats"]
  return first === "sizes" && rest.length === 2 ? ["size", "name", "gravity", "quality"] : LOSSY_FORMATS
}

/** The nearest of some words, if it is near enough to have been meant. */
export const didYouMean = (word: string, words: readonly string[]): string | undefined => {
  const [best] = words.toSorted(
    (a, b) => distance(word.toLowerCase(), a.toLowerCase()) - distance(word.toLowerCase(), b.toLowerCase()),
  )
  return best !== undefined && distance(word.toLowerCase(), best.toLowerCase()) <= Math.max(2, best.length / 3)
    ? best
    : undefined
}

const describeUnknown = (path: readonly string[]): string => {
  const keys = keysBeside(path)
  const meant = didYouMean(path.at(-1) ?? "", keys)
  const instead = meant ? `Did you mean ${[...path.slice(0, -1), meant].join(".")}?` : `Known here: ${list(keys)}.`
  return `there is no such setting. ${instead}`
}

/** The word of a fixed set that was probably meant. */
const suggestionFor = ({ type, input, expected }: v.BaseIssue<unknown>): string => {
  const meant =
    type === "picklist" && typeof input === "string" ? didYouMean(input, expected?.match(/[\w-]+/g) ?? []) : undefined
  return meant ? ` Did you mean ${meant}?` : ""
}

const describeValue = (issue: v.BaseIssue<unknown>): string => {
  const ours = issue.message.startsWith("Expected")
  if (ours && issue.message.includes(", got ")) return issue.message
  const words = (issue.expected ?? "something else").replace(/[()"]/g, "").replaceAll(" | ", ", ")
  return `${ours ? issue.message : `Expected ${words}`}, got ${show(issue.input)}.${suggestionFor(issue)}`
}

/** What to do about a setting that has no default. */
const NEEDED: Readonly<Record<string, string>> = {
  originals: " Expected the folder of the photos: the argument of serve, or --originals.",
  sizes:
    ' Expected every size that may be made, like --sizes 360x270,480h,1280w or sizes: ["360x270", "480h", "1280w"].',
}

const describe = (issue: v.BaseIssue<unknown>): string => {
  const path = optionPath(issue)
  const name = path.join(".")
  if (issue.message === UNKNOWN) return `${name}: ${describeUnknown(path)}`
  const isMissing = path.length > 0 && issue.type === "loose_object" && issue.received === "undefined"
  if (isMissing) return `${name}: this setting is missing.${NEEDED[name] ?? ""}`
  return `${name || "configuration"}: ${describeValue(issue)}`
}

/** Checked options, or every mistake in them as a sentence. */
export const checkOptions = (
  input: unknown,
): { readonly options: TailorOptions } | { readonly problems: readonly string[] } => {
  const result = v.safeParse(SCHEMA, input)
  return result.success ? { options: input as TailorOptions } : { problems: result.issues.map(describe) }
}
