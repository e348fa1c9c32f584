/** Responsible for the check that no renditions of retired sizes and formats are stored any more. */
import type { OpenTailor } from "../../../create-tailor.ts"
import { storedReadingOf } from "../../../tailor/prune.ts"
import { parseStoredKey } from "../../../tailor/stored-key.ts"
import { grouped } from "../../../units.ts"
import { type Check, passed, skipped, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** Stored keys that are looked at. */
const MAX_LISTED = 20_000

/** True for a rendition that no request can get. A WebP original keeps its base URL after the format WebP is retired. */
const isRetired = async (
  { renditions, core: { grammar } }: OpenTailor,
  key: string,
  signal: AbortSignal,
): Promise<boolean> => {
  const { sizes, formats } = grammar.retired
  const size = key.split("/").at(-2) ?? ""
  if (!sizes.includes(size) && !formats.some((format) => key.endsWith(`.${format}`))) return false
  if (!parseStoredKey(key, grammar)) return true
  const meta = await renditions.head(key, { signal })
  return meta !== undefined && storedReadingOf(key, meta, grammar) === undefined
}

/** See the head comment. */
export const listRetired: Check<LocalContext> = {
  name: "list-retired",
  probe: "look for stored renditions of retired sizes and formats",
  applies: ({ tailor }) => {
    const { sizes, formats } = tailor.config.grammar.retired
    return sizes.length + formats.length > 0
  },
  examine: async ({ tailor }, { signal }) => {
    const list = tailor.renditions.list?.bind(tailor.renditions)
    if (!list) return skipped("This store cannot list its renditions.")
    let [listed, found] = [0, 0]
    let example = ""
    for await (const key of list("", { signal })) {
      listed += 1
      if (await isRetired(tailor, key, signal)) {
        found += 1
        example = key
      }
      if (listed === MAX_LISTED) break
    }
    if (found === 0) return passed(`None of ${grouped(listed)} stored renditions.`)
    return warning({
      observation: `${grouped(found)} of ${grouped(listed)} stored renditions, like ${example}.`,
      meaning: "They take space, and nginx and S3 keep serving them.",
      fix: "Delete them with imgtailor prune once no page links to them.",
    })
  },
}
