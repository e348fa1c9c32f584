/** Responsible for the check that each format can be decoded and encoded, in the processes in which originals are. */
import type { OpenTailor } from "../../../create-tailor.ts"
import { describeError } from "../../../errors.ts"
import type { Format } from "../../../sizes/format.ts"
import { formatsOf } from "../../../sizes/key.ts"
import type { Size } from "../../../sizes/list.ts"
import { imageRecipe } from "../../../sizes/recipe.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { PROBE_IMAGES } from "../../probe-images.ts"

const PLAIN: Size = { width: 8, name: "8w", gravity: "center", quality: {} }

/** Renders a picture in each format. @returns a sentence for each that failed */
const renderAll = async (
  { renderer, config }: OpenTailor,
  name: string,
  bytes: Uint8Array,
  formats: readonly (Format | undefined)[],
): Promise<readonly string[]> => {
  const failures: string[] = []
  const session = await renderer.open(bytes)
  try {
    for (const format of formats) {
      try {
        await session.render(imageRecipe(PLAIN, format, config.settings))
      } catch (error) {
        failures.push(`${name} to ${format ?? "its own format"}: ${describeError(error)}`)
      }
    }
  } finally {
    session.close()
  }
  return failures
}

/** See the head comment. */
export const renders: Check<LocalContext> = {
  name: "renders",
  probe: "render a small picture of each format in each listed format",
  examine: async ({ tailor }) => {
    const { sizes } = tailor.config.grammar
    const listed = new Set(sizes.flatMap((size) => formatsOf(size, tailor.config.grammar)))
    const formats = [undefined, ...listed]
    const failures: string[] = []
    for (const [name, bytes] of Object.entries(PROBE_IMAGES)) {
      try {
        failures.push(...(await renderAll(tailor, name, bytes, formats)))
      } catch (error) {
        failures.push(`${name}: ${describeError(error)}`)
      }
    }
    const names = Object.keys(PROBE_IMAGES).join(", ")
    if (failures.length === 0) return passed(`${names} are rendered in ${formats.length} formats each.`)
    return failure({
      observation: failures.join("; "),
      meaning: "Requests for these formats answer an error.",
      fix: "Install sharp for this machine (npm install --os=linux --cpu=x64 sharp), and start imgtailor where processes may be created.",
    })
  },
}
