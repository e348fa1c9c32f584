/**
 * Responsible for the changes that the studio can make: purge and warm of one photo, and its focal point.
 *
 * Invariants:
 * - Renditions and the file of focal points are changed, never an original.
 * - Every change is logged.
 */
import { describeError } from "../errors.ts"
import { isFocalPoint } from "../sizes/focal-point.ts"
import { type OriginalKey, splitKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { pageFormats } from "../sizes/page-formats.ts"
import type { Warmed } from "../tailor/warm.ts"
import type { Purged, WarmedPhoto } from "./api.ts"
import { whyNotWrite } from "./catalogue.ts"
import { isRecord, keyIn } from "./draft-request.ts"
import { untilIdle } from "./drafts.ts"
import { refuse, replyEmpty, replyJson, type StudioReply } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"
import { saveFocalPoint } from "./save-focal-point.ts"

const NO_KEY = (): StudioReply => refuse(400, "bad-request", "Expected the key of an original.")

/** Renders the renditions of a photo one at a time, each when no visitor waits. */
const warmSlowly = async (tailor: RouteParts["tailor"], key: OriginalKey, signal: AbortSignal): Promise<Warmed> => {
  const { core } = tailor
  let total: Warmed = { made: 0, stored: 0, refused: [] }
  const warm = async (size: string, formats: readonly string[] | undefined): Promise<void> => {
    await untilIdle(tailor, signal)
    const { made, stored, refused } = await core.warm(key, { sizes: [size], formats, signal })
    total = { made: total.made + made, stored: total.stored + stored, refused: [...total.refused, ...refused] }
  }
  for (const size of core.grammar.sizes)
    for (const format of pageFormats(size, splitKey(key).file, core.grammar)) await warm(size.name, [format ?? "base"])
  await warm(INFO, undefined)
  return total
}

/** Creates the routes that change something. */
export const createChangeRoutes = ({
  tailor,
  onNotice,
}: RouteParts): Readonly<Record<"purge" | "warm" | "focalPoint", Route>> => {
  const { core, config, originals } = tailor
  /** Names are hostile input: in the log, they have no line breaks. */
  const note = (text: string, key: string): void => onNotice(`Studio: ${text} ${JSON.stringify(key)}.`)

  const isKnown = async (key: string, signal: AbortSignal): Promise<boolean> =>
    (await originals.head(key, { signal })) !== undefined

  return {
    purge: async ({ json }) => {
      const key = keyIn(await json())
      if (key === undefined) return NO_KEY()
      const deleted = await core.purge(key)
      note(`purged ${deleted} renditions of`, key)
      return replyJson({ deleted } satisfies Purged)
    },
    warm: async ({ json, signal }) => {
      const key = keyIn(await json())
      if (key === undefined) return NO_KEY()
      const { made, stored, refused } = await warmSlowly(tailor, key, signal)
      note(`rendered ${made} renditions of`, key)
      return replyJson({ made, stored, refused: refused.map(describeError) } satisfies WarmedPhoto)
    },
    focalPoint: async ({ json, signal }) => {
      const why = whyNotWrite(config)
      if (why !== undefined || typeof config.focalPoints !== "string")
        return refuse(403, "not-allowed", why ?? "Focal points cannot be saved.")
      const body = await json()
      const key = keyIn(body)
      if (key === undefined || !isRecord(body)) return NO_KEY()
      const { point } = body
      if (point !== null && !isFocalPoint(point))
        return refuse(400, "bad-request", "Expected a point like [0.4, 0.3], or null.")
      if (!(await isKnown(key, signal))) return refuse(404, "original-not-found", "There is no such original.")
      await saveFocalPoint(config.focalPoints, tailor, { key, point })
      note("saved the focal point of", key)
      return replyEmpty(204)
    },
  }
}
