/** Responsible for the check that the largest image at the top of the page is not loaded lazily. */
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** See the head comment. */
export const pageLazy: Check<PageContext> = {
  name: "page-lazy",
  probe: "look for loading=lazy at the largest contentful paint",
  applies: ({ images }) => images.some(({ displays }) => displays.length > 0),
  examine: ({ images }) => {
    const lazy = images.filter(
      ({ loading, displays }) => loading === "lazy" && displays.some(({ isLargest }) => isLargest),
    )
    if (lazy.length === 0) return passed("The largest image is not loaded lazily.")
    return failure({
      observation: `${someOf(lazy.map(nameOf))}: the largest image at the top of the page, with loading="lazy".`,
      meaning: "The browser requests it only after the layout, so the page looks empty for longer (LCP).",
      fix: 'Remove loading="lazy" from it, and add fetchpriority="high".',
    })
  },
}
