/**
 * An address whose size is not listed, read as that of the size that is given in its place (sizes/snap.ts). What comes out is always on the
 * list, so nothing is ever stored under an address that was snapped. Pure, and the same on servers and at the edge.
 */
import type { Grammar, Refusal } from "../sizes/key.ts"
import { parseSize } from "../sizes/size.ts"
import { snap } from "../sizes/snap.ts"
import { asAlias, resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

/** A raw path with the listed size in place of its own; undefined where there is none for it, and for a retired one. */
const toListed = (path: string, { sizes, retired }: Grammar): string | undefined => {
  const segments = path.split("/")
  const at = segments.length - 2
  // It was decoded before it was refused.
  const asked = decodeURIComponent(segments[at] ?? "")
  const box = retired.sizes.includes(asked) ? undefined : parseSize(asked)
  const size = box && snap(box, sizes)
  if (!size) return undefined
  segments[at] = size.name
  return segments.join("/")
}

/** Like {@link resolveUrlPath}, for `unknownSize: "snap"`. What was snapped names its own address in `contentLocation`. */
export const resolveSnapped = (
  path: string,
  accept: string | undefined,
  basePath: string,
  grammar: Grammar,
): ResolvedUrl | Refusal => {
  const wanted = resolveUrlPath(path, accept, basePath, grammar)
  if (!("refused" in wanted) || wanted.refused !== "size-not-allowed") return wanted
  const listed = toListed(path, grammar)
  const snapped = listed === undefined ? wanted : resolveUrlPath(listed, accept, basePath, grammar)
  return "refused" in snapped ? snapped : asAlias(snapped, basePath)
}
