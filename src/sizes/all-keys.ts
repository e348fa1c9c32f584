/**
 * Responsible for enumerating all keys of an original, and all originals of a key, without listing a store.
 *
 * Invariants:
 * - If `keysOf(original)` includes a key, `originalsIn(key)` includes the original.
 */
import { FORMATS } from "./format.ts"
import { formatsOf, type Grammar, type OriginalKey, type RenditionKey, splitKey } from "./key.ts"
import { INFO } from "./list.ts"

/**
 * All originals that a rendition's key may belong to, under any list of sizes and formats; never empty. Two if the file ends in the
 * extension of a format: the file with that extension and without it.
 */
export const originalsIn = (key: string): readonly [string, ...string[]] => {
  const segments = key.split("/")
  const file = segments[segments.length - 1] ?? ""
  const size = segments[segments.length - 2]
  const directory = segments
    .slice(0, -2)
    .map((segment) => `${segment}/`)
    .join("")
  if (size === INFO) return [`${directory}${file.replace(/\.json$/, "")}`]
  const extension = FORMATS.find((format) => file.endsWith(`.${format}`))
  const named = `${directory}${file}`
  return extension ? [named, named.slice(0, -extension.length - 1)] : [named]
}

/**
 * All possible keys of an original: each size, listed or retired, as base and in each format, listed for any size or retired, and its info.
 * A former size that is an alias now may still have renditions under its name.
 * @example
 * keysOf(original, grammar) // ["shop/640w/bag.jpg", "shop/640w/bag.jpg.webp", …, "shop/info/bag.jpg.json"]
 */
export const keysOf = (original: OriginalKey, grammar: Grammar): readonly RenditionKey[] => {
  const { sizes, retired } = grammar
  const { directory, file } = splitKey(original)
  const formats = [...grammar.formats, ...sizes.flatMap((size) => formatsOf(size, grammar)), ...retired.formats]
  const endings = ["", ...Array.from(new Set(formats), (format) => `.${format}`)]
  const names = [...sizes.map((size) => size.name), ...sizes.flatMap(({ aliases = [] }) => aliases), ...retired.sizes]
  const keys = names.flatMap((name) => endings.map((ending) => `${directory}${name}/${file}${ending}`))
  return [...keys, `${directory}${INFO}/${file}.json`] as RenditionKey[]
}
