/** Responsible for the check that renditions are cached for long enough to be worth a CDN. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { askTwice, sharedSecondsOf } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

const MIN_SECONDS = 60

/** See the head comment. */
export const cacheLife: Check<RemoteContext> = {
  name: "cache-life",
  probe: "read the Cache-Control of a stored rendition",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const [, reply] = await askTwice(ask, path, signal)
    const text = reply.headers["cache-control"] ?? "none"
    const seconds = sharedSecondsOf(reply)
    if (reply.status !== 200) return skipped(`Status ${reply.status}.`)
    if ((seconds ?? 0) >= MIN_SECONDS) return passed(`${text}.`)
    return failure({
      observation: `Cache-Control is ${text}.`,
      meaning: "Every view downloads the photo again, and the CDN forwards every request.",
      fix: "Forward the Cache-Control of imgtailor and of the stored objects; the setting cacheControl decides it.",
    })
  },
}
