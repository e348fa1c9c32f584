/** Responsible for the sizes of a configuration as nginx needs them: in groups of equal formats, with their aliases and cache lifetimes. */
import type { Format } from "../sizes/format.ts"
import { formatsOf, type Grammar } from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"

/** Sizes whose URLs have formats in the same way. */
export interface SizeGroup {
  /** The value of `$imgtailor_group`. */
  readonly name: string
  /** Names and aliases of the sizes. */
  readonly names: readonly string[]
  /** Explicit formats, in order of preference. */
  readonly formats: readonly Format[]
  /** The only format of all renditions, if there is one. */
  readonly forced: Format | undefined
}

const namesOf = ({ name, aliases = [] }: Size): readonly string[] => [name, ...aliases]

/** The groups of a list; the first one has the configured formats, or those of the first size. */
export const toGroups = (grammar: Pick<Grammar, "sizes" | "formats">): readonly SizeGroup[] => {
  const groups = new Map<string, SizeGroup>()
  for (const size of grammar.sizes) {
    const formats = formatsOf(size, grammar)
    const key = `${size.format === undefined ? "" : "="}${formats.join()}`
    const known = groups.get(key)
    const name = known?.name ?? String(groups.size)
    groups.set(key, { name, names: [...(known?.names ?? []), ...namesOf(size)], formats, forced: size.format })
  }
  return [...groups.values()]
}
