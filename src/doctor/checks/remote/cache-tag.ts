/** Responsible for the check that CloudFront learns the tag by which a changed photo is invalidated. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { askTwice, headerOf, type Reply } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

const NAMES = ["x-amz-meta-cache-tag", "cache-tag", "surrogate-key"] as const

/** CloudFront adds `Via` and `X-Amz-Cf-Id`; S3's metadata show a rendition that was stored by the stack. */
const isCloudFront = (reply: Reply): boolean =>
  headerOf(reply, "x-amz-cf-id") !== "" ||
  /cloudfront/i.test(headerOf(reply, "via")) ||
  Object.keys(reply.headers).some(
    (name) => name.startsWith("x-amz-meta-imgtailor") || name.startsWith("x-amz-meta-original"),
  )

/** See the head comment. */
export const cacheTag: Check<RemoteContext> = {
  name: "cache-tag",
  probe: "look for the cache tag of a photo",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const [, reply] = await askTwice(ask, path, signal)
    const name = NAMES.find((one) => headerOf(reply, one) !== "")
    if (name !== undefined) return passed(`${name}: ${headerOf(reply, name).slice(0, 60)}`)
    if (!isCloudFront(reply)) return skipped("There is no sign of CloudFront, and no other CDN needs a tag.")
    return failure({
      observation: "The response has none.",
      meaning: "A replaced photo cannot be invalidated: CloudFront sends the former one for up to a year.",
      fix: "Forward the metadata x-amz-meta-cache-tag of the bucket, and set CacheTagConfig as in the stack.",
    })
  },
}
