/** Responsible for the check that the originals can be listed and read. */
import type { OriginalKey } from "../../../sizes/key.ts"
import type { Originals } from "../../../store/store.ts"
import { counted, someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** Originals of a sample that cannot be read. */
const unreadableOf = async (originals: Originals, keys: readonly OriginalKey[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const key of keys) if (!(await originals.head(key, { fresh: true }))) found.push(key)
  return found
}

/** See the head comment. */
export const originalsReadable: Check<LocalContext> = {
  name: "originals-readable",
  probe: "list the originals and look at some of them",
  examine: async ({ tailor, sample }, { signal }) => {
    const { originals } = tailor
    const problem = await originals.check?.({ signal })
    const meaning = "Every request answers an error."
    if (problem)
      return failure({
        observation: problem.message,
        meaning,
        fix: "Correct the permissions or the setting originals.",
      })
    const { keys } = await sample()
    const unreadable = await unreadableOf(originals, keys)
    if (unreadable.length > 0)
      return failure({
        observation: `${counted(unreadable.length, "listed original")} cannot be read: ${someOf(unreadable)}.`,
        meaning: "Requests for them answer 404.",
        fix: "Let the user of the server read them, and check links that lead out of the folder.",
      })
    return passed(`${counted(keys.length, "original")} of a sample can be read.`)
  },
}
