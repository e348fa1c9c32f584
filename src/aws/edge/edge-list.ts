/**
 * Responsible for the list of sizes in the source of the edge function: compact, and in a form that needs no work at each request. Node
 * writes it, CloudFront's engine reads it.
 */
import type { Format } from "../../sizes/format.ts"
import type { Grammar } from "../../sizes/key.ts"
import { INFO, sidesOf, type Sides } from "../../sizes/list.ts"

/** The settings of the edge function, as a literal in its source. */
export interface EdgeList extends Sides {
  /** Names between commas (`,360x270,thumb,`): finding one in a string is the cheapest look-up that the engine has. */
  readonly names: string
  readonly formats: readonly Format[]
  /** Aliases with the names of their sizes (`,cards=card,`), or one comma. */
  readonly aliases: string
  /** Names of sizes with the only format that they have (`,social=jpeg,`), or one comma. */
  readonly forced: string
  /** Names of sizes with their own formats (`,card=webp png,`), or one comma. */
  readonly own: string
  /** Names between commas, or one comma. */
  readonly retired: string
  /** Left out where it is false, which saves bytes. */
  readonly sharedStore?: boolean
  readonly basePath: string
  /** UTF-8 bytes that a key and each of its segments may have. */
  readonly maxBytes: Grammar["maxBytes"]
  /** UTF-8 bytes that a URL path without the base path and the name of its size may have, so that every key of its original fits. */
  readonly room: number
}

const joined = (names: readonly string[]): string => [",", ...names.map((name) => `${name},`)].join("")

/** The name is longest that makes the longest key; each name and extension is ASCII. */
const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length))

/** The list for a grammar. */
export const writeList = ({ sizes, formats, retired, sharedStore, maxBytes }: Grammar, basePath: string): EdgeList => {
  const keyBytes = Math.min(maxBytes.key, maxBytes.segment)
  const nameLength = longest([INFO, ...retired.sizes, ...sizes.map(({ name }) => name)])
  const endingLength = ".".length + longest(["json", ...formats, ...retired.formats])
  return {
    names: joined(sizes.map(({ name }) => name)),
    ...sidesOf(sizes),
    formats,
    aliases: joined(sizes.flatMap(({ name, aliases = [] }) => aliases.map((alias) => `${alias}=${name}`))),
    forced: joined(sizes.flatMap(({ name, format }) => (format ? `${name}=${format}` : []))),
    own: joined(sizes.flatMap(({ name, formats: own }) => (own ? `${name}=${own.join(" ")}` : []))),
    retired: joined(retired.sizes),
    ...(sharedStore && { sharedStore }),
    basePath,
    maxBytes,
    // A path has a slash at its start that a key has not; a record adds `.json`.
    room: keyBytes + "/".length - nameLength - endingLength - ".json".length,
  }
}

/** True if a text is one of the names between commas. The text must not contain a comma. */
export const hasName = (names: string, text: string): boolean => names.includes(`,${text},`)

/** The value of a name in a text like `,cards=card,`. The name must not contain a comma or an equals sign. */
export const valueOf = (table: string, name: string): string | undefined => {
  // Most lists have none, and nothing to search.
  const at = table === "," ? -1 : table.indexOf(`,${name}=`)
  return at < 0 ? undefined : table.slice(at + name.length + 2, table.indexOf(",", at + 1))
}

/** The explicit formats of a size, except for a forced one. */
export const formatsOf = (name: string, { own, formats }: EdgeList): readonly Format[] => {
  const texts = valueOf(own, name)
  return texts === undefined ? formats : ((texts ? texts.split(" ") : []) as readonly Format[])
}

/** The names of the listed sizes. */
export const namesOf = ({ names }: EdgeList): readonly string[] => names.split(",").slice(1, -1)
