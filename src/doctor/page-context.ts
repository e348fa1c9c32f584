/** Responsible for the subject of page checks: the measured images of a page, and the list of sizes that its URLs should use. */
import type { Size } from "../sizes/list.ts"
import { INFO, sizeNamed } from "../sizes/list.ts"
import { isSizeSegment } from "../sizes/size-names.ts"
import type { MeasuredPage, PageImage } from "./measured-page.ts"

/** The subject of page checks. */
export interface PageContext extends MeasuredPage {
  /** The listed sizes; empty if the list is not known. */
  readonly sizes: readonly Size[]
}

/** The size segment of a URL of imgtailor; undefined for any other URL. */
export const sizeOfUrl = (url: string): string | undefined => {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return undefined
  const segment = new URL(url).pathname.split("/").at(-2) ?? ""
  return segment !== INFO && isSizeSegment(segment) ? segment : undefined
}

/** True for a URL with a size of the list. A name like `products` can be a folder, so it counts only if it is listed. */
export const isOwnUrl = (url: string, sizes: readonly Size[]): boolean => {
  const segment = sizeOfUrl(url)
  return segment !== undefined && (/^\d/.test(segment) || sizeNamed(segment, sizes) !== undefined)
}

/** All URLs of an image: its `src` and its candidates. */
export const urlsOf = ({ src, candidates }: PageImage): readonly string[] =>
  [...new Set([...candidates.map(({ url }) => url), src])].filter((url) => url !== "")

/** A path as a person reads it; unchanged if it has a malformed escape. */
const readable = (path: string): string => {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

/** A short text for an image in a message. */
export const nameOf = ({ src, candidates }: PageImage): string => {
  const url = src || candidates[0]?.url || "an image without src"
  return URL.canParse(url) ? readable(new URL(url).pathname) : url
}
