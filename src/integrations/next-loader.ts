/**
 * What `next/image` asks for the address of a picture: the module that `images.loaderFile` names exports it, and it may be the `loader` of
 * one `<Image>`. Runs in browsers and on servers.
 *
 * Holds: every address is of a listed size by width; where `imageConfig` has told Next the same list, each `w` that Next prints is what
 * that size is called for.
 */
import { fail } from "../client/fail.ts"
import { encodeKey, formatKey, toOriginalKey } from "../sizes/key.ts"
import type { SizeInput } from "../sizes/list.ts"
import { snap } from "../sizes/snap.ts"
import { byWidth } from "./by-width.ts"

/** What a loader has to know: the same as the server's settings. */
export interface LoaderOptions {
  /** What precedes every address: `https://img.example.com`, `/img`, or "" for the page's own root. A slash at its end is dropped. */
  readonly baseUrl: string
  /** The server's list. Only sizes by width are used: a loader is told no height. */
  readonly sizes: readonly SizeInput[]
}

/**
 * As Next calls it: with the `src` of an `<Image>`, which is the original's key, and a width.
 * https://nextjs.org/docs/app/api-reference/components/image#loader
 */
export type Loader = (asked: { readonly src: string; readonly width: number }) => string

/**
 * A loader for one list. A width that is not listed means the next larger one, since in development Next asks for any.
 * @throws {TypeError} for a list with mistakes, or with no size by width; and, when called, for a `src` that is no key
 * @example
 * export default createLoader({ baseUrl: "https://img.example.com", sizes: ["320w", "640w", "1280w"] })
 */
export const createLoader = ({ baseUrl, sizes }: LoaderOptions): Loader => {
  const base = baseUrl.replace(/\/$/, "")
  const list = byWidth(sizes)
  return ({ src, width }) => {
    const original =
      toOriginalKey(src) ?? fail(`Expected a key like shop/photo.jpg as src, got ${JSON.stringify(src)}.`)
    const size = snap({ width }, list) ?? fail(`Expected a width in pixels, got ${width}.`)
    return `${base}/${encodeKey(formatKey({ original, size, format: undefined }))}`
  }
}
