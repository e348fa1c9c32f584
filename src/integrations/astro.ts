/**
 * Responsible for Astro's image service: the output of `<Image>`, `<Picture>` and `getImage`, computed from the size list. While pages are
 * built, it fetches the descriptions of originals from the server: Astro prints the widths it is given, so only the original's dimensions
 * make them correct for small originals.
 *
 * Invariants:
 * - Every URL has a listed size, and every width is the actual width of the rendition.
 * - Values that Astro computes itself (breakpoints, double widths) are never printed.
 * - An unlisted size fails the build. A photo that the server rejects does not, if the page gives its dimensions.
 *
 * See https://docs.astro.build/en/reference/image-service-reference/ for external services.
 */
import { createClient, type Client, type ClientOptions } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import { decodeKey } from "../sizes/key.ts"
import { type Shape, shapesOf, type SizeInput } from "../sizes/list.ts"
import type { Dimensions } from "../sizes/size.ts"
import { offeredSrcset, offeredUrl, type Props, withOffer, withoutInfo } from "./astro-offer.ts"
import { cacheInfo, isRejected } from "./cache-info.ts"

export type { Props } from "./astro-offer.ts"

/** Options of the image service, as for a client. `baseUrl` is absolute, because the build fetches from the server. */
export type ImageServiceOptions = ClientOptions<readonly SizeInput[], readonly Format[]>

declare global {
  namespace Astro {
    /** Props of `<Image>` and `<Picture>` in addition to Astro's own. */
    interface CustomImageProps {
      /** A listed size: all sizes that show the same part of the original are offered. @default the size that `width` and `height` mean */
      shape?: string | undefined
      /** Whether the placeholder is shown until the image is loaded, if there is no `style`. @default true for JPEG */
      placeholder?: boolean | undefined
    }
  }
}

/** The part of Astro's image configuration that the service reads. */
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

/** A server of images with its list. */
interface Installation {
  readonly photos: Client<string, Format>
  readonly formats: readonly Format[]
  readonly list: readonly Shape[]
  readonly infoOf: (original: string) => Promise<Info>
}

const installations = new WeakMap<ImageServiceOptions, Installation>()

const createInstallation = (options: ImageServiceOptions): Installation => {
  const photos: Client<string, Format> = createClient(options)
  const { formats = DEFAULT_FORMATS, sizes } = options
  return { photos, formats, list: shapesOf(sizes), infoOf: cacheInfo(photos.info) }
}

const installationOf = ({ service: { config } }: ImageConfig): Installation => {
  const installation = installations.get(config) ?? createInstallation(config)
  installations.set(config, installation)
  return installation
}

/** Absolute URLs and URL paths, in contrast to keys. */
const URL_OR_PATH = /^(?:[a-z][a-z\d+.-]*:\/\/|data:|blob:|\/)/i

/** The original that a key, or a URL below `baseUrl`, refers to; undefined for images of other servers. */
const originalOf = (src: Props["src"], config: ImageConfig): string | undefined => {
  if (typeof src !== "string") return undefined
  const base = `${config.service.config.baseUrl.replace(/\/$/, "")}/`
  if (!src.startsWith(base)) return URL_OR_PATH.test(src) ? undefined : src
  return (
    installationOf(config).photos.parse(src)[0]?.original ?? decodeKey(src.slice(base.length).replace(/[?#].*/s, ""))
  )
}

/** Props that describe an image and are not attributes. */
const NO_ATTRIBUTES: ReadonlySet<string> = new Set(
  "src shape format formats quality widths densities layout inferSize priority placeholder fit position background".split(
    " ",
  ),
)

/** @throws {Error} if there is no description and the page gives no dimensions, or if the server cannot be reached */
const infoFor = async (
  original: string,
  { infoOf }: Installation,
  { width, height }: Props,
): Promise<Info | undefined> => {
  try {
    return await infoOf(original)
  } catch (error) {
    if (!width || !height || !(error instanceof Error && isRejected(error))) throw error
    // oxlint-disable-next-line no-console -- Astro has no logger for image services.
    console.warn(error.message)
    return undefined
  }
}

const service: ImageService = {
  validateOptions: async (props, config) => {
    const original = originalOf(props.src, config)
    // Without a format: Astro would print its media type for a file that may have another one.
    if (original === undefined) return { ...props, format: undefined }
    if (props["quality"] !== undefined) fail(`Expected no quality for ${original}: the server configures it.`)
    const installation = installationOf(config)
    const info = await infoFor(original, installation, props)
    return info
      ? withOffer(props, { ...installation, original, info })
      : withoutInfo(props, { ...installation, original })
  },
  getURL: (props) => offeredUrl(props) ?? (typeof props.src === "string" ? props.src : props.src.src),
  getSrcSet: offeredSrcset,
  getHTMLAttributes: (props) => Object.fromEntries(Object.entries(props).filter(([name]) => !NO_ATTRIBUTES.has(name))),
  getRemoteSize: (src, config) => {
    const original = originalOf(src, config)
    if (original === undefined) return undefined
    return installationOf(config)
      .infoOf(original)
      .then(({ width, height }) => ({ width, height }))
  },
}

/**
 * The `image.service` of `astro.config.mjs`.
 * @throws {TypeError} for an invalid list, or a `baseUrl` that is not absolute
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
    fail(`Expected a baseUrl like https://img.example.com, got "${baseUrl}": the build fetches info from it.`)
  return { entrypoint: "imgtailor/astro", config: options }
}

// oxlint-disable-next-line import/no-default-export -- Astro loads a service by its default export.
export { service as default }
