/** Responsible for the formats that a rendition may have: which one is lightest is known when it is encoded. */
import { type Format, outputFormat } from "../sizes/format.ts"
import type { Inspected } from "./inspected.ts"

/** @param requested the explicit format; undefined for a base URL */
export const possibleFormats = (requested: Format | undefined, original: Inspected): ReadonlySet<Format> => {
  const formats = new Set<Format>()
  // Alpha may turn out to be opaque.
  for (const traits of [original, { ...original, hasAlpha: false }]) {
    const own = outputFormat(undefined, traits).format
    const wanted = outputFormat(requested, traits).format
    formats.add(wanted)
    const mayChange = original.isLossless && (wanted === "avif" || wanted === "webp")
    if (mayChange) formats.add("webp").add(own)
    if (original.format === "other" && (requested === undefined || mayChange)) formats.add("png")
  }
  return formats
}
