/**
 * Pictures in Next, by `next/image`.
 *
 * Next prints one ladder of widths for all pictures of a site, and takes each to be filled. That is true of whole pictures of originals
 * that are as wide as the largest size, and then `<Image>` needs no more than `imageConfig` and a loader. It is not true of crops, nor of
 * smaller originals, and Next cannot be told: a `<picture>` says it for them, in `<source>`s, around an `<Image>` that prints nothing.
 *
 * Holds: every width that Next prints is listed; all that is in `photo`'s sources is the client's, so every `w` is the width that arrives.
 */
import type { Attributes, ImgOptions, SourceAttributes } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import type { Format } from "../sizes/format.ts"
import type { SizeInput } from "../sizes/list.ts"
import { byWidth } from "./by-width.ts"
import { pictureFor } from "./picture-for.ts"

/** Of `images` in `next.config`: https://nextjs.org/docs/app/api-reference/components/image#configuration-options */
export interface ImageConfig {
  readonly loader: "custom"
  readonly loaderFile: string
  readonly deviceSizes: number[]
  readonly imageSizes: number[]
}

/** Next takes no more in each of its two lists (config-schema.ts of Next). */
const MAX_WIDTHS = 25

/**
 * The widths of a list, as Next wants them: with `sizes`, an `<Image>` offers exactly these. Crops and sizes by height are left out.
 * @param loaderFile from the folder of `next.config`
 * @throws {TypeError} for a list with mistakes, with no size by width, or with more than Next takes
 */
export const imageConfig = (sizes: readonly SizeInput[], loaderFile = "./image-loader.js"): ImageConfig => {
  const widths = [...new Set(byWidth(sizes).map(({ width }) => width))].toSorted((a, b) => a - b)
  if (widths.length > 2 * MAX_WIDTHS)
    fail(`Expected ${2 * MAX_WIDTHS} sizes by width at most, which is all that Next takes, got ${widths.length}.`)
  // Without `sizes`, Next offers those of deviceSizes alone, and the smallest of them bounds what it leaves out: so they are all there.
  const split = Math.max(0, widths.length - MAX_WIDTHS)
  return { loader: "custom", loaderFile, deviceSizes: widths.slice(split), imageSizes: widths.slice(0, split) }
}

/** Props of a `<source>`, as React spells them. */
export interface SourceProps {
  /** Absent for the last: the original's own format, or what is negotiated. */
  readonly type?: string
  readonly srcSet: string
  readonly sizes?: string
}

/** Props of an `<Image>` in a `<picture>`: its one address is for browsers that know no `<source>`. */
export interface ImageProps {
  readonly src: string
  readonly unoptimized: true
  readonly width: number
  readonly height: number
  readonly loading: "lazy" | "eager"
  readonly fetchPriority?: "high"
  readonly placeholder?: `data:image/${string}`
}

/** A `<picture>`: its sources, and its image. */
export interface Photo {
  readonly sources: readonly SourceProps[]
  readonly image: ImageProps
}

const toSourceProps = (source: SourceAttributes | Attributes): SourceProps => {
  const type = "type" in source && { type: source.type }
  return { ...type, srcSet: source.srcset, ...(source.sizes && { sizes: source.sizes }) }
}

const isPicture = (address: string | undefined): address is `data:image/${string}` =>
  address?.startsWith("data:image/") ?? false

/**
 * Any picture: crops, originals of any dimensions, every format.
 * @param photos of `createClient`
 * @throws {TypeError} for a size, format or key that no address can have; for a whole picture without `info`, since its height is not known
 * @example
 * const { sources, image } = photo(photos, "shop/bag.jpg", { shape: "360x270", width: 360 })
 * <picture>{sources.map((source) => <source key={source.type} {...source} />)}<Image alt="A bag" {...image} /></picture>
 */
export const photo = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  { priority, placeholder, ...options }: ImgOptions<Name, Explicit>,
): Photo => {
  // A browser heeds "auto" in a <source> only where the <img> has it too, and Next takes it away there. `priority` leaves it out.
  const shown = { ...options, priority: true, placeholder: false }
  const { sources, img } = pictureFor(photos, original, shown)
  const { info } = options
  const blurred = (placeholder ?? info?.format === "jpeg") && isPicture(info?.placeholder) && info.placeholder
  return {
    sources: [...sources, img].map(toSourceProps),
    image: {
      src: img.src,
      unoptimized: true,
      width: img.width,
      height: img.height,
      ...(priority ? { loading: "eager", fetchPriority: "high" } : { loading: "lazy" }),
      ...(blurred && { placeholder: blurred }),
    },
  }
}
