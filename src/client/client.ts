/**
 * What a page needs: addresses, `srcset` and attributes of pictures, from the list alone. The same code in browsers, on servers and in
 * build tools; no dependency, no secret, no `node:`.
 *
 * Holds: every address is of a listed size; every `w` is the width that arrives, as far as the original's dimensions are known; sizes of
 * one `srcset` show the same part of the picture.
 */
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import { decodeKey, encodeKey, formatKey, imageReadings, splitKey, toOriginalKey } from "../sizes/key.ts"
import { INFO, nearestTo, type SizeInput, toShape, type Shape } from "../sizes/list.ts"
import { parseSize } from "../sizes/size.ts"
import { type Attributes, type ImgOptions, imgAttributes, type Picture, pictureAttributes } from "./attributes.ts"
import { fail } from "./fail.ts"
import { type Candidate, srcsetCandidates, type CandidateOptions, toSrcset } from "./srcset.ts"

type NameOf<S> = S extends string
  ? S
  : S extends { readonly name: infer Name extends string }
    ? Name
    : S extends { readonly size: infer Text extends string }
      ? Text
      : never

/** What the sizes of a list are called in addresses. */
export type SizeName<Sizes extends readonly SizeInput[]> = NameOf<Sizes[number]>

/** What a client has to know: the same as the server's settings, or as `GET /imgtailor.json` says them. */
export interface ClientOptions<Sizes extends readonly SizeInput[], Formats extends readonly Format[]> {
  /** What precedes every address: `https://img.example.com`, `/img`, or "" for the page's own root. A slash at its end is dropped. */
  readonly baseUrl: string
  /** The server's list. */
  readonly sizes: Sizes
  /** The server's explicit formats, in order of preference. @default ["avif", "webp"] */
  readonly formats?: Formats
}

/** One thing that an address can mean. */
export interface Meaning {
  readonly original: string
  /** A size's name, or "info". */
  readonly size: string
  /** Undefined for the original's own. */
  readonly format: Format | undefined
}

/** Addresses and attributes for one list. Each throws a `TypeError` for a size or a key that no address can have. */
export interface Client<Name extends string, Explicit extends Format> {
  /** The address of a rendition. @param format one of the explicit formats; without, the original's own or what is negotiated */
  readonly url: (original: string, size: Name, format?: Explicit) => string
  /** What an address means, in order: the second counts where the first original is absent. Empty for one that is none of ours. */
  readonly parse: (url: string) => readonly Meaning[]
  /** The pictures of one shape, smallest first. */
  readonly candidates: (original: string, options: CandidateOptions<Name, Explicit>) => readonly Candidate[]
  /** The same as a `srcset`: with widths, or as `1x, 2x` where widths are not known. */
  readonly srcset: (original: string, options: CandidateOptions<Name, Explicit>) => string
  /** Attributes of an `<img>`. */
  readonly img: (original: string, options: ImgOptions<Name, Explicit>) => Attributes
  /** Attributes of a `<picture>`: a `<source>` for each explicit format, and the `<img>`. */
  readonly picture: (original: string, options: Omit<ImgOptions<Name, Explicit>, "format">) => Picture
  /** Fetches an original's facts. @throws {Error} with the server's own words where it refuses */
  readonly info: (original: string, init?: RequestInit) => Promise<Info>
}

const meaningsOf = (key: string, sizes: readonly Shape[], formats: readonly Format[]): readonly Meaning[] => {
  const { directory: above, file } = splitKey(key)
  const { directory, file: name } = splitKey(above.slice(0, -1))
  const size = sizes.find((one) => one.name === name)
  if (size) return imageReadings(directory, file, name, formats)
  const original = file.endsWith(".json") && toOriginalKey(directory + file.slice(0, -5))
  return name === INFO && original ? [{ original, size: INFO, format: undefined }] : []
}

/**
 * A client for one list of sizes. A size that is not on it does not compile, and throws in plain JavaScript.
 * @throws {TypeError} for the first entry that has no size; the rest of a list is checked by the server
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
}: ClientOptions<Sizes, Formats>): Client<SizeName<Sizes>, Formats[number]> => {
  type Name = SizeName<Sizes>
  type Explicit = Formats[number]
  const base = baseUrl.replace(/\/$/, "")
  const sizes = inputs.map(
    (input) => toShape(input) ?? fail(`Expected a size like 480h, got ${JSON.stringify(input)}.`),
  )
  const formats: readonly Explicit[] = given ?? DEFAULT_FORMATS
  const sizeOf = (name: Name): Shape =>
    sizes.find((size) => size.name === name) ??
    fail(`${JSON.stringify(name)} is not listed. The nearest is ${nearestTo(parseSize(name) ?? {}, sizes).name}.`)

  const addressOf = (original: string, size: Shape | typeof INFO, format?: Format): string => {
    const key = toOriginalKey(original) ?? fail(`Expected a key like a/b.jpg, got ${JSON.stringify(original)}.`)
    return `${base}/${encodeKey(formatKey({ original: key, size, format }))}`
  }

  const candidates: Client<Name, Explicit>["candidates"] = (original, { shape, ...options }) =>
    srcsetCandidates(sizeOf(shape), sizes, options, (size) => addressOf(original, size, options.format))

  const url: Client<Name, Explicit>["url"] = (original, size, format) => addressOf(original, sizeOf(size), format)

  const img: Client<Name, Explicit>["img"] = (original, options) =>
    imgAttributes(sizeOf(options.shape), url(original, options.shape, options.format), options, (maxWidth) =>
      candidates(original, { ...options, maxWidth }),
    )

  return {
    url,
    parse: (address) => {
      const key = decodeKey(address.slice(base.length + 1).replace(/[?#].*/s, ""))
      return key && address.startsWith(`${base}/`) ? meaningsOf(key, sizes, formats) : []
    },
    candidates,
    srcset: (original, options) => toSrcset(candidates(original, options)),
    img,
    picture: (original, options) => pictureAttributes(formats, (format) => img(original, { ...options, format })),
    info: async (original, init) => {
      const response = await fetch(addressOf(original, INFO), init)
      if (!response.ok) throw new Error(await response.text())
      return response.json() as Promise<Info>
    },
  }
}
