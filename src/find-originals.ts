/** Responsible for a few originals of a catalogue, as examples: for the start of a server, for errors and for the studio. */
import { isImageName } from "./sizes/format.ts"
import { type OriginalKey, splitKey, toOriginalKey } from "./sizes/key.ts"
import type { Originals } from "./store/store.ts"

/** Keys looked at before giving up. S3 lists this many in one request. */
const MAX_LISTED = 1000

/** Keys of the first originals in a store, in the order of keys. */
export const findOriginals = async (originals: Originals, count: number): Promise<readonly OriginalKey[]> => {
  const found: OriginalKey[] = []
  let listed = 0
  for await (const text of originals.list("")) {
    const key = toOriginalKey(text)
    if (key !== undefined && isImageName(splitKey(key).file)) found.push(key)
    listed += 1
    if (found.length === count || listed === MAX_LISTED) break
  }
  return found
}
