/**
 * Responsible for the elements of a photo, for components of page frameworks.
 *
 * Invariants:
 * - A photo whose dimensions are not known takes no page down: it gets plain attributes, which reserve no space.
 * - Mistakes in the code of a page are thrown: unlisted sizes and invalid keys.
 */
import { artDirected, type ArtDirection } from "../client/art-direction.ts"
import { type Attributes, type ImgOptions, MAX_DPR, type SourceAttributes } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Format } from "../sizes/format.ts"
import { pictureFor } from "./picture-for.ts"

/** How a photo is displayed. All options but `element` and `sources` are those of the client. */
export interface PhotoOptions<Name extends string, Explicit extends Format> extends ImgOptions<Name, Explicit> {
  /** Other parts of the photo, or other sizes, on some screens. */
  readonly sources?: readonly ArtDirection<Name>[] | undefined
  /** `img` for a single element, for which the server negotiates the format. @default "picture" */
  readonly element?: "picture" | "img" | undefined
}

/** Attributes of an `<img>` whose dimensions may not be known. */
export type PhotoAttributes = Omit<Attributes, "width" | "height"> & Partial<Pick<Attributes, "width" | "height">>

/** Attributes of all elements, in the spelling of HTML. Without sources, there is no `<picture>`. */
export interface PhotoElements {
  readonly sources: readonly SourceAttributes[]
  readonly img: PhotoAttributes
}

/** Attributes for a photo whose ratio is not known. `sizes="auto"` would need dimensions. */
const plainAttributes = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  { shape, format, width, sizes, priority }: PhotoOptions<Name, Explicit>,
): PhotoAttributes => {
  const srcset = photos.srcset(original, { shape, format, maxWidth: width && MAX_DPR * width })
  const displayed = sizes ?? (width ? `(min-width: ${width}px) ${width}px, 100vw` : "100vw")
  return {
    src: photos.url(original, shape, format),
    srcset,
    ...(/\dw$/.test(srcset) && { sizes: displayed }),
    ...(priority ? { loading: "eager", fetchpriority: "high" } : { loading: "lazy" }),
    decoding: "async",
  }
}

const knownElements = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  { element, sources = [], ...options }: PhotoOptions<Name, Explicit>,
): PhotoElements => {
  if (element === "img") return { sources: [], img: photos.img(original, options) }
  return sources.length > 0
    ? artDirected(photos, original, { ...options, sources })
    : pictureFor(photos, original, options)
}

/**
 * The elements of a photo.
 * @throws {TypeError} for an unlisted size or format, and for an invalid key
 */
export const photoElements = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  options: PhotoOptions<Name, Explicit>,
): PhotoElements => {
  try {
    return knownElements(photos, original, options)
  } catch {
    return { sources: [], img: plainAttributes(photos, original, options) }
  }
}
