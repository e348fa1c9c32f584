/**
 * Pictures by the `@unpic/*` components, for React, Vue, Svelte, Solid and others: what unpic calls a provider, and props of the base
 * components, which take a `transformer`.
 *
 * The components print each of their `breakpoints` as a width, and ask the transformer for an address of it. That is true where all of
 * them are listed and the original is large enough. `photo` gives breakpoints that are the widths that arrive, and an address for each.
 *
 * Holds: every address is of a listed size; of `photo`, every `w` is the width that arrives.
 */
import { type ImgOptions, MAX_DPR } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Candidate } from "../client/srcset.ts"
import type { Format } from "../sizes/format.ts"
import { type AnyOptions, createSnapped } from "./listed-urls.ts"
import { pictureFor } from "./picture-for.ts"

/** Of unpic's own `Operations` all, and a shape: https://unpic.pics/lib/ */
export interface Operations {
  readonly width?: number | string
  readonly height?: number | string
  /** One that is no explicit format means the original's own. */
  readonly format?: string
  /** Left to the server. */
  readonly quality?: number | string
  /** The name of a listed size: only sizes of its shape are chosen from. */
  readonly shape?: string
}

/** An address, understood. */
export interface Extracted {
  readonly src: string
  readonly operations: Operations
}

/** As unpic's own providers are. */
export interface Provider {
  /** What an address of ours means; null for any other. */
  readonly extract: (url: string | URL) => Extracted | null
  /** The address of an original, by its key. @throws {TypeError} where the list has no size of the kind that is asked for */
  readonly generate: (src: string | URL, operations: Operations) => string
  /** The same of an original or of an address of ours, whose shape and format count where no others are asked for. */
  readonly transform: (src: string | URL, operations: Operations) => string
  /** Of components: the listed widths of a shape, for originals that are larger than all of them. A list of the caller's own. */
  readonly breakpoints: (shape: string) => number[]
}

const isWidth = (width: number | undefined): width is number => width !== undefined

/** Components pass undefined for what they do not know. */
const given = (operations: Operations): Operations =>
  Object.fromEntries(Object.entries(operations).filter(([, value]) => value !== undefined))

/**
 * The provider for one list. With `operations={{ shape: "360x270" }}` only sizes of that shape are chosen from.
 * @throws {TypeError} for a list with mistakes
 * @example
 * const { transform } = createProvider({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 * transform("shop/bag.jpg", { width: 600 }) // https://img.example.com/shop/640w/bag.jpg
 */
export const createProvider = (options: AnyOptions): Provider => {
  const { photos, addressOf } = createSnapped(options)
  const extract: Provider["extract"] = (url) => {
    const [meaning] = photos.parse(url.toString())
    if (!meaning || meaning.size === "info") return null
    const { original: src, size: shape, format } = meaning
    return { src, operations: { shape, ...(format && { format }) } }
  }
  const generate: Provider["generate"] = (src, operations) => addressOf(src.toString(), operations)
  return {
    extract,
    generate,
    transform: (src, operations) => {
      const { src: original, operations: known } = extract(src) ?? { src, operations: {} }
      const asked = { ...known, ...given(operations) }
      const isBox = asked.width && asked.height && !operations.shape
      return addressOf(original.toString(), isBox ? { ...asked, shape: undefined } : asked)
    },
    breakpoints: (shape) =>
      photos
        .candidates("any", { shape })
        .map(({ width }) => width)
        .filter(isWidth),
  }
}

/** How a picture is shown; `width` and `sizes` as the client takes them. */
export interface PhotoOptions<Name extends string, Explicit extends Format> extends ImgOptions<Name, Explicit> {
  /** @default `constrained` where there is a width, else `fullWidth` */
  readonly layout?: "fixed" | "constrained" | "fullWidth" | undefined
}

/** How components keep room: by the ratio alone where a picture is as wide as the window. */
type Room =
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

/** Props that the base `<Image>` and `<Source>` both have. */
export type SharedProps = Room & {
  readonly src: string
  readonly transformer: (src: string | URL, operations: Operations) => string
  readonly breakpoints: number[]
  readonly sizes?: string
}

/** A `<picture>`: its sources, and its image, which may stand alone. */
export interface Photo {
  readonly sources: readonly (SharedProps & { readonly type: string })[]
  readonly image: SharedProps & { readonly priority: boolean; readonly background?: string }
}

/** Of what a component asks for, each breakpoint is the width of a candidate; without a width, the address of the shape itself. */
const among =
  (candidates: readonly Candidate[], own: string): SharedProps["transformer"] =>
  (_, { width }) =>
    (width
      ? (candidates.find((candidate) => (candidate.width ?? 0) >= Number(width)) ?? candidates[candidates.length - 1])
      : undefined
    )?.url ?? own

/**
 * Any picture: crops, originals of any dimensions, every format.
 * @param photos of `createClient`
 * @throws {TypeError} for a size, format or key that no address can have; without `info` for sizes by width, since the ratio is not known,
 * and by height, since no width is
 * @example
 * const { image } = photo(photos, "shop/bag.jpg", { shape: "360x270", width: 360 })
 * <Image {...image} alt="A bag" /> // of @unpic/react/base
 */
export const photo = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  { layout: asked, ...options }: PhotoOptions<Name, Explicit>,
): Photo => {
  const { width: shown, priority = false, sizes, info } = options
  const layout = asked ?? (shown ? "constrained" : "fullWidth")
  const { sources: typed, img } = pictureFor(photos, original, options)
  const { width, height } = img
  const room: Room = layout === "fullWidth" ? { layout, aspectRatio: width / height } : { layout, width, height }
  // A fixed width is the component's to say: it is the same in a window that is narrower.
  const said = layout === "fixed" ? sizes : img.sizes

  const propsIn = (format: Explicit | undefined): SharedProps => {
    const candidates = photos.candidates(original, { ...options, format, maxWidth: shown && MAX_DPR * shown })
    const breakpoints = candidates.map((candidate) => candidate.width).filter(isWidth)
    const transformer = among(candidates, photos.url(original, options.shape, format))
    return { src: original, transformer, breakpoints, ...(said && { sizes: said }), ...room }
  }

  return {
    sources: typed.map(({ type }) => Object.assign({ type }, propsIn(type.replace("image/", "") as Explicit))),
    image: {
      ...propsIn(options.format),
      priority,
      ...(img.style && info?.placeholder && { background: info.placeholder }),
    },
  }
}
