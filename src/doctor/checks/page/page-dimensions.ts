/** Responsible for the check that the room of each image is known before it is loaded. */
import { counted, someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import { nameOf, type PageContext } from "../../page-context.ts"

/** See the head comment. */
export const pageDimensions: Check<PageContext> = {
  name: "page-dimensions",
  probe: "read width and height of each image",
  examine: ({ images }) => {
    const missing = images.filter(
      ({ width, height, hasAspectRatio }) => (width === "" || height === "") && !hasAspectRatio,
    )
    if (missing.length === 0) return passed("Each image has its dimensions.")
    return failure({
      observation: `${counted(missing.length, "image")} without width and height: ${someOf(missing.map(nameOf))}.`,
      meaning: "The page moves while images load (CLS).",
      fix: "Add width and height, which the client takes from info, or aspect-ratio in CSS.",
    })
  },
}
