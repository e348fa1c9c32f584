/** Responsible for the check that a replaced photo is seen within the promised time. */
import { setTimeout as sleep } from "node:timers/promises"

import { type Check, passed, skipped } from "../../check.ts"
import { NO_UPLOAD, type RemoteContext, VERSIONS } from "../../remote-context.ts"
import { stalePhoto } from "../../stale-photo.ts"

const POLL_MS = 250
/** Before a copy counts as equal in time: the clock of S3 has seconds. */
const SETTLE_MS = 1100

/** See the head comment. */
export const replacedPhoto: Check<RemoteContext> = {
  name: "replaced-photo",
  probe: "replace a photo and request it until the new one is sent",
  examine: async ({ ask, uploads, sizes, pathOf, withinSeconds }, { signal }) => {
    const [size] = await sizes()
    if (!uploads || !size) return skipped(NO_UPLOAD)
    const [before, after] = VERSIONS
    const path = pathOf(await uploads.put("replaced.jpg", before), size.name)
    const first = await ask(path, { signal })
    if (first.status !== 200) return skipped(`Status ${first.status} before the replacement.`)
    await sleep(SETTLE_MS, undefined, { signal })
    await uploads.put("replaced.jpg", after)
    const startMs = performance.now()
    for (;;) {
      const { status, body } = await ask(path, { signal })
      const seconds = (performance.now() - startMs) / 1000
      if (status === 200 && !body.equals(first.body)) return passed(`Seen after ${seconds.toFixed(1)} s.`)
      if (seconds > withinSeconds)
        return stalePhoto(
          {
            observation: `Still the former photo after ${Math.round(seconds)} s.`,
            meaning: "Visitors see photos that were replaced, for as long as a cache keeps them.",
          },
          first,
          path,
        )
      await sleep(POLL_MS, undefined, { signal })
    }
  },
}
