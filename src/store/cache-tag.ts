/** Responsible for the tags by which a CDN can forget all renditions of an original. */
import { createHash } from "node:crypto"

import { originalsIn } from "../sizes/all-keys.ts"

/**
 * The cache tag of all renditions of an original, by which a CDN can invalidate them: 32 hexadecimal digits, because CloudFront's tags
 * are ASCII, contain no comma and ignore case.
 * @example
 * cacheTagOf("shop/photo.jpg") // "d7e2c5…", the Cache-Tag of shop/360x270/photo.jpg.webp
 */
export const cacheTagOf = (original: string): string => createHash("sha256").update(original).digest("hex").slice(0, 32)

/**
 * The cache tags of a rendition as a header's value: one for each original that its key can mean. A new original `img.jpg` takes
 * `480h/img.jpg.webp` over from an original `img.jpg.webp`, and only the tag of the new one is invalidated then. CloudFront accepts up
 * to 50 tags, separated by commas (CloudFront Developer Guide, "Invalidate files by cache tag").
 */
export const cacheTagsOf = (key: string): string => originalsIn(key).map(cacheTagOf).join(",")
