/** Responsible for the check that the page has images at all. */
import { counted } from "../../../units.ts"
import { type Check, passed, warning } from "../../check.ts"
import { isOwnUrl, type PageContext, urlsOf } from "../../page-context.ts"

/** See the head comment. */
export const pageImages: Check<PageContext> = {
  name: "page-images",
  probe: "count the images of the page",
  examine: ({ images, sizes, url }) => {
    const own = images.filter((image) => urlsOf(image).some((one) => isOwnUrl(one, sizes)))
    if (images.length > 0) return passed(`${counted(images.length, "image")}, ${own.length} with a size in the URL.`)
    return warning({
      observation: `${url} has no <img>.`,
      meaning: "The page may need a login, or render its images only after an interaction.",
      fix: "Give a page that shows images when it is loaded.",
    })
  },
}
