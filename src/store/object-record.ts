/**
 * Responsible for the record of a rendition as metadata of an object: texts by name. A store that serves its objects itself has their type
 * and time as the object's own.
 */
import { ORIGINAL_KINDS } from "../sizes/format.ts"
import type { RenditionMeta } from "./store.ts"

/** Precedes a value that is written as base64url of its UTF-8. */
const ENCODED = "b64:"

/**
 * True for a value that every proxy passes on unchanged: printable ASCII without spaces at an end or two in a row. A value must not look
 * like one of RFC 2047 either, which S3 decodes.
 */
const isPlain = (value: string): boolean =>
  /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value) && !value.startsWith(ENCODED) && !value.startsWith("=?")

/** A text as a metadata value. Base64, because percent-encoding would triple a key of 1 024 bytes, which then exceeds the 2 kB. */
export const encodeValue = (value: string): string =>
  isPlain(value) ? value : ENCODED + Buffer.from(value).toString("base64url")

/** The inverse of {@link encodeValue}. */
export const decodeValue = (value: string): string =>
  value.startsWith(ENCODED) ? Buffer.from(value.slice(ENCODED.length), "base64url").toString("utf8") : value

/** Names of the texts of a record. Stores that allow no hyphens write `weakVersion` in lower case. */
export type RecordName =
  | "original"
  | "version"
  | "weakVersion"
  | "stable"
  | "kind"
  | "digest"
  | "recipe"
  | "modified"
  | "etag"

/** The texts of a record, encoded. Absent parts have none. */
export const toRecord = (meta: RenditionMeta): Readonly<Partial<Record<RecordName, string>>> => {
  const { original, version, weakVersion, isStable, kind, digest, recipeId, modifiedMs, etag } = meta
  const texts: Readonly<Record<RecordName, string | undefined>> = {
    original,
    version,
    weakVersion,
    stable: isStable === undefined ? undefined : String(isStable),
    kind,
    digest,
    recipe: recipeId,
    modified: String(modifiedMs),
    etag,
  }
  const present = Object.entries(texts).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, encodeValue(text)]],
  )
  return Object.fromEntries(present) as Partial<Record<RecordName, string>>
}

/** The part of a record that an object of any program has. */
export interface OwnProperties {
  readonly etag: string
  readonly contentType: string
  readonly modifiedMs: number
}

/**
 * The record of an object. An object without a record is foreign.
 * @param textOf returns an encoded text of the record
 */
export const fromRecord = (textOf: (name: RecordName) => string | undefined, own: OwnProperties): RenditionMeta => {
  const recorded = (name: RecordName): string | undefined => {
    const value = textOf(name)
    return value === undefined ? undefined : decodeValue(value)
  }
  const modifiedMs = Number(recorded("modified") ?? own.modifiedMs)
  const base = {
    contentType: own.contentType,
    etag: recorded("etag") ?? own.etag,
    modifiedMs: Number.isFinite(modifiedMs) ? modifiedMs : 0,
  }
  const [original, version, recipeId] = [recorded("original"), recorded("version"), recorded("recipe")]
  if (original === undefined || version === undefined || recipeId === undefined)
    return { ...base, original: "", version: "", kind: undefined, recipeId: "", isForeign: true }
  const [weakVersion, stable, digest, kind] = [
    recorded("weakVersion"),
    recorded("stable"),
    recorded("digest"),
    recorded("kind"),
  ]
  return {
    ...base,
    original,
    version,
    ...(weakVersion !== undefined && { weakVersion }),
    ...(stable !== undefined && { isStable: stable !== "false" }),
    ...(digest !== undefined && { digest }),
    kind: ORIGINAL_KINDS.find((name) => name === kind),
    recipeId,
  }
}
