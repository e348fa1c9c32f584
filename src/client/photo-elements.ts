/**
 * Responsible for the elements of any photo, of known or unknown dimensions: for components, and for programs that write pages.
 *
 * Invariants:
 * - A photo whose dimensions are not known takes no page down: it gets plain attributes, which reserve no space.
 * - Mistakes in the code of a page are thrown: unlisted sizes and formats, and invalid keys.
 */
import type { Format } from "../sizes/format.ts"
import { artDirected, type ArtDirection } from "./art-direction.ts"
import {
  type Attributes,
  EAGER,
  type ImgOptions,
  LAZY,
  MAX_DPR,
  type Picture,
  type SourceAttributes,
} from "./attributes.ts"
import type { CandidateOptions } from "./srcset.ts"

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

/** The part of a client that is used. */
export interface PhotoMaker<Name extends string, Explicit extends Format> {
  readonly url: (original: string, size: Name, format?: Explicit) => string
  readonly srcset: (original: string, options: CandidateOptions<Name, Explicit>) => string
  readonly img: (original: string, options: ImgOptions<Name, Explicit>) => Attributes
  readonly picture: (original: string, options: Omit<ImgOptions<Name, Explicit>, "format">) => Picture
}

/** Attributes for a photo whose ratio is not known. `sizes="auto"` would need dimensions. */
const plainAttributes = <Name extends string, Explicit extends Format>(
  photos: PhotoMaker<Name, Explicit>,
  original: string,
  { shape, format, width, sizes, priority }: PhotoOptions<Name, Explicit>,
): PhotoAttributes => {
  const srcset = photos.srcset(original, { shape, format, maxWidth: width && MAX_DPR * width })
  const displayed = sizes ?? (width ? `(min-width: ${width}px) ${width}px, 100vw` : "100vw")
  return {
    ...(priority ? EAGER : LAZY),
    decoding: "async",
    ...(/\dw$/.test(srcset) && { sizes: displayed }),
    srcset,
    src: photos.url(original, shape, format),
  }
}

const knownElements = <Name extends string, Explicit extends Format>(
  photos: PhotoMaker<Name, Explicit>,
  original: string,
  { element, format, ...options }: PhotoOptions<Name, Explicit>,
): PhotoElements =>
  format || element === "img"
    ? { sources: [], img: photos.img(original, { ...options, format }) }
    : artDirected(photos, original, options)

/**
 * The elements of any photo, in the spelling of HTML: those of the client's `picture` or `img`. If the photo's dimensions are needed and
 * not known, it is an `<img>` with plain attributes, so that one unsupported photo takes no page down.
 * @param photos a client, from `createClient`
 * @throws {TypeError} for an unlisted size or format, and for an invalid key
 * @example
 * const info = await photos.info("shop/bag.jpg").catch(() => undefined)
 * const { sources, img } = photoElements(photos, "shop/bag.jpg", { shape: "640w", info, width: 640 })
 */
export const photoElements = <Name extends string, Explicit extends Format>(
  photos: PhotoMaker<Name, Explicit>,
  original: string,
  options: PhotoOptions<Name, Explicit>,
): PhotoElements => {
  try {
    return knownElements(photos, original, options)
  } catch {
    // The dimensions may not be the reason: each of these throws for a mistake in the code of the page.
    for (const { shape } of options.sources ?? []) photos.url(original, shape)
    return { sources: [], img: plainAttributes(photos, original, options) }
  }
}
