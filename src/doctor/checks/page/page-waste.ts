/** Responsible for the check that no picture has many times the pixels that any screen shows. */
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { PageImage } from "../../measured-page.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** Factor between the widths of the picture and of the screen's pixels; 2.5 is six times the pixels. */
const MAX_FACTOR = 2.5
/** Icons are not worth a message. */
const MIN_NATURAL_WIDTH = 200

const problemOf = (image: PageImage): string | undefined => {
  const wasteful = image.displays.find(
    ({ naturalWidth, width, dpr }) =>
      width > 0 && naturalWidth >= MIN_NATURAL_WIDTH && naturalWidth / (width * dpr) > MAX_FACTOR,
  )
  if (!wasteful) return undefined
  return `${nameOf(image)}: ${wasteful.naturalWidth} pixels for ${Math.round(wasteful.width * wasteful.dpr)} on ${wasteful.screen}`
}

/** See the head comment. */
export const pageWaste: Check<PageContext> = {
  name: "page-waste",
  probe: "compare pictures with the pixels of each screen",
  applies: ({ images }) => images.some(({ displays }) => displays.length > 0),
  examine: ({ images }) => {
    const problems = images.flatMap((image) => problemOf(image) ?? [])
    if (problems.length === 0) return passed("No picture is much larger than its place.")
    return failure({
      observation: `${someOf(problems)}.`,
      meaning: "Visitors download several times the bytes that they see.",
      fix: "Use a smaller size, or a srcset with sizes; imgtailor sizes suggest <page> finds the widths.",
    })
  },
}
