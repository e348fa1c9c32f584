/**
 * Responsible for images in Next with `next/image`.
 *
 * Next prints one list of widths for all images of a site, and assumes that each rendition has the full width. That is correct for
 * uncropped images of originals at least as wide as the largest size: `<Image>` then only needs `imageConfig` and a loader. It is wrong for
 * crops and smaller originals, and Next has no option for them. `photo` prints a `<picture>` instead: its `<source>` elements have the
 * correct widths, and its `<Image>` prints a single URL.
 *
 * Invariants:
 * - Every width that Next prints is listed.
 * - The sources of `photo` are those of the client, so every `w` is the actual width of the rendition.
 */
import { type Attributes, type ImgOptions, placeholderIn, type SourceAttributes } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import type { Format } from "../sizes/format.ts"
import type { SizeInput } from "../sizes/list.ts"
import { byWidth } from "./by-width.ts"
import { pictureFor } from "./picture-for.ts"

/** The part of `images` in `next.config` that depends on the list. https://nextjs.org/docs/app/api-reference/components/image#configuration-options */
export interface ImageConfig {
  readonly loader: "custom"
  readonly loaderFile: string
  readonly deviceSizes: number[]
  readonly imageSizes: number[]
}

/** The maximum for each of the two lists (config-schema.ts of Next). */
const MAX_WIDTHS = 25

/**
 * The widths of a list, as configuration for Next: an `<Image>` with `sizes` offers exactly these. Crops and sizes by height are left out.
 * @param loaderFile path relative to the folder of `next.config`
 * @throws {TypeError} for an invalid list, and for one without sizes by width or with more than Next supports
 * @example
 * export default { images: imageConfig(["320w", "640w", "1280w"]) } // next.config.js
 */
export const imageConfig = (sizes: readonly SizeInput[], loaderFile = "./image-loader.js"): ImageConfig => {
  const widths = [...new Set(byWidth(sizes).map(({ width }) => width))].toSorted((a, b) => a - b)
  if (widths.length > 2 * MAX_WIDTHS)
    fail(`Expected at most ${2 * MAX_WIDTHS} sizes by width, which is the limit of Next, got ${widths.length}.`)
  // Without `sizes`, Next offers only deviceSizes. With `sizes` in vw, it leaves out widths below that share of the smallest of them. So
  // deviceSizes gets as many widths as possible.
  const split = Math.max(0, widths.length - MAX_WIDTHS)
  return { loader: "custom", loaderFile, deviceSizes: widths.slice(split), imageSizes: widths.slice(0, split) }
}

/** Props of a `<source>`, in the spelling of React. */
export interface SourceProps {
  /** Absent for the last source: the original's own format, or the negotiated one. */
  readonly type?: string
  readonly srcSet: string
  readonly sizes?: string
}

/** Props of an `<Image>` in a `<picture>`. Its single URL is for browsers without support for `<source>`. */
export interface ImageProps {
  readonly src: string
  readonly unoptimized: true
  readonly width: number
  readonly height: number
  readonly loading: "lazy" | "eager"
  readonly fetchPriority?: "high"
  readonly placeholder?: `data:image/${string}`
}

/** Props of the elements of a `<picture>`. */
export interface Photo {
  readonly sources: readonly SourceProps[]
  readonly image: ImageProps
}

const toSourceProps = (source: SourceAttributes | Attributes): SourceProps => {
  const type = "type" in source && { type: source.type }
  return { ...type, srcSet: source.srcset, ...(source.sizes && { sizes: source.sizes }) }
}

const isImageUrl = (url: string | undefined): url is `data:image/${string}` => url?.startsWith("data:image/") ?? false

/**
 * Props of any image: crops, originals of any dimensions, all formats.
 * @param photos a client, from `createClient`
 * @throws {TypeError} for an unlisted size or format and an invalid key; without `info` for an uncropped image, whose height is not known
 * @example
 * const { sources, image } = photo(photos, "shop/bag.jpg", { shape: "360x270", width: 360 })
 * <picture>{sources.map((source) => <source key={source.type} {...source} />)}<Image alt="A bag" {...image} /></picture>
 */
export const photo = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  { priority, ...options }: ImgOptions<Name, Explicit>,
): Photo => {
  // Browsers use "auto" in a <source> only if the <img> has it too, and Next removes it there. `priority` leaves it out.
  const { sources, img } = pictureFor(photos, original, { ...options, priority: true })
  const placeholder = placeholderIn(img)
  return {
    sources: [...sources, img].map(toSourceProps),
    image: {
      src: img.src,
      unoptimized: true,
      width: img.width,
      height: img.height,
      ...(priority ? { loading: "eager", fetchPriority: "high" } : { loading: "lazy" }),
      ...(isImageUrl(placeholder) && { placeholder }),
    },
  }
}
