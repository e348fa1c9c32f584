/**
 * Responsible for URLs for frameworks that request any width and height, because they cannot be given a list.
 *
 * Invariants:
 * - Every URL has a listed size.
 * - A URL is returned unchanged, as is a URL path of the same server.
 */
import { type Client, type ClientOptions, createClient } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import { formatsOf } from "../sizes/key.ts"
import { type Shape, shapesOf, type SizeInput } from "../sizes/list.ts"
import type { Box } from "../sizes/size.ts"
import { sizesOfShape, snap } from "../sizes/snap.ts"
import { isUrl } from "./is-url.ts"

/** Options of a client for a list that is not known at compile time. Names of sizes and formats are checked when a URL is requested. */
export type AnyOptions = ClientOptions<readonly SizeInput[], readonly Format[]>

/** A rendition that a framework requests; sides in pixels of the rendition. */
export interface UrlRequest {
  readonly width?: number | string | undefined
  readonly height?: number | string | undefined
  /** A format that is not listed, or that the size does not have, means the original's own. */
  readonly format?: string | undefined
  /** The name of a listed size: only sizes of its shape are chosen. @default all sizes, as {@link snap} chooses */
  readonly shape?: string | undefined
}

/** See {@link createListedUrls}. */
export interface ListedUrls {
  readonly photos: Client<string, Format>
  readonly list: readonly Shape[]
  /** @throws {TypeError} for an invalid key, an unlisted shape, and if no size of the requested kind is listed */
  readonly urlFor: (original: string, request: UrlRequest) => string
}

const isLargeEnough = (size: Box, { width, height }: Box): boolean =>
  size.width && width ? size.width >= width : (size.height ?? Infinity) >= (height ?? 0)

const toSide = (side: number | string | undefined): number | undefined => (side ? Number(side) : undefined)

/** URLs for one list. @throws {TypeError} for an invalid list */
export const createListedUrls = (options: AnyOptions): ListedUrls => {
  const photos: Client<string, Format> = createClient(options)
  const list = shapesOf(options.sizes)
  const { formats = DEFAULT_FORMATS } = options

  const snapToShape = (name: string, box: Box): Shape => {
    const shape = list.find((size) => size.name === name) ?? fail(`Expected a listed size as shape, got ${name}.`)
    if (!box.width && !box.height) return shape
    const sizes = sizesOfShape(shape, list)
    return sizes.find((size) => isLargeEnough(size, box)) ?? sizes[sizes.length - 1] ?? shape
  }

  return {
    photos,
    list,
    urlFor: (original, { shape, format, ...sides }) => {
      if (isUrl(original) || photos.parse(original).length > 0) return original
      const [width, height] = [toSide(sides.width), toSide(sides.height)]
      const box = { ...(width && { width }), ...(height && { height }) }
      const size =
        (shape === undefined ? snap(box, list) : snapToShape(shape, box)) ??
        fail(`Expected a width or height of a listed kind for ${original}, got ${width} × ${height}.`)
      return photos.url(
        original.replace(/^\//, ""),
        size.name,
        formatsOf(size, { formats }).find((one) => one === format),
      )
    },
  }
}
