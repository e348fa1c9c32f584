/** Responsible for the check that each crop has its double, for screens with two pixels to a point. */
import type { Size } from "../../../sizes/list.ts"
import { someOf } from "../../../units.ts"
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** A double may differ by rounding. */
const TOLERANCE = 2

/** Below this, a picture is the double of a smaller one or a thumbnail. */
const isCrop = ({ width, height }: Size): boolean => width !== undefined && height !== undefined

const isNear = (a = 0, b = 0): boolean => Math.abs(a - b) <= TOLERANCE

const isDoubleOf = (other: Size, { width = 0, height = 0 }: Size): boolean =>
  isNear(other.width, 2 * width) && isNear(other.height, 2 * height)

/** See the head comment. */
export const listDoubles: Check<LocalContext> = {
  name: "list-doubles",
  probe: "look for a crop of twice the size beside each crop",
  examine: ({ tailor }) => {
    const crops = tailor.config.grammar.sizes.filter(isCrop)
    const single = crops.filter(
      (crop) => !crops.some((other) => isDoubleOf(other, crop)) && !crops.some((other) => isDoubleOf(crop, other)),
    )
    if (single.length === 0) return passed(crops.length === 0 ? "The list has no crops." : "Each crop has its double.")
    const [first] = single
    return warning({
      observation: `${someOf(single.map(({ name }) => name))}: no crop of twice the size is listed.`,
      meaning: "Crops look blurred on phones and other screens with two or three pixels to a point.",
      fix: `Add ${(first?.width ?? 0) * 2}x${(first?.height ?? 0) * 2}, or ignore this if the size is the double already.`,
    })
  },
}
