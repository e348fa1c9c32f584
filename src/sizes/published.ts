/**
 * Responsible for the list as an installation publishes it (`imgtailor.json`), so that clients in any language can form its URLs.
 *
 * Invariants:
 * - `parseSizeList` accepts the published sizes and returns the same list.
 */
import type { Format } from "./format.ts"
import { shortHash } from "./hash.ts"
import type { Grammar } from "./key.ts"
import { type Size, type SizeInput, toSizeInput } from "./list.ts"

/** The contents of `imgtailor.json`. */
export interface PublishedList {
  /** Hash of all other members. It changes only with the list, so that servers with one list agree even if their releases differ. */
  readonly version: string
  /** In the configured order. A size without other options is a text. */
  readonly sizes: readonly SizeInput[]
  /** Explicit formats, in order of preference. */
  readonly formats: readonly Format[]
  /** URL path prefix, like `/img`; may be empty. */
  readonly basePath: string
}

/** Overlays are published without the folders and digests of their files. */
const withoutFiles = ({ overlay, ...size }: Size): Size => {
  const published = overlay?.map((one) => {
    const { digest: _, ...options } = one
    return { ...options, image: one.image.slice(one.image.lastIndexOf("/") + 1) }
  })
  return { ...size, ...(published && { overlay: published }) }
}

/**
 * The list of an installation, in its published form.
 * @example
 * publishList({ sizes: list, formats: ["avif", "webp"] }) // { version: "…", sizes: ["640w"], formats: ["avif", "webp"], basePath: "" }
 */
export const publishList = ({
  sizes,
  formats,
  basePath = "",
}: Pick<Grammar, "sizes" | "formats" | "basePath">): PublishedList => {
  const list = { sizes: sizes.map((size) => toSizeInput(withoutFiles(size))), formats, basePath }
  return { version: shortHash(JSON.stringify(list)), ...list }
}
