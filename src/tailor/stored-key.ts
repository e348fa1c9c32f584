/** Responsible for the present meaning of the keys under which renditions are stored. */
import { type Grammar, type Parsed, parseKey } from "../sizes/key.ts"

/**
 * The parsed key of a stored rendition; undefined where the list has no such key any more. A rendition under an alias is never stored: it
 * was stored when the alias was a size.
 */
export const parseStoredKey = (key: string, grammar: Grammar): Parsed | undefined => {
  const parsed = parseKey(key.split("/"), grammar)
  return "refused" in parsed || parsed.key !== key ? undefined : parsed
}
