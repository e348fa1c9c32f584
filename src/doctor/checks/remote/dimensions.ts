/** Responsible for the check that a rendition is not larger than its size. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { inspectDimensions } from "../../picture.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const dimensions: Check<RemoteContext> = {
  name: "dimensions",
  probe: "read the dimensions and metadata of a rendition",
  examine: async ({ ask, photo, sizes, pathOf }, { signal }) => {
    const [found, [size]] = [await photo(), await sizes()]
    if (!found || !size) return skipped(NO_PHOTO)
    const reply = await ask(pathOf(found.original, size.name), { signal, headers: { accept: "image/jpeg" } })
    const picture = inspectDimensions(reply.body)
    if (reply.status !== 200 || !picture)
      return skipped(`Status ${reply.status}, ${reply.headers["content-type"] ?? "no type"}.`)
    const { width, height, hasMetadata } = picture
    const isLarger = width > (size.width ?? Infinity) || height > (size.height ?? Infinity)
    const observation = `${size.name} is ${width}x${height}${hasMetadata ? ", with EXIF or XMP" : ""}.`
    if (isLarger)
      return failure({
        observation,
        meaning: "The original, or another size, is sent instead of the rendition.",
        fix: "Do not rewrite URL paths between the CDN and imgtailor.",
      })
    if (hasMetadata)
      return failure({
        observation,
        meaning: "Places and times of photos are published: this file was not made by imgtailor.",
        fix: "Delete it (imgtailor purge), and do not point the CDN at the originals.",
      })
    return passed(observation)
  },
}
