/**
 * Responsible for images in Nuxt with `@nuxt/image` 2: a provider, options for the module, and props of `<NuxtImg>`.
 *
 * `<NuxtImg>` multiplies the widths in its `sizes` by its densities, prints the products as widths, and requests a URL for each from the
 * provider. The printed widths are correct if all of them are listed and the original is large enough, which presets ensure. They are
 * wrong for other `sizes` and for smaller originals, and a provider cannot correct them. For these, `photo` returns the client's `srcset`,
 * which the component prints in place of the computed one.
 *
 * Invariants:
 * - Every URL has a listed size.
 * - With a preset (and a large enough original) or `photo`, every `w` is the actual width of the rendition.
 */
import type { Attributes, ImgOptions, SourceAttributes } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Format } from "../sizes/format.ts"
import { lookOf, type Shape, type SizeInput, shapesOf } from "../sizes/list.ts"
import { sizesOfShape, snap } from "../sizes/snap.ts"
import { type AnyOptions, createListedUrls, type UrlRequest } from "./listed-urls.ts"
import { pictureFor } from "./picture-for.ts"

/** Modifiers that `@nuxt/image` passes to a provider. https://image.nuxt.com/advanced/custom-provider */
export interface Modifiers extends UrlRequest {
  /** With `inside` and `contain` nothing is cropped, so the height is ignored. */
  readonly fit?: string | undefined
}

/** A provider, as `defineProvider` returns it. */
export type Provider = () => {
  getImage: (source: string, options: { readonly modifiers?: Modifiers }) => { url: string }
}

/**
 * Creates the provider: the default export of the file named in `image.providers.imgtailor.provider`.
 * @throws {TypeError} for an invalid list
 * @example
 * export default createProvider({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 */
export const createProvider = (options: AnyOptions): Provider => {
  const { urlFor } = createListedUrls(options)
  const getImage: ReturnType<Provider>["getImage"] = (source, { modifiers: { fit, ...request } = {} }) => ({
    url: urlFor(source, fit === "inside" || fit === "contain" ? { ...request, height: undefined } : request),
  })
  return () => ({ getImage })
}

/** A preset with the name of a size: offers all sizes of its shape, for an image as wide as the viewport. */
export interface Preset {
  readonly sizes: string
  readonly densities: string
  readonly modifiers: { readonly shape: string; readonly width: number; readonly height?: number }
}

/** The part of `image` in `nuxt.config` that depends on the list. https://image.nuxt.com/get-started/configuration */
export interface ImageOptions {
  readonly screens: Record<string, number>
  readonly presets: Record<string, Preset>
}

/** Screens that the module always has: its `<NuxtPicture>` offers all of them. */
const SCREENS = { sm: 640, md: 768, lg: 1024, xl: 1280, "2xl": 1536 }

/** Offers each size from a viewport of its width on, always with `sizes` of 100vw. */
const presetOf = (shape: Shape, list: readonly Shape[]): Preset => {
  const { name, width = 0, height } = shape
  const sizes = sizesOfShape(shape, list).map((size) => `${size.width}:100vw`)
  return { sizes: sizes.join(" "), densities: "1", modifiers: { shape: name, width, ...(height && { height }) } }
}

/**
 * Options for the module: a preset for each size that has a width, for images as wide as the viewport, and screens with listed widths,
 * under their own names and those of the module (`md` is the smallest listed width of at least 768).
 *
 * `densities` are not included, because the module adds its own, 1 and 2, to the configured ones. Presets have their own.
 * @example
 * export default defineNuxtConfig({ image: { ...imageOptions(["320w", "640w", "1280w"]), provider: "imgtailor" } })
 */
export const imageOptions = (sizes: readonly SizeInput[]): ImageOptions => {
  const list = shapesOf(sizes)
  const withWidth = list.filter(({ width }) => width)
  const byWidth = withWidth.filter((size) => !size.height && !lookOf(size))
  const named = Object.entries(SCREENS).map(([name, width]) => [name, snap({ width }, byWidth)?.width ?? width])
  return {
    screens: Object.fromEntries([...named, ...byWidth.map(({ name, width }) => [name, width])]),
    presets: Object.fromEntries(withWidth.map((shape) => [shape.name, presetOf(shape, list)])),
  }
}

/**
 * Props of `<NuxtImg>`. `^sizes` sets the attribute and not the prop of that name, like `:sizes.attr`.
 * Vue's server renderer supports this from 3.5.27 on (vuejs/core#14263): https://vuejs.org/guide/extras/render-function
 */
export interface ImageProps extends Omit<Attributes, "sizes"> {
  readonly "^sizes"?: string
}

/** Props of the elements of a `<picture>`. The image can also be used alone. */
export interface Photo {
  readonly sources: readonly SourceAttributes[]
  readonly image: ImageProps
}

/**
 * Props of any image: fixed and other widths, smaller originals, all formats. Do not combine them with `preload`, `sizes`, `densities` or
 * `placeholder` of `<NuxtImg>`, which would contradict them; `priority` loads the image early, with `fetchpriority`.
 * @param photos a client, from `createClient`
 * @throws {TypeError} for an unlisted size or format and an invalid key; without `info` for an uncropped image, whose height is not known
 * @example
 * const { image } = photo(photos, "shop/bag.jpg", { shape: "360x270", width: 360 })
 * // <NuxtImg v-bind="image" alt="A bag" />
 */
export const photo = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  options: ImgOptions<Name, Explicit>,
): Photo => {
  const {
    sources,
    img: { sizes, ...img },
  } = pictureFor(photos, original, options)
  return {
    sources,
    image: { ...img, ...(sizes && { "^sizes": sizes }) },
  }
}
