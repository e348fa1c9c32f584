/** Responsible for the check that renders fit into the memory of the machine or container. */
import { byteText } from "../../../units.ts"
import { type Check, failure, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** A render of a photo of 24 megapixels. */
const ENOUGH_BYTES = 200_000_000

/** See the head comment. */
export const memory: Check<LocalContext> = {
  name: "memory",
  probe: "compare limits.memoryBytes with the memory of the machine",
  examine: ({ tailor, system }) => {
    const { memoryBytes, cacheBytes } = tailor.config.limits
    const total = system.memoryBytes()
    const numbers = `${byteText(memoryBytes)} for renders and ${byteText(cacheBytes)} for the cache, of ${byteText(total)}`
    if (memoryBytes + cacheBytes > total)
      return failure({
        observation: `The limits are ${numbers}.`,
        meaning: "The system ends processes when several large originals are rendered at once.",
        fix: `Lower --memory-bytes to ${Math.floor(total * 0.4)} or less, or omit it.`,
      })
    if (memoryBytes < ENOUGH_BYTES)
      return warning({
        observation: `The limits are ${numbers}.`,
        meaning: "Large originals are rendered one at a time, or answer 413.",
        fix: "Give the machine or container at least 512 MB of memory.",
      })
    return passed(`The limits are ${numbers}.`)
  },
}
