/**
 * Responsible for the choice of a real browser among the candidates of a `srcset`, for a viewport width and a pixel density.
 *
 * The picture is in an iframe of that width. CSS `zoom` on an iframe multiplies the density that its document has, in browsers that support
 * it; `density` of the result is the one that the browser really used. A browser prefers larger candidates that it has loaded, so each
 * measurement has its own query in all URLs, which the server ignores.
 */
import type { Snippets } from "../../api.ts"

/** Attributes of an `<img>`. */
export type ImgAttributes = Snippets["img"]

/** The result of one measurement. */
export interface Picked {
  /** `currentSrc` without the added query; "" if nothing could be loaded. */
  readonly url: string
  /** `devicePixelRatio` in the iframe. */
  readonly density: number
  /** `innerWidth` in the iframe. */
  readonly viewport: number
  /** Width of the picture in the layout, in CSS pixels. */
  readonly shownWidth: number
}

const MARK = "studio-preview="

/** @example withMark("/640w/a.jpg 640w, /1280w/a.jpg 1280w", "1") // "/640w/a.jpg?studio-preview=1 640w, …" */
export const withMark = (srcset: string, mark: string): string =>
  srcset.replaceAll(
    /(\S+)(\s+[\d.]+[wx])/g,
    (_, url: string, width: string) => `${url}${url.includes("?") ? "&" : "?"}${MARK}${mark}${width}`,
  )

const withoutMark = (url: string): string => url.replace(new RegExp(`[?&]${MARK}\\d+$`), "")

/** Fills an `about:blank` iframe, which inherits the policy of the page, with one picture. */
export const measurePick = async (
  frame: HTMLIFrameElement,
  attributes: ImgAttributes,
  mark: string,
): Promise<Picked> => {
  const { contentDocument: page, contentWindow: view } = frame
  if (!page || !view) throw new Error("Expected an iframe in the document.")
  const image = page.createElement("img")
  image.alt = "Preview"
  page.body.style.margin = "0"
  image.style.cssText = "display: block; width: 100%; height: auto;"
  page.body.replaceChildren(image)
  image.sizes = "100vw"
  const loaded = new Promise((done) => {
    image.addEventListener("load", done)
    image.addEventListener("error", done)
  })
  if (attributes.srcset) image.srcset = withMark(attributes.srcset, mark)
  else image.src = attributes.src
  await loaded
  return {
    url: withoutMark(image.currentSrc),
    density: view.devicePixelRatio,
    viewport: view.innerWidth,
    shownWidth: image.getBoundingClientRect().width,
  }
}
