/** Responsible for the reason with which the edge function refuses a URL: the same as the server's parser gives. */
import { decodeUrlPath } from "../../http/url-path.ts"
import type { Refusal } from "../../sizes/decode-path.ts"
import { INFO, nearestIndex, readBox } from "../../sizes/list.ts"
import { NO_ORIGINAL, refuseInfo, refuseMissingSize, refuseSize, TOO_LONG } from "../../sizes/reject-key.ts"
import { type EdgeList, hasName, namesOf } from "./edge-list.ts"
import { fits, partsOf, type PathParts, type SnapSize, toCanonical, toListed } from "./fast-path.ts"

/** @param parts of a canonical path */
const refuseUnlisted = ({ head, size: encoded, tail }: PathParts, list: EdgeList): Refusal => {
  const names = namesOf(list)
  const size = decodeURIComponent(encoded)
  const withSize = `${list.basePath}${head}${encoded}/${names[0]}${tail}`
  const box = readBox(size)
  const nearest = box && names[nearestIndex(box, list)]
  return refuseSize(size, names, { nearest, isRetired: !size.includes(",") && hasName(list.retired, size), withSize })
}

/** @param uri a raw path for which `toStoredPath` is undefined */
export const explainRefusal = (uri: string, list: EdgeList, snapSize: SnapSize | undefined): Refusal => {
  const path = toCanonical(uri, list)
  const parts = partsOf(path)
  const { size } = parts
  if (size === "") {
    const segments = decodeUrlPath(uri, list.basePath, list)
    return "refused" in segments ? segments : refuseMissingSize(namesOf(list)[0] ?? "", list.basePath)
  }
  const listed = toListed(path, list, snapSize)
  if (listed) return fits(listed, list) ? NO_ORIGINAL : TOO_LONG
  if (size === INFO) return refuseInfo(`${list.basePath}${path}.json`)
  return refuseUnlisted(parts, list)
}
