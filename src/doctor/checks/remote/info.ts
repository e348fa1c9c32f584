/** Responsible for the check of the description of a photo, which pages read while they are built. */
import { INFO } from "../../../sizes/list.ts"
import { type Check, failure, passed, skipped } from "../../check.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const info: Check<RemoteContext> = {
  name: "info",
  probe: "request the description of a photo",
  examine: async ({ ask, photo, pathOf }, { signal }) => {
    const found = await photo()
    if (!found) return skipped(NO_PHOTO)
    const { status, body, headers } = await ask(pathOf(found.original, INFO, "json"), { signal })
    const meaning = "Pages do not learn the dimensions of photos, so they move while they load."
    const fix = "Forward URLs with /info/ to imgtailor as well."
    if (status !== 200 || !headers["content-type"]?.includes("json"))
      return failure({
        observation: `Status ${status}, ${headers["content-type"] ?? "no content type"}.`,
        meaning,
        fix,
      })
    const { width, height } = JSON.parse(body.toString()) as { readonly width?: number; readonly height?: number }
    return width && height
      ? passed(`${width} × ${height} pixels.`)
      : failure({ observation: "It has no dimensions.", meaning, fix })
  },
}
