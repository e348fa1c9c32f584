/** Responsible for the types of what is known of an original before it is decoded: facts from its header, and the limits on them. */
import type { Container, Format } from "../sizes/format.ts"
import type { Dimensions } from "../sizes/size.ts"

/** Limits on originals, each checked against the header. */
export interface InspectLimits {
  /** Width × height of one frame. */
  readonly pixels: number
  /** Frames × pixels up to which an animation stays one; above it, the first frame is taken. */
  readonly animationPixels: number
}

/** Facts from the header. */
export interface Inspected {
  readonly container: Container
  /** The kind of the file, where its pixels were decoded before and reach the image library in another container. */
  readonly decoder?: "heic" | "jxl" | undefined
  /** "other" for a format that browsers do not show (TIFF). */
  readonly format: Format | "other"
  /** Upright, one frame. */
  readonly dimensions: Dimensions
  readonly frames: number
  /** More than one frame, and few enough to keep them. */
  readonly animated: boolean
  /** The file is an animation, perhaps of one frame: each frame is drawn onto a whole canvas. */
  readonly isAnimation: boolean
  /** Alpha may still be opaque everywhere. */
  readonly hasAlpha: boolean
  /** One channel of colour. */
  readonly isGrey: boolean
  /** Entries of its palette or its greys, 2 to 256; undefined where it may have more colours. */
  readonly colours?: number | undefined
  /** Rotated or mirrored by EXIF. */
  readonly isTurned: boolean
  /** Has to be turned to sRGB before it is resized, since libvips does not convert it rightly afterwards. */
  readonly needsSrgbFirst: boolean
  /** The pixels are converted to sRGB after they were resized, rather than by libvips. */
  readonly isConverted: boolean
  /** The whole picture is decoded and corrected before it is resized. */
  readonly isPrepared: boolean
  /** Coded without loss: a rendition without loss may be the lightest. */
  readonly isLossless: boolean
  /** Chroma may have the resolution of luma. */
  readonly hasFullChroma: boolean
  /** JPEG: progressive; PNG: interlaced. */
  readonly isProgressive: boolean
  /** Decoded channels, 1 to 5. */
  readonly channels: number
  /** Bytes of a decoded sample: 1, 2 or 4. */
  readonly bytesPerSample: number
  /** Samples that are coded for a pixel: 1.5 for a JPEG with 4:2:0, else the channels. */
  readonly samplesPerPixel: number
  /** Pixels that are decoded: of one frame, or of all where the animation is kept. */
  readonly decodedPixels: number
  /** Length of the original. */
  readonly byteLength: number
}
