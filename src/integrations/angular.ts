/**
 * Responsible for images in Angular with `NgOptimizedImage`: a loader, and the breakpoints of its configuration.
 *
 * Angular requests the configured breakpoints, prints them as widths, and requests one URL without a width for `src`. The printed widths are
 * correct if all of them are listed and the original is at least as wide as the largest.
 *
 * Invariants:
 * - Every URL has a listed size.
 */
import { fail } from "../client/fail.ts"
import { type Shape, toShape } from "../sizes/list.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import { byWidth } from "./by-width.ts"
import { type AnyOptions, createListedUrls } from "./listed-urls.ts"

/** The part of Angular's `ImageLoaderConfig` that the loader uses. */
export interface LoaderConfig {
  readonly src: string
  readonly width?: number | undefined
  readonly isPlaceholder?: boolean | undefined
  readonly loaderParams?: Readonly<Record<string, unknown>> | undefined
}

/** Angular's `ImageLoader`. */
export type Loader = (config: LoaderConfig) => string

/** The part of Angular's `ImageConfig` that depends on the list. */
export interface ImageConfig {
  readonly breakpoints: number[]
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** The largest size of a shape, for `src`. */
const largestOf = (shape: Shape, list: readonly Shape[]): Shape => sizesOfShape(shape, list).at(-1) ?? shape

/**
 * Creates the loader for one list. `ngSrc` is the key of an original; `loaderParams` may have a `shape`, any listed size, and a `format`.
 * @throws {TypeError} for an invalid list or one without sizes by width; when called, for an invalid key or an unlisted shape
 * @example
 * providers: [{ provide: IMAGE_LOADER, useValue: createLoader({ baseUrl: "https://img.example.com", sizes: ["320w", "640w"] }) }]
 */
export const createLoader = (options: AnyOptions): Loader => {
  const { list, urlFor } = createListedUrls(options)
  const [first] = byWidth(options.sizes)
  const shapeOf = (name: string | undefined): Shape | undefined =>
    name === undefined ? first : list.find((size) => size.name === name)
  return ({ src, width, loaderParams = {} }) => {
    const name = textOf(loaderParams["shape"])
    const shape = shapeOf(name) ?? fail(`Expected a listed size as shape, got ${name}.`)
    const largest = largestOf(shape, list)
    return urlFor(src, { shape: largest.name, width: width ?? largest.width, format: textOf(loaderParams["format"]) })
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
  const list = sizes.flatMap((size) => toShape(size) ?? [])
  const start = list.find(({ name }) => name === shape) ?? byWidth(sizes)[0]
  const widths = start ? sizesOfShape(start, list).flatMap(({ width }) => width ?? []) : []
  return { breakpoints: widths }
}
