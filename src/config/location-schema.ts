/** Responsible for validating the locations of originals and renditions: folders, URLs, stores, and several sources by prefix. */
import * as v from "valibot"

import { formsFor, parseLocation, type Role } from "../store/registry.ts"
import { show } from "./describe-issue.ts"
import type { Sources } from "./options.ts"

const MEMBERS: Readonly<Record<Role, readonly string[]>> = {
  originals: ["head", "get", "list"],
  renditions: ["keyLimits", "head", "get", "put", "delete"],
}

const isStore = (value: unknown, role: Role): boolean =>
  typeof value === "object" && value !== null && MEMBERS[role].every((name) => name in value)

/** Why a value is no location, as a sentence; undefined if it is one. */
const problemOf = (value: unknown, role: Role): string | undefined => {
  if (isStore(value, role)) return undefined
  if (typeof value !== "string")
    return `Expected ${formsFor(role)}, or a store with ${MEMBERS[role].join(", ")}, got ${show(value)}.`
  const parsed = parseLocation(value, role)
  return "problem" in parsed ? `${parsed.problem}, got ${show(value)}.` : undefined
}

/** True for originals by prefix, as opposed to one location or store. Wrong prefixes are reported later. */
export const isSources = (value: unknown): value is Sources =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !("head" in value) &&
  Object.entries(value).some(([name, location]) => /^$|\//.test(name) || typeof location === "string")

/** A prefix of keys: empty, or folders with a slash at the end. */
const isPrefix = (prefix: string): boolean =>
  prefix.split("/").every((part, at, parts) => (at === parts.length - 1 ? part === "" : !/^\.{0,2}$|[\\\0]/.test(part)))

const sourceProblem = (prefix: string, location: unknown): string | undefined =>
  isPrefix(prefix)
    ? problemOf(location, "originals")
    : `Expected a prefix with a slash at its end, like shop/, or an empty one, got ${show(prefix)}.`

/** The schema of a location. Originals may have one for each prefix. */
export const locationSchema = (role: Role): v.GenericSchema =>
  v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset: { value }, addIssue }) => {
      if (role === "originals" && isSources(value)) {
        for (const [key, location] of Object.entries(value)) {
          const message = sourceProblem(key, location)
          if (message !== undefined)
            addIssue({ message, path: [{ type: "object", origin: "value", input: value, key, value: location }] })
        }
        return
      }
      const message = problemOf(value, role)
      if (message !== undefined) addIssue({ message })
    }),
  )

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

/** Headers of HTTP by name. Values are not shown: they can be secret. */
export const headersSchema: v.GenericSchema = v.custom<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(
      ([name, text]) => HEADER_NAME.test(name) && typeof text === "string" && HEADER_VALUE.test(text),
    ),
  'Expected headers by name, like {"authorization":"Bearer …"}',
)
