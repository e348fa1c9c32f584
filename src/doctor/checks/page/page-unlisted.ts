/** Responsible for the check that the page uses listed sizes only. */
import { sizeNamed } from "../../../sizes/list.ts"
import { someOf } from "../../../units.ts"
import { type Check, failure, passed } from "../../check.ts"
import { type PageContext, sizeOfUrl, urlsOf } from "../../page-context.ts"

/** See the head comment. */
export const pageUnlisted: Check<PageContext> = {
  name: "page-unlisted",
  probe: "compare the sizes in src and srcset with the list",
  applies: ({ sizes }) => sizes.length > 0,
  examine: ({ images, sizes }) => {
    const used = new Set(images.flatMap(urlsOf).flatMap((url) => sizeOfUrl(url) ?? []))
    const unlisted = [...used].filter((name) => /^\d/.test(name) && !sizeNamed(name, sizes))
    if (unlisted.length === 0) return passed("Every size is listed.")
    return failure({
      observation: `${someOf(unlisted)}: not on the list.`,
      meaning: "These URLs answer 400, so the images are missing.",
      fix: "Use a listed size, or add these to the list as sizes or aliases.",
    })
  },
}
