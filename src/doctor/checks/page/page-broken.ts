/** Responsible for the check that every image of the page is shown. */
import { counted, someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** See the head comment. */
export const pageBroken: Check<PageContext> = {
  name: "page-broken",
  probe: "load every image on each screen",
  applies: ({ images }) => images.some(({ displays }) => displays.length > 0),
  examine: ({ images }) => {
    const broken = images.filter(({ displays }) =>
      displays.some(
        ({ isComplete, naturalWidth, currentSrc }) => isComplete && naturalWidth === 0 && currentSrc !== "",
      ),
    )
    if (broken.length === 0) return passed("Every loaded image is shown.")
    return failure({
      observation: `${counted(broken.length, "image")} cannot be shown: ${someOf(broken.map(nameOf))}.`,
      meaning: "Visitors see an empty box.",
      fix: "Open the URL: the body of the response explains the error.",
    })
  },
}
