/** Responsible for the check that images are sharp on screens with two or three pixels to a point. */
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { Display, PageImage } from "../../measured-page.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** Pixels of the picture for each CSS pixel below which a photo looks blurred on a screen with two. */
const MIN_DENSITY = 1.5

const densityOf = ({ naturalWidth, width }: Display): number => naturalWidth / width

/** A larger candidate would have been there, or none is offered although `src` alone is used. */
const problemOf = (image: PageImage): string | undefined => {
  const blurred = image.displays.find(
    (display) => display.dpr === 2 && display.width > 0 && display.naturalWidth > 0 && densityOf(display) < MIN_DENSITY,
  )
  if (!blurred) return undefined
  const widest = Math.max(0, ...image.candidates.map(({ naturalWidth = 0 }) => naturalWidth))
  // The original itself is not larger: the widest candidate was chosen already.
  if (image.candidates.length > 1 && widest <= blurred.naturalWidth) return undefined
  return `${nameOf(image)}: ${blurred.naturalWidth} pixels for a width of ${Math.round(blurred.width)} on ${blurred.screen}`
}

/** See the head comment. */
export const pageDensity: Check<PageContext> = {
  name: "page-density",
  probe: "compare pictures with the pixels of a 2x screen",
  applies: ({ images }) => images.some(({ displays }) => displays.length > 0),
  examine: ({ images }) => {
    const problems = images.flatMap((image) => problemOf(image) ?? [])
    if (problems.length === 0) return passed("Each image has enough pixels, as far as its original has.")
    return failure({
      observation: `${someOf(problems)}.`,
      meaning: "The image looks blurred on most phones and many laptops.",
      fix: "Offer a srcset with the double size, as the client does.",
    })
  },
}
