/**
 * Responsible for the client: URLs, `srcset` and attributes of images, computed from the size list. It runs in browsers, on servers and in
 * build tools, without dependencies, secrets or `node:` modules.
 *
 * Invariants:
 * - Every URL has a listed size.
 * - If the original's dimensions are known, every `w` is the actual width of that rendition.
 * - All sizes of one `srcset` show the same part of the original.
 */
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import { decodeKey, encodeKey, formatKey, formatsOf, imageReadings, splitKey, toOriginalKey } from "../sizes/key.ts"
import { INFO, nearestTo, type SizeInput, sizeNamed, toShape, type Shape } from "../sizes/list.ts"
import { parseSize } from "../sizes/size.ts"
import {
  type Attributes,
  type ImgOptions,
  imgAttributes,
  type KnownInfo,
  type Picture,
  pictureAttributes,
} from "./attributes.ts"
import { toBase, toKey } from "./check.ts"
import { fail, failOf } from "./fail.ts"
import { fetchInfo } from "./fetch-info.ts"
import { type Candidate, srcsetCandidates, type CandidateOptions, toSrcset } from "./srcset.ts"

export { type ArtDirection, artDirected, type PictureOptions } from "./art-direction.ts"
export type { Attributes, ImgOptions, KnownInfo, Picture } from "./attributes.ts"
export {
  type PhotoAttributes,
  photoElements,
  type PhotoElements,
  type PhotoMaker,
  type PhotoOptions,
} from "./photo-elements.ts"
export { preload, type PreloadAttributes } from "./preload.ts"

type NameOf<S> = S extends string
  ? S
  : S extends { readonly name: infer Name extends string }
    ? Name
    : S extends { readonly size: infer Text extends string }
      ? Text
      : never

/** The names of a list's sizes in URLs. */
export type SizeName<Sizes extends readonly SizeInput[]> = NameOf<Sizes[number]>

/** Options of a client. Use the server's settings, or the contents of its `imgtailor.json`. */
export interface ClientOptions<Sizes extends readonly SizeInput[], Formats extends readonly Format[]> {
  /** URL prefix: `https://img.example.com`, `/img`, or "" for the root of the page's origin. A trailing slash is dropped. */
  readonly baseUrl: string
  /** The server's list. */
  readonly sizes: Sizes
  /** The server's explicit formats, in order of preference. @default ["avif", "webp"] */
  readonly formats?: Formats
  /** Known originals, by key: the output of `imgtailor info / --json`. A build with it requests nothing. @default none */
  readonly infos?: Readonly<Record<string, KnownInfo>> | undefined
  /** Appended to every URL as `?v=…`, or returned for each original, so that CDNs fetch a replaced photo. @default no version */
  readonly version?: string | ((original: string) => string | number | undefined) | undefined
}

/** One reading of a URL. */
export interface UrlReading {
  readonly original: string
  /** The name of a size, or "info". */
  readonly size: string
  /** The explicit format; undefined for a base URL. */
  readonly format: Format | undefined
}

/** URLs and attributes for one size list. All methods throw a `TypeError` for an unlisted size or format, or an invalid key. */
export interface Client<Name extends string, Explicit extends Format> {
  /**
   * The URL of a rendition.
   * @param original key of the original, like `shop/bag.jpg`
   * @param format an explicit format. @default the original's own format, or the negotiated one
   * @example
   * photos.url("shop/bag.jpg", "640w", "webp") // https://img.example.com/shop/640w/bag.jpg.webp
   */
  readonly url: (original: string, size: Name, format?: Explicit) => string
  /**
   * The readings of a URL, in order: the second applies only if the first original does not exist. Empty for a URL of another server.
   * @example
   * photos.parse("https://img.example.com/shop/640w/bag.jpg") // [{ original: "shop/bag.jpg", size: "640w", format: undefined }]
   */
  readonly parse: (url: string) => readonly UrlReading[]
  /**
   * The renditions that a `srcset` offers, smallest first.
   * @example
   * photos.candidates("shop/bag.jpg", { shape: "640w", info: { width: 4000, height: 3000 } })
   * // [{ url: "https://img.example.com/shop/320w/bag.jpg", width: 320, height: 240 }, …]
   */
  readonly candidates: (original: string, options: CandidateOptions<Name, Explicit>) => readonly Candidate[]
  /**
   * The candidates as a `srcset`, with `w` descriptors, or with `1x, 2x` if widths are not known.
   * @example
   * photos.srcset("bag.jpg", { shape: "640w" }) // "https://img.example.com/320w/bag.jpg 320w, https://…/640w/bag.jpg 640w, …"
   */
  readonly srcset: (original: string, options: CandidateOptions<Name, Explicit>) => string
  /**
   * Attributes of an `<img>`.
   * @throws {TypeError} if `info` is needed to reserve space: for sizes by width or height
   * @example
   * photos.img("shop/bag.jpg", { shape: "360x270", width: 360 }) // { src: …, srcset: …, width: 360, height: 270, loading: "lazy", … }
   */
  readonly img: (original: string, options: ImgOptions<Name, Explicit>) => Attributes
  /**
   * Attributes of a `<picture>`: a `<source>` for each explicit format, and the `<img>`. See {@link artDirected} for other parts of the
   * photo on some screens.
   * @example
   * const { sources, img } = photos.picture("shop/bag.jpg", { shape: "360x270" })
   */
  readonly picture: (original: string, options: Omit<ImgOptions<Name, Explicit>, "format">) => Picture
  /**
   * Fetches the description of an original, or returns that of `infos`. A few are fetched at once, with another attempt at a busy server.
   * @throws {Error} with the server's message if the response is an error, and its status as `cause`
   * @example
   * const { width, height } = await photos.info("shop/bag.jpg")
   */
  readonly info: (original: string, init?: RequestInit) => Promise<Info>
}

const readingsOf = (key: string, sizes: readonly Shape[], formats: readonly Format[]): readonly UrlReading[] => {
  const { directory: above, file } = splitKey(key)
  const { directory, file: name } = splitKey(above.slice(0, -1))
  const size = sizeNamed(name, sizes)
  if (size)
    // oxlint-disable-next-line oxc/no-map-spread -- pages contain this code, so it is short.
    return imageReadings(directory, file, size.name, formatsOf(size, { formats })).map((reading) => ({
      ...reading,
      format: size.format ?? reading.format,
    }))
  const original = file.endsWith(".json") && toOriginalKey(directory + file.slice(0, -5))
  return name === INFO && original ? [{ original, size: INFO, format: undefined }] : []
}

/**
 * Creates a client for one size list. An unlisted size does not compile in TypeScript, and throws in JavaScript.
 * @throws {TypeError} for an entry without a valid size. The server validates everything else in a list.
 * @example
 * const photos = createClient({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 * photos.url("shop/bag.jpg", "640w") // https://img.example.com/shop/640w/bag.jpg
 */
export const createClient = <
  const Sizes extends readonly SizeInput[],
  const Formats extends readonly Format[] = typeof DEFAULT_FORMATS,
>({
  baseUrl,
  sizes: inputs,
  formats: given,
  infos,
  version,
}: ClientOptions<Sizes, Formats>): Client<SizeName<Sizes>, Formats[number]> => {
  type Name = SizeName<Sizes>
  type Explicit = Formats[number]
  const base = toBase(baseUrl)
  const sizes = inputs.map((input) => toShape(input) ?? failOf("size like 480h", input))
  const formats: readonly Explicit[] = given ?? DEFAULT_FORMATS
  const sizeOf = (name: Name): Shape =>
    sizes.find((size) => size.name === name) ??
    fail(`"${name}" is not listed. The nearest is ${nearestTo(parseSize(name) ?? {}, sizes).name}.`)

  const urlOf = (original: string, size: Shape | typeof INFO, format?: Format): string => {
    const key = toKey(original)
    const v = typeof version === "function" ? version(key) : version
    const path = encodeKey(formatKey({ original: key, size, format }))
    return `${base}/${path}${v ? `?v=${encodeURIComponent(v)}` : ""}`
  }

  const formatsIn = (size: Shape): readonly Format[] => formatsOf(size, { formats })

  /** A size with a forced format has no other. */
  const renditionUrl = (original: string, size: Shape, format: Explicit | undefined): string =>
    urlOf(
      original,
      size,
      size.format ?? (format && (formatsIn(size).find((one) => one === format) ?? fail(`"${format}" is not listed.`))),
    )

  const candidates: Client<Name, Explicit>["candidates"] = (original, { shape, format, maxWidth, info }) =>
    srcsetCandidates(sizeOf(shape), sizes, { info: info ?? infos?.[original], maxWidth }, (size) =>
      renditionUrl(original, size, format),
    )

  const img: Client<Name, Explicit>["img"] = (original, shown) => {
    const options = { ...shown, info: shown.info ?? infos?.[original] }
    const size = sizeOf(options.shape)
    return imgAttributes(size, renditionUrl(original, size, options.format), options, (maxWidth) =>
      candidates(original, { ...options, maxWidth }),
    )
  }

  return {
    url: (original, size, format) => renditionUrl(original, sizeOf(size), format),
    parse: (text) => {
      const key = decodeKey(text.slice(base.length + 1).replace(/[?#].*/s, ""))
      return key && text.startsWith(`${base}/`) ? readingsOf(key, sizes, formats) : []
    },
    candidates,
    srcset: (original, options) => toSrcset(candidates(original, options)),
    img,
    // The `<img>` of a size with a forced format has that format.
    picture: (original, options) =>
      pictureAttributes(sizeOf(options.shape).format ? [] : formatsIn(sizeOf(options.shape)), (format) =>
        img(original, { ...options, format }),
      ),
    info: async (original, init) => (infos?.[original] as Info | undefined) ?? fetchInfo(urlOf(original, INFO), init),
  }
}
