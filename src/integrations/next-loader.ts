/**
 * Responsible for the loader of `next/image`, which turns a key and a width into a URL. The module named in `images.loaderFile` exports
 * it, or it is the `loader` of one `<Image>`. It runs in browsers and on servers.
 *
 * Invariants:
 * - Every URL has a listed size by width.
 * - If Next is configured by `imageConfig` with the same list, each `w` that Next prints is the width of its size.
 */
import { toBase, toKey } from "../client/check.ts"
import { fail } from "../client/fail.ts"
import { encodeKey, formatKey } from "../sizes/key.ts"
import type { SizeInput } from "../sizes/list.ts"
import { snap } from "../sizes/snap.ts"
import { byWidth } from "./by-width.ts"
import { isUrl } from "./is-url.ts"

/** Options of a loader. Use the server's settings. */
export interface LoaderOptions {
  /** URL prefix: `https://img.example.com`, `/img`, or "" for the root of the page's origin. A trailing slash is dropped. */
  readonly baseUrl: string
  /** The server's list. Only sizes by width are used, because Next passes no height to a loader. */
  readonly sizes: readonly SizeInput[]
}

/**
 * A loader, called with the `src` of an `<Image>`, which is the key of the original, and a width in pixels.
 * https://nextjs.org/docs/app/api-reference/components/image#loader
 */
export type Loader = (image: { readonly src: string; readonly width: number }) => string

/**
 * Creates a loader for one list. A width that is not listed gives the next larger size, because Next requests any width in development.
 * @throws {TypeError} for an invalid list, or one without sizes by width; when called, for a `src` that is neither a key nor a URL
 * @example
 * export default createLoader({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 */
export const createLoader = ({ baseUrl, sizes }: LoaderOptions): Loader => {
  const base = toBase(baseUrl)
  const list = byWidth(sizes)
  return ({ src, width }) => {
    // Next also passes images of other servers, and small ones that its bundler has put into the page.
    if (isUrl(src)) return src
    const original = toKey(src)
    const size = snap({ width }, list) ?? fail(`Expected a width in pixels, got ${width}.`)
    return `${base}/${encodeKey(formatKey({ original, size, format: undefined }))}`
  }
}
