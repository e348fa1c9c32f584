/** Responsible for the parts of schemas that several settings share. */
import * as v from "valibot"

import { LOSSY_FORMATS } from "../sizes/format.ts"
import { UNKNOWN_KEY } from "./describe-issue.ts"

/** A whole number in a range. */
export const integer = (min: number, max: number): v.GenericSchema<number> =>
  v.custom<number>(
    (input) => Number.isInteger(input) && Number(input) >= min && Number(input) <= max,
    `Expected a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}`,
  )

/** An object with these keys and no others. Reports every unknown key; valibot's own strict object reports only the first. */
export const strict = (entries: v.ObjectEntries): v.GenericSchema =>
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

const quality = integer(1, 100)

/** A quality for all lossy formats, or for each. */
export const qualityInput: v.GenericSchema = v.lazy((input) => {
  if (typeof input === "object")
    return strict(Object.fromEntries(LOSSY_FORMATS.map((format) => [format, v.optional(quality)])))
  const isPairs = typeof input === "string" && input.includes("=")
  return isPairs ? v.custom(() => false, "Expected each format once, like jpeg=80,webp=75") : quality
})
