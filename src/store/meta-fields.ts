/** Responsible for checking a record that was read from a store: files and records in a store are untrusted input. */
import { ORIGINAL_KINDS } from "../sizes/format.ts"
import type { RenditionMeta } from "./store.ts"

type Guard = (value: unknown) => boolean

const isString: Guard = (value) => typeof value === "string"
const isNumber: Guard = (value) => typeof value === "number"
const orAbsent =
  (guard: Guard): Guard =>
  (value) =>
    value === undefined || guard(value)

const FIELDS: Readonly<Record<Exclude<keyof RenditionMeta, "isForeign">, Guard>> = {
  original: isString,
  version: isString,
  weakVersion: orAbsent(isString),
  isStable: orAbsent((value) => typeof value === "boolean"),
  digest: orAbsent(isString),
  kind: orAbsent((value) => ORIGINAL_KINDS.some((kind) => kind === value)),
  recipeId: isString,
  etag: isString,
  contentType: isString,
  modifiedMs: isNumber,
}

/** False for anything else that the record of a rendition may contain: the rendition counts as absent then. */
export const isRenditionMeta = (value: unknown): value is RenditionMeta =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(FIELDS).every(([name, guard]) => guard((value as Readonly<Record<string, unknown>>)[name]))
