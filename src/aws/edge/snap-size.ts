/** Responsible for the size that the edge function chooses for an unlisted one (`unknownSize: "snap"`). */
import { parseSize } from "../../sizes/size.ts"
import { snapIndex } from "../../sizes/snap.ts"
import { namesOf } from "./edge-list.ts"
import type { SnapSize } from "./fast-path.ts"

/** The name of the listed size; undefined for a text that is not a size, and if no size of that kind is listed. */
export const snapSize: SnapSize = (size, list) => {
  const box = parseSize(size)
  if (!box) return undefined
  const { width = 0, height = 0 } = box
  return namesOf(list)[snapIndex({ width, height }, 1, list)]
}
