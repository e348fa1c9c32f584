/** Responsible for the check that a deleted photo disappears within the promised time. */
import { setTimeout as sleep } from "node:timers/promises"

import { type Check, passed, skipped } from "../../check.ts"
import { RED_JPEG } from "../../probe-images.ts"
import { NO_UPLOAD, type RemoteContext } from "../../remote-context.ts"
import { stalePhoto } from "../../stale-photo.ts"

const POLL_MS = 250
const SETTLE_MS = 1100

/** See the head comment. */
export const removedPhoto: Check<RemoteContext> = {
  name: "removed-photo",
  probe: "delete a photo and request it until it is gone",
  examine: async ({ ask, uploads, sizes, pathOf, withinSeconds }, { signal }) => {
    const [size] = await sizes()
    if (!uploads || !size) return skipped(NO_UPLOAD)
    const path = pathOf(await uploads.put("removed.jpg", RED_JPEG), size.name)
    const first = await ask(path, { signal })
    if (first.status !== 200) return skipped(`Status ${first.status} before the deletion.`)
    await sleep(SETTLE_MS, undefined, { signal })
    await uploads.remove("removed.jpg")
    const startMs = performance.now()
    for (;;) {
      const { status } = await ask(path, { signal })
      const seconds = (performance.now() - startMs) / 1000
      if (status === 404) return passed(`404 after ${seconds.toFixed(1)} s.`)
      if (seconds > withinSeconds)
        return stalePhoto(
          {
            observation: `Status ${status} after ${Math.round(seconds)} s.`,
            meaning: "Photos that were deleted stay public.",
          },
          first,
          path,
        )
      await sleep(POLL_MS, undefined, { signal })
    }
  },
}
