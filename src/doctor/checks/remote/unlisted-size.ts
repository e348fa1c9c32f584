/** Responsible for the check that only listed sizes are rendered. */
import type { Size } from "../../../sizes/list.ts"
import { parseSize } from "../../../sizes/size.ts"
import { snap } from "../../../sizes/snap.ts"
import { type Check, failure, passed, skipped } from "../../check.ts"
import type { RemoteContext } from "../../remote-context.ts"

/** A size near to none. */
const unlisted = (sizes: readonly Size[]): string =>
  ["317x241", "319x239", "331x233"].find((name) => !sizes.some((size) => size.name === name)) ?? "7x7"

/** See the head comment. */
export const unlistedSize: Check<RemoteContext> = {
  name: "unlisted-size",
  probe: "request a photo in a size that is not listed",
  examine: async ({ ask, photo, sizes, pathOf }, { signal }) => {
    const known = await sizes()
    const [first] = known
    if (!first) return skipped("No size is known.")
    const name = unlisted(known)
    const original = (await photo())?.original ?? "photo.jpg"
    const reply = await ask(pathOf(original, name), { signal })
    const location = reply.headers["content-location"]
    if (reply.status === 400 || reply.status === 404) return passed(`${reply.status}.`)
    if (reply.status === 200 && location !== undefined) return passed(`200 with the nearest size: ${location}.`)
    const listed = reply.status === 200 ? snap(parseSize(name) ?? {}, known) : undefined
    // A CDN's edge function snaps the URL before imgtailor sees it, so nothing names the rendition.
    if (listed && (await ask(pathOf(original, listed.name), { signal })).body.equals(reply.body))
      return passed(`200 with the rendition of ${listed.name}.`)
    return failure({
      observation: `Status ${reply.status} for ${name}.`,
      meaning: "Anyone can make the server render and store any number of sizes, or the answer is another page.",
      fix: "Let every image URL reach imgtailor or its edge function, and remove other resizers in front.",
    })
  },
}
