/** Responsible for preloading the largest image of a page, before the browser finds it in the page. */
import type { Attributes, Picture, SourceAttributes } from "./attributes.ts"

/** Attributes of a `<link>`, in the spelling of HTML. */
export interface PreloadAttributes {
  readonly rel: "preload"
  readonly as: "image"
  readonly imagesrcset: string
  readonly imagesizes?: string
  readonly type?: string
  readonly media?: string
  readonly fetchpriority: "high"
}

type Source = Partial<SourceAttributes> & Pick<SourceAttributes, "srcset">

/** A condition that excludes the queries of the sources before: a browser uses the first source that matches. */
const mediaAfter = (earlier: readonly string[], media: string | undefined): string | undefined =>
  [...earlier.map((query) => `(not (${query.replace(/, */g, " or ")}))`), ...(media ? [media] : [])].join(" and ") ||
  undefined

const toLink = ({ srcset, sizes, type }: Source, media: string | undefined): PreloadAttributes => ({
  rel: "preload",
  as: "image",
  imagesrcset: srcset,
  ...(sizes && { imagesizes: sizes }),
  ...(type && { type }),
  ...(media && { media }),
  fetchpriority: "high",
})

/**
 * Attributes of the `<link>` elements that preload an image: one, or one for each media query of a picture with several sources. The first
 * format is preloaded, and browsers that do not support it ignore the link.
 * @param image attributes of an `<img>` or of a `<picture>`, which needs `priority` too
 * @example
 * const hero = photos.picture("shop/hero.jpg", { shape: "1280w", info, priority: true })
 * preload(hero) // [{ rel: "preload", as: "image", imagesrcset: "…", imagesizes: "100vw", type: "image/avif", fetchpriority: "high" }]
 */
export const preload = (image: Picture | Attributes): readonly PreloadAttributes[] => {
  const sources: readonly Source[] = "img" in image ? [...image.sources, image.img] : [image]
  const earlier: string[] = []
  return sources.flatMap((source, at) => {
    const { media } = source
    if (sources.findIndex((other) => other.media === media) < at) return []
    const link = toLink(source, mediaAfter(earlier, media))
    if (media) earlier.push(media)
    return [link]
  })
}
