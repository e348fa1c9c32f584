/** Responsible for the check of a rendition of more than 6 MB, the longest response of a Lambda function that does not stream. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { noisePng } from "../../probe-images.ts"
import { NO_UPLOAD, type RemoteContext } from "../../remote-context.ts"

/** Lambda, "Quotas": 6 MB. The noise has three bytes a pixel. */
const LONG_BYTES = 6_300_000
const BYTES_PER_PIXEL = 3
/** Longest side that is tried. */
const MAX_SIDE = 4000

/** See the head comment. */
export const largeResponse: Check<RemoteContext> = {
  name: "large-response",
  probe: "request a rendition of more than 6 MB",
  examine: async ({ ask, uploads, sizes, pathOf }, { signal }) => {
    if (!uploads) return skipped(NO_UPLOAD)
    const known = (await sizes()).filter(
      ({ height, width, format }) => width !== undefined && height === undefined && !format,
    )
    const widest = known.toSorted((a, b) => (b.width ?? 0) - (a.width ?? 0))[0]
    const width = Math.min(widest?.width ?? 0, MAX_SIDE)
    const height = Math.ceil(LONG_BYTES / BYTES_PER_PIXEL / Math.max(1, width))
    if (!widest || height > MAX_SIDE) return skipped("No listed size is wide enough to reach 6 MB.")
    const key = await uploads.put("large.png", noisePng(width, height))
    const { status, body } = await ask(pathOf(key, widest.name), { signal, headers: { accept: "image/png" } })
    if (status === 200 && body.length > LONG_BYTES / 2) return passed(`200 with ${body.length} bytes.`)
    return failure({
      observation: `Status ${status} with ${body.length} bytes.`,
      meaning: "Large renditions are never sent: the function's response is too long.",
      fix: "Let the function stream its response (InvokeMode RESPONSE_STREAM), or list smaller sizes.",
    })
  },
}
