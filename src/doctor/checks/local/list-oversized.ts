/** Responsible for the check that the sizes are smaller than the originals: a picture is never enlarged. */
import { orAbort } from "../../../abort.ts"
import type { OpenTailor } from "../../../create-tailor.ts"
import { describeError } from "../../../errors.ts"
import type { OriginalKey } from "../../../sizes/key.ts"
import type { Dimensions } from "../../../sizes/size.ts"
import { counted, someOf } from "../../../units.ts"
import { type Check, passed, skipped, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const dimensionsOf = async (
  { originals, renderer, config }: OpenTailor,
  key: OriginalKey,
  signal: AbortSignal,
): Promise<Dimensions | undefined> => {
  const object = await originals.get(key, { maxBytes: config.limits.bytes, signal })
  if (!object) return undefined
  const session = await orAbort(renderer.open(object.bytes, { signal }), signal)
  session.close()
  return session.inspected.dimensions
}

/** See the head comment. */
export const listOversized: Check<LocalContext> = {
  name: "list-oversized",
  probe: "compare the sizes with the dimensions of some originals",
  examine: async ({ tailor, sample }, { signal }) => {
    const all: Dimensions[] = []
    const problems: string[] = []
    for (const key of (await sample()).keys) {
      try {
        const found = await dimensionsOf(tailor, key, signal)
        if (found) all.push(found)
      } catch (error) {
        signal.throwIfAborted()
        problems.push(`${key}: ${describeError(error)}`)
      }
    }
    if (all.length === 0) return skipped(problems[0] ?? "There are no originals to compare with.")
    const [width, height] = [Math.max(...all.map((one) => one.width)), Math.max(...all.map((one) => one.height))]
    const larger = tailor.config.grammar.sizes.filter(
      (size) => (size.width ?? 0) > width || (size.height ?? 0) > height,
    )
    const of = `${counted(all.length, "original")} of a sample`
    if (larger.length === 0) return passed(`The largest of ${of} are ${width} wide and ${height} high.`)
    return warning({
      observation: `${someOf(larger.map(({ name }) => name))}: larger than each of ${of} (${width} wide, ${height} high at most).`,
      meaning: "Originals are never enlarged, so these sizes store copies of smaller ones.",
      fix: "Remove these sizes, or upload larger originals.",
    })
  },
}
