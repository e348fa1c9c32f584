/** Responsible for the check that only listed sizes are rendered. */
import type { Size } from "../../../sizes/list.ts"
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
    const reply = await ask(pathOf((await photo())?.original ?? "photo.jpg", name), { signal })
    const location = reply.headers["content-location"]
    if (reply.status === 400 || reply.status === 404) return passed(`${reply.status}.`)
    if (reply.status === 200 && location !== undefined) return passed(`200 with the nearest size: ${location}.`)
    return failure({
      observation: `Status ${reply.status} for ${name}.`,
      meaning: "Anyone can make the server render and store any number of sizes, or the answer is another page.",
      fix: "Let every image URL reach imgtailor or its edge function, and remove other resizers in front.",
    })
  },
}
