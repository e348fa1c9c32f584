/** Responsible for the sizes of a configuration as nginx needs them: in groups of equal formats and cache lifetimes. */
import { aliasCacheControl } from "../http/headers.ts"
import type { Format } from "../sizes/format.ts"
import { formatsOf, type Grammar } from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"

/** The formats in which URLs of sizes can be stored. */
export interface FormatSet {
  /** Explicit formats, in order of preference. */
  readonly formats: readonly Format[]
  /** The only format of all renditions, if there is one. */
  readonly forced: Format | undefined
}

/** Sizes or aliases that nginx serves in the same way. */
export interface SizeGroup extends FormatSet {
  /** The value of `$imgtailor_group`. */
  readonly name: string
  /** Names or aliases, as in URLs. */
  readonly names: readonly string[]
  /** Header of renditions. */
  readonly cacheControl: string
}

/** URLs of one size: its name, or its aliases, whose URLs are cached for a short time. */
const entriesOf = (
  size: Size,
  cacheControl: string,
): readonly (readonly [names: readonly string[], header: string])[] => {
  const { name, aliases = [], cacheControl: own = cacheControl } = size
  return [[[name], own] as const, ...(aliases.length > 0 ? [[aliases, aliasCacheControl(own)] as const] : [])]
}

/** The groups of a list, in its order. @param cacheControl of sizes without their own */
export const toGroups = (grammar: Pick<Grammar, "sizes" | "formats">, cacheControl: string): readonly SizeGroup[] => {
  const groups = new Map<string, SizeGroup>()
  for (const size of grammar.sizes) {
    const set = { formats: formatsOf(size, grammar), forced: size.format }
    for (const [names, header] of entriesOf(size, cacheControl)) {
      const key = JSON.stringify([set, header])
      const known = groups.get(key)
      const name = known?.name ?? String(groups.size)
      groups.set(key, { ...set, name, names: [...(known?.names ?? []), ...names], cacheControl: header })
    }
  }
  return [...groups.values()]
}
