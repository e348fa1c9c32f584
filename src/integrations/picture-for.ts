/** A picture as the client has it, for frameworks that print a `<picture>`: of one that is asked for in a format, that format alone. */
import type { ImgOptions, Picture } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import type { Format } from "../sizes/format.ts"

/** Its sources, none where a format is asked for, and its image. */
export const pictureFor = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
  original: string,
  options: ImgOptions<Name, Explicit>,
): Picture => (options.format ? { sources: [], img: photos.img(original, options) } : photos.picture(original, options))
