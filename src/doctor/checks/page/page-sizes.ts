/** Responsible for the check that `sizes` declares the width at which an image is displayed. */
import { percentOf, someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { PageImage } from "../../measured-page.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** Share by which a declared width may be off: candidates are farther apart. */
const TOLERANCE = 0.25

const problemOf = (image: PageImage): string | undefined => {
  if (!image.candidates.some(({ descriptor }) => descriptor.endsWith("w"))) return undefined
  const wrong = image.displays.find(
    ({ width, declaredWidth }) =>
      width > 0 && declaredWidth !== undefined && Math.abs(declaredWidth - width) / width > TOLERANCE,
  )
  if (wrong?.declaredWidth !== undefined) {
    const share = wrong.declaredWidth / wrong.width
    return `${nameOf(image)}: sizes declares ${percentOf(share)} of the width on ${wrong.screen}`
  }
  return image.sizes === "" ? `${nameOf(image)}: no sizes` : undefined
}

/** See the head comment. */
export const pageSizes: Check<PageContext> = {
  name: "page-sizes",
  probe: "compare sizes with the width on each screen",
  applies: ({ images }) => images.some(({ displays }) => displays.length > 0),
  examine: ({ images }) => {
    const problems = images.flatMap((image) => problemOf(image) ?? [])
    if (problems.length === 0) return passed("Each sizes attribute agrees with the layout.")
    return failure({
      observation: `${someOf(problems)}.`,
      meaning: "Browsers choose a candidate for another width: without sizes, for the width of the window.",
      fix: 'Declare the width in CSS, like sizes="(min-width: 60rem) 25rem, 100vw", or use loading="lazy" sizes="auto".',
    })
  },
}
