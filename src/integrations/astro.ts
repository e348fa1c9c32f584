/**
 * Astro's image service: what `<Image>`, `<Picture>` and `getImage` print, from the list. Originals' facts are asked of the server while
 * pages are built.
 *
 * Holds: every address is of a listed size and every width is the one that arrives; what Astro works out by itself (its breakpoints,
 * twice the width) is never printed; a size that is not listed fails the build.
 * Interface: https://docs.astro.build/en/reference/image-service-reference/, external services.
 */
import { MAX_DPR } from "../client/attributes.ts"
import { createClient, type Client, type ClientOptions } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import { srcsetCandidates } from "../client/srcset.ts"
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import { decodeKey } from "../sizes/key.ts"
import { type Shape, type SizeInput, toShape } from "../sizes/list.ts"
import { type Dimensions, formatSize } from "../sizes/size.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import { cacheInfo } from "./cache-info.ts"
import { failNotListed, type DisplayProps, shapeOf, shownAs } from "./match-size.ts"

/** What a client is told. `baseUrl` is absolute, since the server is asked while pages are built. */
export type ImageServiceOptions = ClientOptions<readonly SizeInput[], readonly Format[]>

declare global {
  namespace Astro {
    /** Props of `<Image>` and `<Picture>` beside Astro's own. */
    interface CustomImageProps {
      /** A listed size: all that show the same part of the picture may be offered. @default what `width` and `height` say */
      shape?: string | undefined
      /** Whether a tiny picture is shown until the real one is there, where there is no `style`. @default true for JPEG */
      placeholder?: boolean | undefined
    }
  }
}

const OFFER: unique symbol = Symbol("what is offered of a picture")

/** Props as Astro hands them on. */
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
  readonly candidates: readonly Candidate[]
}

interface Candidate {
  readonly url: string
  /** Pixels that arrive. */
  readonly width: number
  readonly descriptor: string
}

/** As much of Astro's as is looked at. */
export interface ImageConfig {
  readonly service: { readonly config: ImageServiceOptions }
}

/** Astro's `ExternalImageService`. */
export interface ImageService {
  readonly validateOptions: (props: Props, config: ImageConfig) => Promise<Props>
  readonly getURL: (props: Props) => string
  readonly getSrcSet: (props: Props) => readonly { readonly transform: Props; readonly descriptor: string }[]
  readonly getHTMLAttributes: (props: Props) => Readonly<Record<string, unknown>>
  readonly getRemoteSize: (src: string, config: ImageConfig) => Promise<Dimensions> | undefined
}

/** One picture of ours, and what its server can make of it. */
interface Photo extends Server {
  readonly original: string
  readonly info: Info
}

interface Server {
  readonly photos: Client<string, Format>
  readonly formats: readonly Format[]
  readonly list: readonly Shape[]
  readonly infoOf: (original: string) => Promise<Info>
}

const servers = new WeakMap<ImageServiceOptions, Server>()

const open = (options: ImageServiceOptions): Server => {
  const photos: Client<string, Format> = createClient(options)
  const { formats = DEFAULT_FORMATS, sizes } = options
  return { photos, formats, list: sizes.flatMap((size) => toShape(size) ?? []), infoOf: cacheInfo(photos.info) }
}

const serverOf = ({ service: { config } }: ImageConfig): Server => {
  const server = servers.get(config) ?? open(config)
  servers.set(config, server)
  return server
}

const ELSEWHERE = /^(?:[a-z][a-z\d+.-]*:\/\/|data:|blob:|\/)/i

/** The original that a key or an address below `baseUrl` means; undefined for pictures that are none of ours. */
const originalOf = (src: Props["src"], config: ImageConfig): string | undefined => {
  if (typeof src !== "string") return undefined
  const base = `${config.service.config.baseUrl.replace(/\/$/, "")}/`
  if (!src.startsWith(base)) return ELSEWHERE.test(src) ? undefined : src
  return serverOf(config).photos.parse(src)[0]?.original ?? decodeKey(src.slice(base.length).replace(/[?#].*/s, ""))
}

/** Formats that originals have, and that `<Picture>` falls back to: an address without a format. */
const OWN = /^(?:jpe?g|png|gif|tiff?)$/

const formatOf = ({ format }: Props, { formats }: Photo): Format | undefined =>
  format === undefined || OWN.test(format)
    ? undefined
    : (formats.find((one) => one === format) ?? fail(`${format} is not one of ${formats.join(", ")}.`))

/** Widths that the page names itself, beside no layout. */
const askedOf = ({ widths, densities, ...props }: Props, shown: Dimensions): readonly number[] | undefined =>
  props["data-astro-image"]
    ? undefined
    : (widths ?? densities?.map((density) => Math.round(shown.width * Number.parseFloat(`${density}`))))

/** The candidates of `srcset`. */
const candidatesOf = (props: Props, photo: Photo, shape: Shape, shown: Dimensions): readonly Candidate[] => {
  const { original, info, list, photos } = photo
  const layout = props["data-astro-image"]
  const asked = askedOf(props, shown)
  const ladder = sizesOfShape(shape, list)
  for (const width of asked ?? []) {
    const box = { ...shape, width, ...(shape.height && { height: Math.round((width * shown.height) / shown.width) }) }
    if (!ladder.some((size) => size.width === width)) failNotListed(formatSize(box), box, photo)
  }
  const offered = asked ? ladder.filter(({ width = 0 }) => asked.includes(width)) : ladder
  const maxWidth = asked || layout === "full-width" ? undefined : MAX_DPR * shown.width
  const format = formatOf(props, photo)
  return srcsetCandidates(shape, offered, { info, maxWidth }, ({ name }) => photos.url(original, name, format)).map(
    ({ url, width = 0 }) => ({
      url,
      width,
      descriptor: asked && !props.widths ? `${width / shown.width}x` : `${width}w`,
    }),
  )
}

/** Where Astro speaks, and not the page, it is left to the client, who knows of screens of 3× and of lazy pictures. */
const sizesOf = (props: Props, { width }: Dimensions): string | undefined => {
  const { "data-astro-image": layout, sizes } = props
  if (layout === "fixed") return `${width}px`
  const own = layout === "full-width" ? "100vw" : `(min-width: ${props.width}px) ${props.width}px, 100vw`
  return layout && sizes === own ? undefined : sizes?.replace(/^auto, */, "")
}

/** Sides may be given as text. */
const saidBy = ({ shape, width, height }: Props): DisplayProps => ({
  shape,
  width: width === undefined ? undefined : Number(width),
  height: height === undefined ? undefined : Number(height),
})

const offerOf = (props: Props, photo: Photo): Props => {
  const { original, info, photos } = photo
  const { "data-astro-image": layout, widths, densities, loading, placeholder, style } = props
  const isOne = !(layout ?? widths ?? densities)
  const said = saidBy(props)
  const shape = shapeOf(said, photo, isOne)
  const shown = shownAs(said, shape, info)
  const candidates = isOne ? [] : candidatesOf(props, photo, shape, shown)
  const atOnce = candidates.find(({ width }) => width >= shown.width) ?? candidates.at(-1)
  const byClient = photos.img(original, {
    shape: shape.name,
    info,
    width: layout === "full-width" ? undefined : shown.width,
    sizes: sizesOf(props, shown),
    priority: loading === "eager",
    placeholder,
  })
  return {
    ...props,
    ...shown,
    sizes: (layout ?? widths) ? byClient.sizes : undefined,
    style: style ?? byClient.style,
    [OFFER]: { src: atOnce?.url ?? photos.url(original, shape.name, formatOf(props, photo)), candidates },
  }
}

/** Props that say what a picture shall be, and are no attributes. */
const NO_ATTRIBUTES: ReadonlySet<string> = new Set(
  "src shape format formats quality widths densities layout inferSize priority placeholder fit position background".split(
    " ",
  ),
)

const service: ImageService = {
  validateOptions: async (props, config) => {
    const original = originalOf(props.src, config)
    // What it is by its name: Astro would say another type of it than it has.
    if (original === undefined) return { ...props, format: undefined }
    if (props["quality"] !== undefined) fail(`Expected no quality of ${original}: the server's settings say it.`)
    const server = serverOf(config)
    return offerOf(props, { ...server, original, info: await server.infoOf(original) })
  },
  getURL: (props) => props[OFFER]?.src ?? (typeof props.src === "string" ? props.src : props.src.src),
  getSrcSet: ({ [OFFER]: offer, ...props }) =>
    (offer?.candidates ?? []).map(({ url, width, descriptor }) => ({
      transform: { ...props, width, height: undefined, [OFFER]: { src: url, candidates: [] } },
      descriptor,
    })),
  getHTMLAttributes: (props) => Object.fromEntries(Object.entries(props).filter(([name]) => !NO_ATTRIBUTES.has(name))),
  getRemoteSize: (src, config) => {
    const original = originalOf(src, config)
    if (original === undefined) return undefined
    return serverOf(config)
      .infoOf(original)
      .then(({ width, height }) => ({ width, height }))
  },
}

/**
 * The `image.service` of `astro.config.mjs`.
 * @throws {TypeError} for a list with mistakes, and where nobody could be asked
 * @example
 * export default defineConfig({
 *   image: { service: imageService({ baseUrl: "https://img.example.com", sizes: ["320w", "640w"] }), layout: "constrained" },
 * })
 */
export const imageService = (
  options: ImageServiceOptions,
): { readonly entrypoint: string; readonly config: ImageServiceOptions } => {
  createClient(options)
  const { baseUrl } = options
  if (!URL.canParse(baseUrl))
    fail(`Expected a baseUrl like https://img.example.com, got "${baseUrl}": originals' sizes are asked there.`)
  return { entrypoint: "imgtailor/astro", config: options }
}

// Astro loads a service by its default export.
// oxlint-disable-next-line import/no-default-export
export { service as default }
