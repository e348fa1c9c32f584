/**
 * Responsible for images with the `@unpic/*` components, for React, Vue, Svelte, Solid and others: a provider in the sense of unpic, and
 * props of the base components, which take a `transformer`.
 *
 * The components print each of their `breakpoints` as a width, and call the transformer for its URL. The printed widths are correct if all
 * of them are listed and the original is large enough. `photo` returns the actual widths as breakpoints, with a URL for each.
 *
 * Invariants:
 * - Every URL has a listed size.
 * - With `photo`, every `w` is the actual width of the rendition.
 */
import { type ImgOptions, MAX_DPR, placeholderIn } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Candidate } from "../client/srcset.ts"
import type { Format } from "../sizes/format.ts"
import { type AnyOptions, createListedUrls } from "./listed-urls.ts"
import { pictureFor } from "./picture-for.ts"

/** The `Operations` of unpic, and a shape. https://unpic.pics/lib/ */
export interface Operations {
  readonly width?: number | string
  readonly height?: number | string
  /** A format that is not listed, or that the size does not have, means the original's own. */
  readonly format?: string
  /** Ignored: the server configures it. */
  readonly quality?: number | string
  /** The name of a listed size: only sizes of its shape are chosen. */
  readonly shape?: string
}

/** A parsed URL. */
export interface Extracted {
  readonly src: string
  readonly operations: Operations
}

/** A provider, with the methods of unpic's own. */
export interface Provider {
  /**
   * Parses a URL of the server; null for any other.
   * @example
   * extract("https://img.example.com/shop/640w/bag.jpg") // { src: "shop/bag.jpg", operations: { shape: "640w" } }
   */
  readonly extract: (url: string | URL) => Extracted | null
  /**
   * The URL of a rendition, from the key of the original.
   * @throws {TypeError} if no size of the requested kind is listed
   * @example
   * generate("shop/bag.jpg", { width: 600 }) // https://img.example.com/shop/640w/bag.jpg
   */
  readonly generate: (src: string | URL, operations: Operations) => string
  /**
   * The URL of a rendition, from a key or from a URL of the server. The shape and format of that URL are the defaults.
   * @example
   * transform("https://img.example.com/shop/640w/bag.jpg", { format: "webp" }) // https://img.example.com/shop/640w/bag.jpg.webp
   */
  readonly transform: (src: string | URL, operations: Operations) => string
  /**
   * The listed widths of a shape, as `breakpoints` for originals larger than all of them. Each call returns a new array.
   * @example
   * breakpoints("640w") // [320, 640, 1280]
   */
  readonly breakpoints: (shape: string) => number[]
}

const isWidth = (width: number | undefined): width is number => width !== undefined

/** Components pass undefined for unknown values. */
const withoutUndefined = (operations: Operations): Operations =>
  Object.fromEntries(Object.entries(operations).filter(([, value]) => value !== undefined))

/**
 * Creates a provider for one list. With `operations={{ shape: "360x270" }}` only sizes of that shape are chosen.
 * @throws {TypeError} for an invalid list
 * @example
 * const { transform } = createProvider({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 * transform("shop/bag.jpg", { width: 600 }) // https://img.example.com/shop/640w/bag.jpg
 */
export const createProvider = (options: AnyOptions): Provider => {
  const { photos, urlFor } = createListedUrls(options)
  const extract: Provider["extract"] = (url) => {
    const [reading] = photos.parse(url.toString())
    if (!reading || reading.size === "info") return null
    const { original: src, size: shape, format } = reading
    return { src, operations: { shape, ...(format && { format }) } }
  }
  const generate: Provider["generate"] = (src, operations) => urlFor(src.toString(), operations)
  return {
    extract,
    generate,
    transform: (src, operations) => {
      const { src: original, operations: defaults } = extract(src) ?? { src, operations: {} }
      const request = { ...defaults, ...withoutUndefined(operations) }
      const isBox = request.width && request.height && !operations.shape
      return urlFor(original.toString(), isBox ? { ...request, shape: undefined } : request)
    },
    breakpoints: (shape) =>
      photos
        .candidates("any", { shape })
        .map(({ width }) => width)
        .filter(isWidth),
  }
}

/** How an image is displayed. All options but `layout` are those of the client. */
export interface PhotoOptions<Name extends string, Explicit extends Format> extends ImgOptions<Name, Explicit> {
  /** @default `constrained` with a width, else `fullWidth` */
  readonly layout?: "fixed" | "constrained" | "fullWidth" | undefined
}

/** How components reserve space: only by the ratio for an image as wide as the viewport. */
type ReservedSpace =
  | {
      readonly layout: "fixed" | "constrained"
      readonly width: number
      readonly height: number
      readonly aspectRatio?: never
    }
  | {
      readonly layout: "fullWidth"
      readonly aspectRatio: number
      readonly width?: never
      readonly height?: never
    }

/** Props of both the base `<Image>` and the base `<Source>`. */
export type SharedProps = ReservedSpace & {
  readonly src: string
  readonly transformer: (src: string | URL, operations: Operations) => string
  readonly breakpoints: number[]
  readonly sizes?: string
}

/** Props of the elements of a `<picture>`. The image can also be used alone. */
export interface Photo {
  readonly sources: readonly (SharedProps & { readonly type: string })[]
  readonly image: SharedProps & { readonly priority: boolean; readonly background?: string }
}

/** A transformer that returns the candidate for each breakpoint, and without a width the URL of the shape itself. */
const toTransformer =
  (candidates: readonly Candidate[], shapeUrl: string): SharedProps["transformer"] =>
  (_, { width }) =>
    (width
      ? (candidates.find((candidate) => (candidate.width ?? 0) >= Number(width)) ?? candidates[candidates.length - 1])
      : undefined
    )?.url ?? shapeUrl

/**
 * Props of any image: crops, originals of any dimensions, all formats.
 * @param photos a client, from `createClient`
 * @throws {TypeError} for an unlisted size or format and an invalid key; without `info` for sizes by width or height, whose ratio is not
 * known
 * @example
 * const { image } = photo(photos, "shop/bag.jpg", { shape: "360x270", width: 360 })
 * <Image {...image} alt="A bag" /> // from @unpic/react/base
 */
export const photo = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  { layout: requestedLayout, ...options }: PhotoOptions<Name, Explicit>,
): Photo => {
  const { width: displayedWidth, priority = false, sizes } = options
  const layout = requestedLayout ?? (displayedWidth ? "constrained" : "fullWidth")
  const { sources: typed, img } = pictureFor(photos, original, options)
  const { width, height } = img
  const background = placeholderIn(img)
  const space: ReservedSpace =
    layout === "fullWidth" ? { layout, aspectRatio: width / height } : { layout, width, height }
  // With a fixed layout the component sets `sizes`: the width is the same in a narrower viewport.
  const sizesProp = layout === "fixed" ? sizes : img.sizes

  const propsIn = (format: Explicit | undefined): SharedProps => {
    const candidates = photos.candidates(original, {
      ...options,
      format,
      maxWidth: displayedWidth && MAX_DPR * displayedWidth,
    })
    const breakpoints = candidates.map((candidate) => candidate.width).filter(isWidth)
    const transformer = toTransformer(candidates, photos.url(original, options.shape, format))
    return { src: original, transformer, breakpoints, ...(sizesProp && { sizes: sizesProp }), ...space }
  }

  return {
    sources: typed.map(({ type = "" }) => Object.assign({ type }, propsIn(type.replace("image/", "") as Explicit))),
    image: {
      ...propsIn(options.format),
      priority,
      ...(background && { background }),
    },
  }
}
