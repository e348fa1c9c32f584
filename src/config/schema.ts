/**
 * Responsible for validating options. Every mistake is reported at once, with the path of the setting, the value found and the
 * expected one (describe-issue.ts).
 */
import * as v from "valibot"

import { FORMATS, LOSSY_FORMATS } from "../sizes/format.ts"
import { isCacheControl, isSizeSegment } from "../sizes/list.ts"
import { parseObjectUrl } from "../store/registry.ts"
import { COMPAT_ENTRIES } from "./compat-schema.ts"
import { describeIssue } from "./describe-issue.ts"
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
import { integer, qualityInput, strict } from "./schema-parts.ts"
import { keysOfSizes, sizesSchema } from "./size-schema.ts"

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

const positive = integer(1, Number.MAX_SAFE_INTEGER)
/** A day. Timers count to 2^31 ms. */
const MAX_WAIT_MS = 86_400_000
const MAX_AGE_SECONDS = 31_536_000

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
  sizes: sizesSchema,
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
  return first === "sizes" ? keysOfSizes(path) : LOSSY_FORMATS
}

/** The options, validated, or every mistake in them as a sentence. */
export const checkOptions = (
  input: unknown,
): { readonly options: TailorOptions } | { readonly problems: readonly string[] } => {
  const result = v.safeParse(SCHEMA, input)
  if (result.success) return { options: input as TailorOptions }
  return { problems: result.issues.map((issue) => describeIssue(issue, keysBeside)) }
}
