/** Responsible for the check that originals cannot be downloaded at the URL of their key. */
import { encodeKey } from "../../../sizes/key.ts"
import { type Check, failure, passed, skipped } from "../../check.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const originalsPrivate: Check<RemoteContext> = {
  name: "originals-private",
  probe: "request an original without a size",
  examine: async ({ ask, photo }, { signal }) => {
    const found = await photo()
    if (!found) return skipped(NO_PHOTO)
    const { status, headers } = await ask(`/${encodeKey(found.original)}`, { signal })
    if (status >= 400) return passed(`${status}.`)
    return failure({
      observation: `Status ${status}, ${headers["content-type"] ?? "no content type"}.`,
      meaning: "Originals are public in full size, with their metadata.",
      fix: "Do not serve the folder or bucket of the originals; give the renditions a separate one.",
    })
  },
}
