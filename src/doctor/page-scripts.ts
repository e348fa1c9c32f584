/**
 * Responsible for the scripts that run inside a page, as text: this program has no types of the DOM. Each returns plain values.
 */
import { SRCSET_CANDIDATE } from "../logs/srcset.ts"
import type { Candidate, Display, PageImage } from "./measured-page.ts"

/** An image on the present screen. */
export interface ShownImage extends Omit<PageImage, "displays" | "candidates"> {
  readonly candidates: readonly Omit<Candidate, "naturalWidth">[]
  readonly display: Omit<Display, "screen" | "dpr">
}

/**
 * `candidatesOf` an image, as pairs of URL and descriptor, and `pictureOf` a URL: its dimensions in pixels. The `naturalWidth` of an image
 * in a page is divided by the density of the candidate.
 */
const HELPERS = String.raw`
  const toUrl = (text) => (URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI).href : text)
  const candidatesOf = (image) =>
    Array.from((image.getAttribute("srcset") ?? "").matchAll(${String(SRCSET_CANDIDATE)}), ([, url, descriptor = ""]) => ({
      url: toUrl(url),
      descriptor,
    }))
  const pictureOf = (url) =>
    new Promise((done) => {
      const picture = new Image()
      picture.onload = () => done({ width: picture.naturalWidth, height: picture.naturalHeight })
      picture.onerror = () => done(undefined)
      picture.src = url
    })
`

/** A GIF of one pixel. */
const PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="

/** All images of the page: {@link ShownImage}s. The last entry of the largest contentful paint is waited for. */
export const READ_IMAGES: string = String.raw`(async () => {
  ${HELPERS}
  const largest = await new Promise((done) => {
    const timer = setTimeout(() => done(undefined), 1000)
    new PerformanceObserver((list) => {
      clearTimeout(timer)
      done(list.getEntries().at(-1)?.element)
    }).observe({ type: "largest-contentful-paint", buffered: true })
  })
  // The browser reads the attribute: a picture of one pixel with the descriptor 1w is as wide as sizes declares.
  const declaredWidthOf = ({ sizes, loading }) =>
    new Promise((done) => {
      if (sizes === "" || (/^\s*auto\s*(,|$)/i.test(sizes) && loading === "lazy")) return done(undefined)
      const probe = new Image()
      probe.onload = () => done(probe.naturalWidth)
      probe.onerror = () => done(undefined)
      probe.sizes = sizes
      probe.srcset = "${PIXEL} 1w"
    })
  const read = async (image) => {
    const picture = image.complete && image.naturalWidth > 0 ? await pictureOf(image.currentSrc) : undefined
    const rect = image.getBoundingClientRect()
    const ratio = getComputedStyle(image).aspectRatio
    const attribute = (name) => image.getAttribute(name) ?? ""
    return {
      src: image.src,
      candidates: candidatesOf(image),
      sizes: attribute("sizes"),
      loading: attribute("loading"),
      width: attribute("width"),
      height: attribute("height"),
      hasAspectRatio: /\d/.test(ratio) && !ratio.startsWith("auto"),
      display: {
        width: rect.width,
        height: rect.height,
        top: rect.top + scrollY,
        isInView: rect.top < innerHeight && rect.bottom > 0 && rect.width > 0,
        currentSrc: image.currentSrc,
        naturalWidth: picture?.width ?? 0,
        naturalHeight: picture?.height ?? 0,
        isComplete: image.complete,
        declaredWidth: await declaredWidthOf(image),
        isLargest: image === largest,
      },
    }
  }
  return Promise.all([...document.images].map(read))
})()`

/** The widths in pixels of the pictures behind the candidates of each image; undefined for one that cannot be loaded. */
export const READ_WIDTHS: string = String.raw`(async () => {
  ${HELPERS}
  const widthOf = async ({ url }) => (await pictureOf(url))?.width
  const all = []
  for (const image of document.images) all.push(await Promise.all(candidatesOf(image).map(widthOf)))
  return all
})()`
