/**
 * Responsible for the names of items: unstorage rewrites some characters of keys, so that two keys could name one item. These are escaped as
 * `^` and two hexadecimal digits per byte.
 *
 * - `/` is written as `:`, so a colon is escaped.
 * - Everything after `?` is cut, and `\` is taken for `/`.
 * - An item whose name ends in `$` is hidden as metadata, and `..` at the end of a segment is refused.
 */

const ESCAPED = /[:?\\^]|\$$|\.(?=(?:\/|$))(?<=\.\.)/g

const escape = (text: string): string => Buffer.from(text).toString("hex").replace(/../g, "^$&")

/** The name of the item of a key. */
export const toItem = (key: string): string => key.replace(ESCAPED, escape).replaceAll("/", ":")

/** The inverse of {@link toItem}; undefined for an item that no key has. */
export const fromItem = (item: string): string | undefined => {
  const key = item
    .replaceAll(":", "/")
    .replace(/(?:\^[0-9a-f]{2})+/g, (escapes) => Buffer.from(escapes.replaceAll("^", ""), "hex").toString())
  return toItem(key) === item ? key : undefined
}

/** Keys of all items that start with a prefix, in any order. */
export const keysUnder = (items: readonly string[], prefix: string): readonly string[] =>
  items.map(fromItem).filter((key): key is string => key !== undefined && key.startsWith(prefix))
