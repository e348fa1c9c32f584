/** Responsible for the check that no two sizes make the same picture. */
import { lookOf, type Size } from "../../../sizes/list.ts"
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** Sizes that differ in one of these cannot be aliases of each other. */
const pictureOf = (size: Size): string => {
  const { width, height, gravity, quality, maxBytes, minQuality, cacheControl } = size
  return JSON.stringify([width, height, gravity, lookOf(size), quality, maxBytes, minQuality, cacheControl])
}

/** See the head comment. */
export const listDuplicates: Check<LocalContext> = {
  name: "list-duplicates",
  probe: "compare the sizes of the list with each other",
  examine: ({ tailor }) => {
    const first = new Map<string, string>()
    const pairs: string[] = []
    for (const size of tailor.config.grammar.sizes) {
      const picture = pictureOf(size)
      const known = first.get(picture)
      if (known === undefined) first.set(picture, size.name)
      else pairs.push(`${size.name} and ${known}`)
    }
    if (pairs.length === 0) return passed(`${first.size} different sizes.`)
    return failure({
      observation: `${someOf(pairs)} are the same picture.`,
      meaning: "Each is rendered and stored twice, and caches hold both.",
      fix: 'Keep one, and give it the other name as an alias: { size: "640w", aliases: ["card"] }.',
    })
  },
}
