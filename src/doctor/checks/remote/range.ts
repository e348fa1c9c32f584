/** Responsible for the check that a part of a rendition can be requested, and is that part. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const range: Check<RemoteContext> = {
  name: "range",
  probe: "request ten bytes of a photo",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const whole = await ask(path, { signal })
    const part = await ask(path, { signal, headers: { range: "bytes=10-19" } })
    const isRight =
      (part.status === 206 && part.body.equals(whole.body.subarray(10, 20))) ||
      (part.status === 200 && part.body.equals(whole.body))
    if (isRight) return passed(part.status === 206 ? "206 with these bytes." : "200 with all bytes, which is allowed.")
    return failure({
      observation: `Status ${part.status} with ${part.body.length} bytes that are not this part.`,
      meaning: "Downloads that are resumed give damaged files.",
      fix: "Forward Range, or ignore it; do not cache partial responses as whole ones.",
    })
  },
}
