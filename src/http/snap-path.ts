/**
 * Responsible for URLs with an unlisted size, which `unknownSize: "snap"` resolves to the nearest suitable listed size (sizes/snap.ts).
 * Pure, and the same on servers and at the edge.
 *
 * Invariants:
 * - The result is always a listed size, so nothing is stored under the requested URL.
 */
import type { Refusal } from "../sizes/decode-path.ts"
import type { Grammar } from "../sizes/key.ts"
import { parseSize } from "../sizes/size.ts"
import { snap } from "../sizes/snap.ts"
import { asAlias, resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

/** A raw path with its size replaced by a listed one. Undefined where no listed size is suitable, and for a retired size. */
const toListedPath = (path: string, { sizes, retired }: Grammar): string | undefined => {
  const segments = path.split("/")
  const index = segments.length - 2
  // The segment has been decoded once already, so this does not throw.
  const requested = decodeURIComponent(segments[index] ?? "")
  const box = retired.sizes.includes(requested) ? undefined : parseSize(requested)
  const size = box && snap(box, sizes)
  if (!size) return undefined
  segments[index] = size.name
  return segments.join("/")
}

/** Like {@link resolveUrlPath}, for `unknownSize: "snap"`. A snapped URL has the URL path of its rendition in `contentLocation`. */
export const resolveSnapped = (
  path: string,
  accept: string | undefined,
  basePath: string,
  grammar: Grammar,
): ResolvedUrl | Refusal => {
  const resolved = resolveUrlPath(path, accept, basePath, grammar)
  if (!("refused" in resolved) || resolved.refused !== "size-not-allowed") return resolved
  const listedPath = toListedPath(path, grammar)
  const snapped = listedPath === undefined ? resolved : resolveUrlPath(listedPath, accept, basePath, grammar)
  return "refused" in snapped ? snapped : asAlias(snapped, basePath)
}
