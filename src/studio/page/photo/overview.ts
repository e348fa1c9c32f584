/** Responsible for choices among the renditions of one photo. */
import type { Photo, SheetItem } from "../../api.ts"
import { isStored } from "./sheet.ts"

/** Enough for the column of facts on a display of double density. */
const ENOUGH_PIXELS = 600

const showsAll = ({ width, height }: SheetItem, { info }: Photo): boolean =>
  Math.abs(width * info.height - height * info.width) <= Math.max(info.width, info.height)

/** The rendition to show as a whole: uncropped if there is one, stored if possible, large enough. */
export const overviewOf = (photo: Photo): SheetItem | undefined => {
  const whole = photo.renditions.filter((item) => showsAll(item, photo))
  const candidates = (whole.length > 0 ? whole : photo.renditions).toSorted((a, b) => a.width - b.width)
  const isEnough = ({ width }: SheetItem): boolean => width >= ENOUGH_PIXELS
  return candidates.find((item) => isEnough(item) && isStored(item)) ?? candidates.find(isEnough) ?? candidates.at(-1)
}

/** Names of the sizes, in the order of the list. */
export const sizesIn = ({ renditions }: Photo): readonly string[] => [...new Set(renditions.map(({ size }) => size))]

/** The rendition of a size in a format; in its base format where it has no such format. */
export const renditionOf = (photo: Photo, size: string, format: string): SheetItem | undefined => {
  const ofSize = photo.renditions.filter((item) => item.size === size)
  return (
    ofSize.find((item) => item.format === format && !item.isSubstituted) ??
    ofSize.find(({ isBase }) => isBase) ??
    ofSize[0]
  )
}
