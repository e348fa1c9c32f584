/** Responsible for the description of an original that pages can fetch: the body of `<dir>/info/<file>.json`. */
import type { Format } from "./format.ts"
import type { Dimensions } from "./size.ts"

/** The description of an original. Width and height are in pixels, of one frame, after EXIF orientation. */
export interface Info extends Dimensions {
  /** The original's format, by its bytes; formats that browsers do not show are possible, too. */
  readonly format: Format | "tiff" | "heic" | "jxl"
  /** Width and height after `trim`, by its tolerance (`true` is 10). Only where a size has the option. */
  readonly trimmed?: Readonly<Record<number, Dimensions>>
  /** Size of the original. */
  readonly byteLength: number
  /** True if the base rendition is animated. */
  readonly animated: boolean
  /** `data:` URL of a WebP of at most 16 pixels a side. */
  readonly placeholder: string
  /** `#rrggbb`: the most frequent colour, with transparent pixels over the background. */
  readonly dominantColour: string
}
