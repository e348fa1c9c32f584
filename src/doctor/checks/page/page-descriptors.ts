/** Responsible for the check that each `w` in a `srcset` is the width of the picture. */
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { PageImage } from "../../measured-page.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** Widths may differ by rounding. */
const TOLERANCE = 2

const wrongIn = (image: PageImage): readonly string[] =>
  image.candidates.flatMap(({ descriptor, naturalWidth }) => {
    const declared = /^(\d+)w$/.exec(descriptor)?.[1]
    if (declared === undefined || naturalWidth === undefined || Math.abs(Number(declared) - naturalWidth) <= TOLERANCE)
      return []
    return [`${nameOf(image)}: ${descriptor}, but the picture is ${naturalWidth} wide`]
  })

/** See the head comment. */
export const pageDescriptors: Check<PageContext> = {
  name: "page-descriptors",
  probe: "load each candidate of srcset and read its width",
  applies: ({ images }) => images.some(({ candidates }) => candidates.length > 0),
  examine: ({ images }) => {
    const wrong = images.flatMap(wrongIn)
    if (wrong.length === 0) return passed("Each descriptor is the width of its picture.")
    return failure({
      observation: `${someOf(wrong)}.`,
      meaning: "Browsers choose the wrong candidate: photos are blurred, or larger than needed.",
      fix: "Use the client (imgtailor/client), which knows that originals are not enlarged, or the widths that info states.",
    })
  },
}
