/** Responsible for the check that errors are cached for a short time only: a photo that is uploaded later must appear. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { sharedSecondsOf } from "../../remote-client.ts"
import type { RemoteContext } from "../../remote-context.ts"
import { missingKey } from "../../s3-probe.ts"

/** Five times as long as imgtailor caches errors. */
const MAX_SECONDS = 300

/** See the head comment. */
export const errorLifetimes: Check<RemoteContext> = {
  name: "error-lifetimes",
  probe: "read the Cache-Control of a 404 and a 400",
  examine: async ({ ask, sizes, pathOf }, { signal }) => {
    const [size] = await sizes()
    if (!size) return skipped("No size is known.")
    const missing = await ask(pathOf(missingKey(), size.name), { signal })
    const unlisted = await ask(pathOf("photo.jpg", "7x7"), { signal })
    const errors = [missing, unlisted].filter(({ status }) => status >= 400)
    const texts = errors.map((reply) => `${reply.status}: ${reply.headers["cache-control"] ?? "no Cache-Control"}`)
    const tooLong = errors.filter((reply) => (sharedSecondsOf(reply) ?? Infinity) > MAX_SECONDS)
    if (tooLong.length === 0) return passed(`${texts.join("; ")}.`)
    return failure({
      observation: `${texts.join("; ")}.`,
      meaning: "A photo that is uploaded after its first request stays missing for visitors.",
      fix: `Forward the Cache-Control of errors, and do not add one; ${MAX_SECONDS} s at most.`,
    })
  },
}
