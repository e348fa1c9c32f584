/** Responsible for reading the header of one original for output. Only render processes look into its bytes. */
import { orAbort } from "../abort.ts"
import type { OpenTailor } from "../create-tailor.ts"
import type { Inspected } from "../render/inspected.ts"
import type { OriginalKey } from "../sizes/key.ts"
import type { OriginalStat } from "../store/store.ts"

/** The header of an original, and its stat. */
export interface OpenedOriginal {
  readonly inspected: Inspected
  readonly stat: OriginalStat
}

/**
 * Reads an original and its header; undefined if there is no such original.
 * @param signal ends the wait for the header
 * @throws {unsupported-original} {original-too-large} {corrupt-original} {store-unavailable} {store-denied}
 */
export const openOriginal = async (
  { originals, renderer, config }: OpenTailor,
  original: OriginalKey,
  signal?: AbortSignal,
): Promise<OpenedOriginal | undefined> => {
  const object = await originals.get(original, { maxBytes: config.limits.bytes, signal })
  if (!object) return undefined
  const opening = renderer.open(object.bytes, { signal }).then((session) => {
    session.close()
    return session.inspected
  })
  return { inspected: await orAbort(opening, signal), stat: object.stat }
}
