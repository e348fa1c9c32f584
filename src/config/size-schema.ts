/** Responsible for validating a list of sizes: each entry by itself, and then all of them together. */
import * as v from "valibot"

import { LOSSY_FORMATS } from "../sizes/format.ts"
import { type NamedSizeInput, parseSizeList, type Problem, type SizeInput, type SizeList } from "../sizes/list.ts"
import { type SizeOptionsInput, STRATEGIES } from "../sizes/size-option-types.ts"
import { SIZE_OPTION_NAMES } from "../sizes/size-options.ts"
import { GRAVITIES } from "../sizes/size.ts"
import { describeIssue } from "./describe-issue.ts"
import { qualityInput, strict } from "./schema-parts.ts"

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

/** A list of sizes. Each entry is checked by itself first, then all together. */
export const sizesSchema: v.GenericSchema<unknown, readonly unknown[]> = v.pipe(
  v.array(size, "Expected a list"),
  v.rawCheck(({ dataset, addIssue }) => {
    const isSound = dataset.typed && dataset.value.every((input) => listProblems([input]).length === 0)
    if (isSound) for (const { message } of listProblems(dataset.value)) addIssue({ message })
  }),
)

/** Keys that are known beside the key at a path in a list of sizes: those of an entry, or of a quality in it. */
export const keysOfSizes = (path: readonly string[]): readonly string[] =>
  path.length === 3 ? Object.keys(SIZE_ENTRIES) : LOSSY_FORMATS

const SIZES_SCHEMA = v.object({ sizes: sizesSchema })

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
    const message = describeIssue(issue, keysOfSizes)
    return typeof at === "number" ? { at, message } : { message }
  })
  return { problems: [...problems, ...(parsed?.problems ?? [])] }
}
