/** Responsible for the check of a file name with a space, a plus sign, brackets and letters outside ASCII. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { RED_JPEG } from "../../probe-images.ts"
import { NO_UPLOAD, type RemoteContext } from "../../remote-context.ts"

const NAME = "poză a+b (1) 100%.jpg"

/** See the head comment. */
export const escapedName: Check<RemoteContext> = {
  name: "escaped-name",
  probe: `request a photo named ${NAME}`,
  examine: async ({ ask, uploads, sizes, pathOf }, { signal }) => {
    const [size] = await sizes()
    if (!uploads || !size) return skipped(NO_UPLOAD)
    const key = await uploads.put(NAME, RED_JPEG)
    const statuses: number[] = []
    for (let time = 0; time < 2; time++) statuses.push((await ask(pathOf(key, size.name), { signal })).status)
    if (statuses.every((status) => status === 200)) return passed("200 when rendered, and 200 when stored.")
    return failure({
      observation: `Status ${statuses[0]} when it had to be rendered, ${statuses[1]} afterwards.`,
      meaning: "A part of the way decodes or escapes names again, so such photos are never shown.",
      fix: "Forward the path as the client sent it (nginx: proxy_pass without a path), or avoid such names.",
    })
  },
}
