/** Responsible for pictures with other parts of the photo, or other sizes, on some screens. */
import type { Format } from "../sizes/format.ts"
import type { ImgOptions, Picture, SourceAttributes } from "./attributes.ts"

/** Another part of a photo, or another size of it, for some screens. All other options are those of the picture. */
export interface ArtDirection<Name extends string> {
  /** A media query: `(max-width: 600px)`. The first that matches is used. */
  readonly media: string
  readonly shape: Name
  readonly width?: number | undefined
  readonly sizes?: string | undefined
}

/** How a picture is displayed. */
export interface PictureOptions<Name extends string, Explicit extends Format> extends Omit<
  ImgOptions<Name, Explicit>,
  "format"
> {
  readonly sources?: readonly ArtDirection<Name>[] | undefined
}

/** The part of a client that makes pictures. */
interface PictureMaker<Name extends string, Explicit extends Format> {
  readonly picture: (original: string, options: Omit<ImgOptions<Name, Explicit>, "format">) => Picture
}

/** The sources of one part: each format, and the original's own or the negotiated one. All have its dimensions, which reserve the space. */
const sourcesFor = (media: string, { sources, img }: Picture): readonly SourceAttributes[] => {
  const { srcset, sizes, width, height } = img
  const all = [...sources, { srcset, ...(sizes && { sizes }) }]
  return all.map((source) => Object.assign({ media }, source, { width, height }))
}

/**
 * Attributes of a `<picture>` that shows other parts of the photo, or other sizes, on some screens.
 * @param photos a client, from `createClient`
 * @throws {TypeError} like the client's `picture`
 * @example
 * const sources = [{ media: "(max-width: 600px)", shape: "400x400" }] as const
 * const { sources, img } = artDirected(photos, "shop/hero.jpg", { shape: "1600x400", sources })
 */
export const artDirected = <Name extends string, Explicit extends Format>(
  photos: PictureMaker<Name, Explicit>,
  original: string,
  { sources = [], ...options }: PictureOptions<Name, Explicit>,
): Picture => {
  const others = sources.flatMap(({ media, ...other }) =>
    sourcesFor(media, photos.picture(original, { ...options, ...other })),
  )
  const main = photos.picture(original, options)
  return { ...main, sources: [...others, ...main.sources] }
}
