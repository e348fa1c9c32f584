/** Responsible for the check that a query changes nothing: otherwise anyone can fill the cache. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const query: Check<RemoteContext> = {
  name: "query",
  probe: "request a photo with a query",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const [plain, queried] = [await ask(path, { signal }), await ask(`${path}?v=3`, { signal })]
    if (queried.status === plain.status && queried.body.equals(plain.body)) return passed("The same photo.")
    return failure({
      observation: `Status ${queried.status} instead of ${plain.status}.`,
      meaning: "URLs with a version (?v=3), which pages use to skip browser caches, are not found.",
      fix: "Ignore the query before the URL reaches imgtailor.",
    })
  },
}
