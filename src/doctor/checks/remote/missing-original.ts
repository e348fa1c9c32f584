/** Responsible for the check of the answer for an original that does not exist. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import type { RemoteContext } from "../../remote-context.ts"
import { missingKey } from "../../s3-probe.ts"

/** See the head comment. */
export const missingOriginal: Check<RemoteContext> = {
  name: "missing-original",
  probe: "request a photo that does not exist",
  examine: async ({ ask, sizes, pathOf }, { signal }) => {
    const [size] = await sizes()
    if (!size) return skipped("No size is known.")
    const { status } = await ask(pathOf(missingKey(), size.name), { signal })
    if (status === 404) return passed("404.")
    return failure({
      observation: `Status ${status}.`,
      meaning:
        status === 403
          ? "The bucket's answer reaches visitors: the CDN does not ask imgtailor, or the bucket may not be listed."
          : "Search engines and pages do not learn that the photo is gone.",
      fix:
        status === 403
          ? "Let the CDN ask imgtailor after 403 and 404 of the bucket (origin group), and allow s3:ListBucket."
          : "Forward the status of imgtailor unchanged.",
    })
  },
}
