/**
 * Responsible for what one image of Astro offers: its candidates, dimensions and attributes, from the props that Astro passes on.
 *
 * Invariants:
 * - Every candidate has a listed size, and its descriptor is true for the rendition.
 */
import { MAX_DPR } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import { srcsetCandidates } from "../client/srcset.ts"
import type { Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import type { Shape } from "../sizes/list.ts"
import { type Dimensions, formatSize } from "../sizes/size.ts"
import { sizesOfShape, snap } from "../sizes/snap.ts"
import { displayedDimensions, type DisplayProps, failNotListed, matchSize } from "./match-size.ts"

const OFFER: unique symbol = Symbol("offer of an image")

/** Props of an image, as Astro passes them on. */
export interface Props {
  readonly src: string | { readonly src: string }
  readonly shape?: string | undefined
  readonly width?: number | string | undefined
  readonly height?: number | string | undefined
  readonly format?: string | undefined
  readonly sizes?: string | undefined
  readonly widths?: readonly number[] | undefined
  readonly densities?: readonly (number | string)[] | undefined
  readonly loading?: string | undefined
  readonly placeholder?: boolean | undefined
  readonly style?: unknown
  /** The layout, unless it is "none". */
  readonly "data-astro-image"?: string | undefined
  readonly [OFFER]?: Offer
  readonly [name: string]: unknown
}

interface Offer {
  readonly src: string
  readonly candidates: readonly SrcsetEntry[]
}

interface SrcsetEntry {
  readonly url: string
  /** Actual width of the rendition in pixels. */
  readonly width: number
  readonly descriptor: string
}

/** An original, and the server that makes its renditions. */
export interface ServedOriginal {
  readonly original: string
  readonly info: Info
  readonly photos: Client<string, Format>
  readonly formats: readonly Format[]
  readonly list: readonly Shape[]
}

/** Formats of originals and of the fallback of `<Picture>`: their URLs have no explicit format. */
const OWN_FORMATS = /^(?:jpe?g|png|gif|tiff?)$/

const formatOf = ({ format }: Props, { formats }: Pick<ServedOriginal, "formats">): Format | undefined =>
  format === undefined || OWN_FORMATS.test(format)
    ? undefined
    : (formats.find((one) => one === format) ?? fail(`${format} is not one of ${formats.join(", ")}.`))

/** Widths that the page itself lists; undefined if Astro computed them from a layout. */
const widthsOfPage = ({ widths, densities, ...props }: Props, displayed: Dimensions): readonly number[] | undefined =>
  props["data-astro-image"]
    ? undefined
    : (widths ?? densities?.map((density) => Math.round(displayed.width * Number.parseFloat(`${density}`))))

/** The entries of `srcset`. */
const srcsetOf = (
  props: Props,
  served: ServedOriginal,
  shape: Shape,
  displayed: Dimensions,
): readonly SrcsetEntry[] => {
  const { original, info, list, photos } = served
  const layout = props["data-astro-image"]
  const widths = widthsOfPage(props, displayed)
  const sizes = sizesOfShape(shape, list)
  for (const width of widths ?? []) {
    const height = shape.height && Math.round((width * displayed.height) / displayed.width)
    const box = { ...shape, width, ...(height && { height }) }
    if (!sizes.some((size) => size.width === width)) failNotListed(formatSize(box), box, served)
  }
  const offered = widths ? sizes.filter(({ width = 0 }) => widths.includes(width)) : sizes
  const maxWidth = widths || layout === "full-width" ? undefined : MAX_DPR * displayed.width
  const format = formatOf(props, served)
  return srcsetCandidates(shape, offered, { info, maxWidth }, ({ name }) => photos.url(original, name, format)).map(
    ({ url, width = 0 }) => ({
      url,
      width,
      descriptor: widths && !props.widths ? `${width / displayed.width}x` : `${width}w`,
    }),
  )
}

/** The `sizes` of the page. Undefined if Astro computed them: the client's take lazy images and screens of 3× into account. */
const sizesOfPage = (props: Props, { width }: Dimensions): string | undefined => {
  const { "data-astro-image": layout, sizes } = props
  if (layout === "fixed") return `${width}px`
  const computed = layout === "full-width" ? "100vw" : `(min-width: ${props.width}px) ${props.width}px, 100vw`
  return layout && sizes === computed ? undefined : sizes?.replace(/^auto, */, "")
}

/** Astro passes numbers or texts. */
const toDisplayProps = ({ shape, width, height }: Props): DisplayProps => ({
  shape,
  width: width === undefined ? undefined : Number(width),
  height: height === undefined ? undefined : Number(height),
})

/** The props with the image's offer, its dimensions and attributes. @throws {TypeError} for an unlisted size or format */
export const withOffer = (props: Props, served: ServedOriginal): Props => {
  const { original, info, photos } = served
  const { "data-astro-image": layout, widths, densities, loading, placeholder, style } = props
  const isSingle = !(layout ?? widths ?? densities)
  const display = toDisplayProps(props)
  const shape = matchSize(display, served, isSingle)
  const displayed = displayedDimensions(display, shape, info)
  const candidates = isSingle ? [] : srcsetOf(props, served, shape, displayed)
  const fallback = candidates.find(({ width }) => width >= displayed.width) ?? candidates.at(-1)
  const attributes = photos.img(original, {
    shape: shape.name,
    info,
    width: layout === "full-width" ? undefined : displayed.width,
    sizes: sizesOfPage(props, displayed),
    priority: loading === "eager",
    placeholder,
  })
  return {
    ...props,
    ...displayed,
    sizes: (layout ?? widths) ? attributes.sizes : undefined,
    style: style ?? attributes.style,
    [OFFER]: { src: fallback?.url ?? photos.url(original, shape.name, formatOf(props, served)), candidates },
  }
}

/** The props of an original that cannot be described: one listed size, and the dimensions of the page. @throws {TypeError} for an unlisted shape */
export const withoutInfo = (props: Props, served: Omit<ServedOriginal, "info">): Props => {
  const { photos, original, list } = served
  const { shape, width = 0 } = toDisplayProps(props)
  const name = shape ?? snap({ width }, list)?.name ?? list[0]?.name ?? ""
  return {
    ...props,
    sizes: undefined,
    [OFFER]: { src: photos.url(original, name, formatOf(props, served)), candidates: [] },
  }
}

/** The URL of an image, for `src`; undefined without an offer. */
export const offeredUrl = ({ [OFFER]: offer }: Props): string | undefined => offer?.src

/** The entries of `srcset` in Astro's form: props with one candidate, and its descriptor. */
export const offeredSrcset = ({
  [OFFER]: offer,
  ...props
}: Props): readonly { readonly transform: Props; readonly descriptor: string }[] =>
  (offer?.candidates ?? []).map(({ url, width, descriptor }) => ({
    transform: { ...props, width, height: undefined, [OFFER]: { src: url, candidates: [] } },
    descriptor,
  }))
