/**
 * Responsible for validating options. Every mistake is reported at once, with the path of the setting, the value found and the
 * expected one (describe-issue.ts).
 */
import * as v from "valibot"

import { FORMATS, LOSSY_FORMATS } from "../sizes/format.ts"
import {
  isCacheControl,
  isSizeSegment,
  type NamedSizeInput,
  parseSizeList,
  type Problem,
  type SizeInput,
  type SizeList,
} from "../sizes/list.ts"
import { SIZE_OPTION_NAMES, type SizeOptionsInput, STRATEGIES } from "../sizes/size-options.ts"
import { GRAVITIES } from "../sizes/size.ts"
import { parseObjectUrl } from "../store/registry.ts"
import { COMPAT_ENTRIES } from "./compat-schema.ts"
import { describeIssue, UNKNOWN_KEY } from "./describe-issue.ts"
import { headersSchema, locationSchema } from "./location-schema.ts"
import {
  type GetFocalPoint,
  ISOLATIONS,
  type Limits,
  LOG_FORMATS,
  LOG_LEVELS,
  STALE_RECIPES,
  type TailorOptions,
  UNKNOWN_SIZES,
  WHEN_BUSY,
} from "./options.ts"

const integer = (min: number, max: number): v.GenericSchema<number> =>
  v.custom<number>(
    (input) => Number.isInteger(input) && Number(input) >= min && Number(input) <= max,
    `Expected a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}`,
  )

/** True for a function, a path, or the URL of an object. */
const isFocalPoints = (input: unknown): boolean => {
  if (typeof input !== "string") return typeof input === "function"
  const url = parseObjectUrl(input)
  return input !== "" && !(url && "problem" in url)
}

/** A part of a whole. */
const share = v.custom<number>(
  (input) => typeof input === "number" && input >= 0 && input <= 1,
  "Expected a number from 0 to 1, like 0.01",
)

/** An object with these keys and no others. Reports every unknown key; valibot's own strict object reports only the first. */
const strict = (entries: v.ObjectEntries): v.GenericSchema =>
  v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Record<string, unknown>
      if (typeof input !== "object" || input === null) return
      for (const key of Object.keys(input).filter((name) => !Object.hasOwn(entries, name))) {
        addIssue({ message: UNKNOWN_KEY, path: [{ type: "object", origin: "key", input, key, value: undefined }] })
      }
    }),
  )

const positive = integer(1, Number.MAX_SAFE_INTEGER)
const quality = integer(1, 100)
/** A day. Timers count to 2^31 ms. */
const MAX_WAIT_MS = 86_400_000
const MAX_AGE_SECONDS = 31_536_000

const qualityInput = v.lazy((input) => {
  if (typeof input === "object")
    return strict(Object.fromEntries(LOSSY_FORMATS.map((format) => [format, v.optional(quality)])))
  const isPairs = typeof input === "string" && input.includes("=")
  return isPairs ? v.custom(() => false, "Expected each format once, like jpeg=80,webp=75") : quality
})

/** Values of other options of a size are checked with the list (sizes/size-options.ts). */
const anyValue = v.optional(v.unknown())

const SIZE_ENTRIES = {
  size: v.string(),
  name: v.optional(v.string()),
  aliases: v.optional(v.array(v.string(), "Expected a list")),
  gravity: v.optional(v.picklist([...GRAVITIES, ...STRATEGIES])),
  quality: v.optional(qualityInput),
  cacheControl: v.optional(v.string()),
  ...Object.fromEntries(SIZE_OPTION_NAMES.map((name) => [name, anyValue])),
} satisfies Record<Exclude<keyof NamedSizeInput, keyof SizeOptionsInput>, v.GenericSchema>

const sizeInput = v.lazy((input) => (typeof input === "string" ? v.string() : strict(SIZE_ENTRIES)))

/** Problems that parsing the size list reports. The types have been checked by then. */
const listProblems = (inputs: readonly unknown[]): readonly Problem[] => {
  const parsed = parseSizeList(inputs as readonly SizeInput[])
  return "problems" in parsed ? parsed.problems : []
}

/** Messages about the size itself and its name are clear without the name of the option. */
const withoutOption: ReadonlySet<string | number> = new Set(["size", "name", "cacheControl"])

/** @param path from the value that is checked */
const toIssue = (input: unknown, path: Problem["path"], message: string): v.RawCheckIssueInfo<unknown> => {
  const items = withoutOption.has(path.at(-1) ?? "") ? path.slice(0, -1) : path
  const toItem = (key: string | number): v.UnknownPathItem => ({
    type: "unknown",
    origin: "value",
    input,
    key,
    value: input,
  })
  const [first, ...rest] = items.map(toItem)
  return first ? { message, path: [first, ...rest] } : { message }
}

const size = v.pipe(
  sizeInput,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const { path, message } of listProblems([dataset.value]))
      addIssue(toIssue(dataset.value, path.slice(1), message))
  }),
)

/** Each entry has been checked by itself; this checks them together. */
const sizes = v.pipe(
  v.array(size, "Expected a list"),
  v.rawCheck(({ dataset, addIssue }) => {
    const isSound = dataset.typed && dataset.value.every((input) => listProblems([input]).length === 0)
    if (isSound) for (const { message } of listProblems(dataset.value)) addIssue({ message })
  }),
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

const limitOf = (name: keyof Limits): v.GenericSchema<number> => {
  if (name === "deadlineMs") return integer(1, MAX_WAIT_MS)
  return MAY_BE_ZERO.has(name) ? integer(0, Number.MAX_SAFE_INTEGER) : positive
}

const ENDPOINT = "Expected the URL of a server like https://s3.example.com"

const ENTRIES = {
  originals: locationSchema("originals"),
  renditions: v.optional(locationSchema("renditions")),
  sizes,
  formats: v.optional(formats),
  retired: v.optional(
    strict({
      sizes: v.optional(v.array(v.pipe(v.string(), v.check(isSizeSegment, "Expected a size or the name of one")))),
      formats: v.optional(formats),
    }),
  ),
  exclude: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^!?[^!/\s][^\\]*$/, "Expected a pattern like drafts/**")), "Expected a list"),
  ),
  isolation: v.optional(v.picklist(ISOLATIONS)),
  unknownSize: v.optional(v.picklist(UNKNOWN_SIZES)),
  focalPoints: v.optional(
    v.custom<string | GetFocalPoint>(
      isFocalPoints,
      "Expected a JSON file like ./focal-points.json, an object like s3://bucket/focal-points.json, or a function",
    ),
  ),
  missing: v.optional(v.pipe(v.string(), v.nonEmpty("Expected the key of an original, or a file like ./missing.jpg"))),
  whenBusy: v.optional(v.picklist(WHEN_BUSY)),
  staleRecipe: v.optional(v.picklist(STALE_RECIPES)),
  ...COMPAT_ENTRIES,
  sharedStore: v.optional(v.boolean()),
  originalsHeaders: v.optional(headersSchema),
  s3Endpoint: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^https?:\/\/[^/?#@]+\/?$/, `${ENDPOINT}, without a path`),
      v.check((text) => URL.canParse(text), ENDPOINT),
    ),
  ),
  s3Region: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, "Expected a region like eu-central-1"))),
  s3PathStyle: v.optional(v.boolean()),
  recheckSeconds: v.optional(integer(0, 86_400)),
  staleIfErrorSeconds: v.optional(integer(0, MAX_AGE_SECONDS)),
  watch: v.optional(v.boolean()),
  quality: v.optional(qualityInput),
  background: v.optional(
    v.pipe(v.string(), v.regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, "Expected a colour like #ffffff")),
  ),
  limits: v.optional(strict(Object.fromEntries(LIMIT_NAMES.map((name) => [name, v.optional(limitOf(name))])))),
  cacheControl: v.optional(
    v.pipe(
      v.string(),
      v.check(isCacheControl, "Expected Cache-Control directives separated by commas, like public, max-age=3600"),
    ),
  ),
  cacheTags: v.optional(v.boolean()),
  notify: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => /^https?:/.test(text) && URL.canParse(text), "Expected a URL like https://example.com/changed"),
    ),
  ),
  notifyHeaders: v.optional(headersSchema),
  basePath: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^(?:|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+)$/,
        "Expected a path like /img: a leading slash, no trailing slash, no characters that need escaping",
      ),
    ),
  ),
  host: v.optional(v.pipe(v.string(), v.nonEmpty("Expected a host name or an IP address"))),
  port: v.optional(integer(0, 65_535)),
  drainMs: v.optional(integer(0, MAX_WAIT_MS)),
  logLevel: v.optional(v.picklist(LOG_LEVELS)),
  logFormat: v.optional(v.picklist(LOG_FORMATS)),
  logHits: v.optional(share),
  logQueries: v.optional(v.boolean()),
  metrics: v.optional(v.boolean()),
  metricsPort: v.optional(integer(0, 65_535)),
  studio: v.optional(v.boolean()),
  studioWrite: v.optional(v.boolean()),
  studioHosts: v.optional(
    v.array(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9.-]+$/, "Expected a host name like images.example.com, without a port")),
      "Expected a list",
    ),
  ),
  tracing: v.optional(v.boolean()),
}
const SCHEMA = strict(ENTRIES)

/** Keys that are known beside the key at a path. */
const keysBeside = (path: readonly string[]): readonly string[] => {
  const [first, ...rest] = path
  if (rest.length === 0) return Object.keys(ENTRIES)
  if (first === "limits") return LIMIT_NAMES
  if (first === "retired") return ["sizes", "formats"]
  return first === "sizes" && rest.length === 2 ? Object.keys(SIZE_ENTRIES) : LOSSY_FORMATS
}

/** The options, validated, or every mistake in them as a sentence. */
export const checkOptions = (
  input: unknown,
): { readonly options: TailorOptions } | { readonly problems: readonly string[] } => {
  const result = v.safeParse(SCHEMA, input)
  if (result.success) return { options: input as TailorOptions }
  return { problems: result.issues.map((issue) => describeIssue(issue, keysBeside)) }
}

const SIZES_SCHEMA = v.object({ sizes })

/** A mistake in a list of sizes: the index of its entry, if it is that of one, and a sentence. */
export interface SizesProblem {
  readonly at?: number
  readonly message: string
}

/** A list of sizes from elsewhere than the configuration, or every mistake in it. */
export const checkSizes = (
  input: unknown,
): { readonly list: SizeList } | { readonly problems: readonly SizesProblem[] } => {
  const result = v.safeParse(SIZES_SCHEMA, { sizes: input })
  const parsed = result.success ? parseSizeList(result.output.sizes as readonly SizeInput[]) : undefined
  if (parsed && "list" in parsed) return parsed
  const problems = (result.issues ?? []).map((issue) => {
    const at = issue.path?.[1]?.key
    const message = describeIssue(issue, keysBeside)
    return typeof at === "number" ? { at, message } : { message }
  })
  return { problems: [...problems, ...(parsed?.problems ?? [])] }
}
