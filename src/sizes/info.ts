/** What pages may know of an original. */
import type { Format } from "./format.ts"
import type { Dimensions } from "./size.ts"

/** The body of `<dir>/info/<file>.json`; width and height are upright, in pixels, of one frame. */
export interface Info extends Dimensions {
  /** Of the original, by its bytes; "tiff" too. */
  readonly format: Format | "tiff"
  /** Length of the original. */
  readonly byteLength: number
  /** Whether its base rendition moves. */
  readonly animated: boolean
  /** `data:` address of a WebP of at most 16 pixels a side. */
  readonly placeholder: string
  /** `#rrggbb` of what covers most of it, over the background. */
  readonly dominantColour: string
}
