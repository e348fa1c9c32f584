/**
 * Responsible for images in Angular with `NgOptimizedImage`: a loader, the breakpoints of its configuration, and inputs for any image.
 *
 * Angular requests the widths of `ngSrcset`, or else its configured breakpoints, and prints them as widths. The breakpoints are correct for
 * uncropped originals at least as wide as the largest of them. `photo` returns the actual widths as `ngSrcset`, for any original.
 *
 * Invariants:
 * - Every URL has a listed size.
 * - With `photo`, every `w` is the actual width of the rendition.
 */
import type { ImgOptions } from "../client/attributes.ts"
import { type Client, createClient } from "../client/client.ts"
import type { Candidate } from "../client/srcset.ts"
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import { formatsOf } from "../sizes/key.ts"
import { shapesOf } from "../sizes/list.ts"
import type { Dimensions } from "../sizes/size.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import { byWidth } from "./by-width.ts"
import type { AnyOptions } from "./listed-urls.ts"

/** Parameters of an image for the loader. */
export interface LoaderParams {
  /** A listed size: only sizes of its shape are chosen. @default the first size by width */
  readonly shape?: string
  /** An explicit format, which the size has. @default the original's own format, or the negotiated one */
  readonly format?: string
  /** Dimensions of the original, for one that is smaller than some sizes. @default larger than all sizes */
  readonly info?: Dimensions
}

/** The part of Angular's `ImageLoaderConfig` that the loader uses. */
export interface LoaderConfig {
  readonly src: string
  readonly width?: number | undefined
  readonly loaderParams?: LoaderParams | Readonly<Record<string, unknown>> | undefined
}

/** Angular's `ImageLoader`. */
export type Loader = (config: LoaderConfig) => string

/** The part of Angular's `ImageConfig` that depends on the list. */
export interface ImageConfig {
  readonly breakpoints: number[]
}

/** Angular requests 30 pixels for a placeholder, and no width for `src`. */
const choose = (candidates: readonly Candidate[], width = Infinity): Candidate | undefined =>
  candidates.find((candidate) => (candidate.width ?? 0) >= width) ?? candidates.at(-1)

/**
 * Creates the loader for one list. `ngSrc` is the key of an original; `loaderParams` are {@link LoaderParams}.
 * @throws {TypeError} for an invalid list; when called, for an invalid key, an unlisted shape, and without a shape if no size by width is listed
 * @example
 * providers: [{ provide: IMAGE_LOADER, useValue: createLoader({ baseUrl: "https://img.example.com", sizes: ["320w", "640w"] }) }]
 */
export const createLoader = (options: AnyOptions): Loader => {
  const photos: Client<string, Format> = createClient(options)
  const { formats = DEFAULT_FORMATS, sizes } = options
  const list = shapesOf(sizes)
  return ({ src, width, loaderParams = {} }) => {
    if (photos.parse(src).length > 0) return src
    const { shape, format: requested, info } = loaderParams as LoaderParams
    const original = src.replace(/^\//, "")
    const start = shape ?? byWidth(sizes)[0]?.name ?? ""
    const size = list.find(({ name }) => name === start) ?? {}
    const format = formatsOf(size, { formats }).find((one) => one === requested)
    if (shape && !width) return photos.url(original, shape, format)
    const candidates = photos.candidates(original, { shape: start, format, ...(info && { info }) })
    return choose(candidates, width)?.url ?? photos.url(original, start, format)
  }
}

/**
 * Angular's configuration for one list: the breakpoints are the listed widths.
 * @param shape a listed size, for an application whose images all have its shape. @default the sizes by width
 * @throws {TypeError} for an invalid list
 * @example
 * providers: [{ provide: IMAGE_CONFIG, useValue: imageConfig(["320w", "640w", "1280w"]) }]
 */
export const imageConfig = (sizes: AnyOptions["sizes"], shape?: string): ImageConfig => {
  const list = shapesOf(sizes)
  const start = list.find(({ name }) => name === shape) ?? byWidth(sizes)[0]
  const widths = start ? sizesOfShape(start, list).flatMap(({ width }) => width ?? []) : []
  return { breakpoints: widths }
}

/** Inputs of `NgOptimizedImage`. */
export interface ImageInputs {
  readonly ngSrc: string
  /** The actual widths of the renditions. Empty if they are not known: Angular then requests `1x` and `2x`. */
  readonly ngSrcset: string
  readonly sizes: string | undefined
  readonly width: number
  readonly height: number
  readonly priority: boolean
  readonly loaderParams: LoaderParams
}

/**
 * Inputs of `NgOptimizedImage` for any image: crops, originals of any dimensions, one format.
 * @param photos a client, from `createClient`, with the options of the loader
 * @throws {TypeError} for an unlisted size or format and an invalid key; without `info` for an uncropped image, whose height is not known
 * @example
 * readonly mug = photo(photos, "shop/mug.jpg", { shape: "360x270", width: 360 })
 * // <img [ngSrc]="mug.ngSrc" [ngSrcset]="mug.ngSrcset" [sizes]="mug.sizes" [width]="mug.width" [height]="mug.height"
 * //   [priority]="mug.priority" [loaderParams]="mug.loaderParams" alt="A mug" />
 */
export const photo = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  options: ImgOptions<Name, Explicit>,
): ImageInputs => {
  const { shape, format, info, priority = false } = options
  const { srcset, sizes, width, height } = photos.img(original, options)
  return {
    ngSrc: original,
    ngSrcset: Array.from(srcset.matchAll(/ (\d+w)(?:,|$)/g), ([, descriptor]) => descriptor).join(", "),
    // Angular adds "auto" itself.
    sizes: sizes?.replace(/^auto, /, ""),
    width,
    height,
    priority,
    loaderParams: {
      shape,
      ...(format && { format }),
      ...(info && { info: { width: info.width, height: info.height } }),
    },
  }
}
