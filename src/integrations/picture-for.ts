/** Responsible for the client's picture, for frameworks that print a `<picture>`. */
import type { ImgOptions, Picture } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Format } from "../sizes/format.ts"

/** The sources and the image. With a `format` there are no sources, and the image has that format. */
export const pictureFor = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  options: ImgOptions<Name, Explicit>,
): Picture => (options.format ? { sources: [], img: photos.img(original, options) } : photos.picture(original, options))
