/** Responsible for the check that the attributes `width` and `height` have the ratio of the picture. */
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { PageImage } from "../../measured-page.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

const TOLERANCE = 0.03

const problemOf = (image: PageImage): string | undefined => {
  const ratio = Number(image.width) / Number(image.height)
  if (!(ratio > 0)) return undefined
  const shown = image.displays.find(({ naturalWidth, naturalHeight }) => naturalWidth > 0 && naturalHeight > 0)
  if (!shown) return undefined
  const real = shown.naturalWidth / shown.naturalHeight
  if (Math.abs(real / ratio - 1) <= TOLERANCE) return undefined
  return `${nameOf(image)}: ${image.width} × ${image.height}, but the picture is ${shown.naturalWidth} × ${shown.naturalHeight}`
}

/** See the head comment. */
export const pageRatio: Check<PageContext> = {
  name: "page-ratio",
  probe: "compare width and height with the picture",
  applies: ({ images }) => images.some(({ displays }) => displays.length > 0),
  examine: ({ images }) => {
    const problems = images.flatMap((image) => problemOf(image) ?? [])
    if (problems.length === 0) return passed("The ratios agree.")
    return failure({
      observation: `${someOf(problems)}.`,
      meaning: "The image is distorted, or the page moves when it is loaded.",
      fix: "Use the dimensions that info states, or those of the crop.",
    })
  },
}
