/**
 * Pictures in Nuxt, by `@nuxt/image` 2: a provider, options for its module, and props of `<NuxtImg>`.
 *
 * `<NuxtImg>` multiplies what its `sizes` name by its densities, prints the products as widths, and asks the provider for an address of
 * each. That is true where all of them are listed and the original is large enough: of presets. It is not of other `sizes`, nor of smaller
 * originals, and a provider cannot say so: there `photo` gives the client's own `srcset`, which the component prints in place of its own.
 *
 * Holds: every address is of a listed size; of a preset and of `photo`, every `w` is the width that arrives.
 */
import type { Attributes, ImgOptions, SourceAttributes } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Format } from "../sizes/format.ts"
import { type SizeInput, type Shape, toShape } from "../sizes/list.ts"
import { sizesOfShape, snap } from "../sizes/snap.ts"
import { type AnyOptions, type Asked, createSnapped } from "./listed-urls.ts"
import { pictureFor } from "./picture-for.ts"

/** As `@nuxt/image` gives them: https://image.nuxt.com/advanced/custom-provider */
export interface Modifiers extends Asked {
  /** `inside` and `contain`: the whole picture, so that its height is not asked for. */
  readonly fit?: string | undefined
}

/** Of a provider, as much as there is here; what `defineProvider` makes. */
export type Provider = () => {
  getImage: (source: string, options: { readonly modifiers?: Modifiers }) => { url: string }
}

/**
 * The provider: the default export of a file that `image.providers.imgtailor.provider` names.
 * @throws {TypeError} for a list with mistakes
 * @example
 * export default createProvider({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 */
export const createProvider = (options: AnyOptions): Provider => {
  const { addressOf } = createSnapped(options)
  const getImage: ReturnType<Provider>["getImage"] = (source, { modifiers: { fit, ...asked } = {} }) => ({
    url: addressOf(source, fit === "inside" || fit === "contain" ? { ...asked, height: undefined } : asked),
  })
  return () => ({ getImage })
}

/** Named by a size: all of its shape, for a picture as wide as the window. */
export interface Preset {
  readonly sizes: string
  readonly densities: string
  readonly modifiers: { readonly shape: string; readonly width: number; readonly height?: number }
}

/** Of `image` in `nuxt.config`: https://image.nuxt.com/get-started/configuration */
export interface ImageOptions {
  readonly screens: Record<string, number>
  readonly presets: Record<string, Preset>
}

/** The module has these, whatever is configured: its `<NuxtPicture>` offers all of them. */
const SCREENS = { sm: 640, md: 768, lg: 1024, xl: 1280, "2xl": 1536 }

/** A candidate for each size, in windows from its own width on; `sizes` says 100vw in all of them. */
const presetOf = (shape: Shape, list: readonly Shape[]): Preset => {
  const { name, width = 0, height } = shape
  const sizes = sizesOfShape(shape, list).map((size) => `${size.width}:100vw`)
  return { sizes: sizes.join(" "), densities: "1", modifiers: { shape: name, width, ...(height && { height }) } }
}

/**
 * Options for the module: a preset for every size that has a width, for pictures as wide as the window; and widths of the list in place
 * of the module's own, under their names and those that the module has (for `md`, the smallest from 768 on).
 *
 * `densities` are not among them: to those of a configuration the module adds its own, 1 and 2. Presets have theirs.
 * @example
 * export default defineNuxtConfig({ image: { ...imageOptions(["320w", "640w", "1280w"]), provider: "imgtailor", … } })
 */
export const imageOptions = (sizes: readonly SizeInput[]): ImageOptions => {
  const list = sizes.flatMap((size) => toShape(size) ?? [])
  const withWidth = list.filter(({ width }) => width)
  const byWidth = withWidth.filter(({ height }) => !height)
  const named = Object.entries(SCREENS).map(([name, width]) => [name, snap({ width }, byWidth)?.width ?? width])
  return {
    screens: Object.fromEntries([...named, ...byWidth.map(({ name, width }) => [name, width])]),
    presets: Object.fromEntries(withWidth.map((shape) => [shape.name, presetOf(shape, list)])),
  }
}

/**
 * Props of `<NuxtImg>`: attributes, among which `sizes` goes past the prop of that name, as `:sizes.attr` would.
 * Vue's renderer on the server understands that from 3.5.27 on (vuejs/core#14263): https://vuejs.org/guide/extras/render-function
 */
export interface ImageProps extends Omit<Attributes, "sizes"> {
  readonly "^sizes"?: string
}

/** A `<picture>`: its sources, and its image, which may stand alone. */
export interface Photo {
  readonly sources: readonly SourceAttributes[]
  readonly image: ImageProps
}

/**
 * Any picture: fixed and other widths, smaller originals, every format. Not with `preload`, `sizes`, `densities` or `placeholder` of
 * `<NuxtImg>`, which would say another thing; `priority` preloads, by `fetchpriority`.
 * @param photos of `createClient`
 * @throws {TypeError} for a size, format or key that no address can have; for a whole picture without `info`, since its height is not known
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
