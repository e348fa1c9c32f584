/**
 * Photos for tests, made on the spot: their colours are known at every place, so a test can say where a colour must be afterwards.
 * Orientation is done here by arithmetic on single pixels, so that no test checks the image library against itself.
 */
import sharp, { type Metadata, type Sharp } from "sharp"

/** Red, green and blue, each 0 to 255. */
export type Colour = readonly [number, number, number]

export type PhotoFormat = "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff"

/** EXIF orientation: 1 is upright, 5 to 8 are stored lying on their side. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

export const ORIENTATIONS: readonly Orientation[] = [1, 2, 3, 4, 5, 6, 7, 8]

export const RED: Colour = [220, 40, 40]
export const GREEN: Colour = [40, 180, 60]
export const BLUE: Colour = [40, 70, 210]
export const YELLOW: Colour = [230, 210, 50]

/** Finest settings, so that a colour comes back as it went in. */
const ENCODE: Readonly<Record<PhotoFormat, (image: Sharp) => Sharp>> = {
  jpeg: (image) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  png: (image) => image.png(),
  webp: (image) => image.webp({ quality: 95, effort: 0 }),
  avif: (image) => image.avif({ quality: 80, effort: 0, chromaSubsampling: "4:4:4" }),
  gif: (image) => image.gif({ effort: 1 }),
  tiff: (image) => image.tiff({ compression: "lzw" }),
}

interface Extent {
  readonly width: number
  readonly height: number
}

/** Where a pixel of the upright picture is stored: EXIF 2.32, tag 0x0112. */
const STORED_AT: Readonly<Record<Orientation, (x: number, y: number, extent: Extent) => readonly [number, number]>> = {
  1: (x, y) => [x, y],
  2: (x, y, { width }) => [width - 1 - x, y],
  3: (x, y, { width, height }) => [width - 1 - x, height - 1 - y],
  4: (x, y, { height }) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, { width }) => [y, width - 1 - x],
  7: (x, y, { width, height }) => [height - 1 - y, width - 1 - x],
  8: (x, y, { height }) => [height - 1 - y, x],
}

export interface FlatOptions {
  readonly width?: number
  readonly height?: number
  readonly colour?: Colour
  readonly format?: PhotoFormat
}

/** One colour all over. */
export const flat = async ({
  width = 400,
  height = 300,
  colour = RED,
  format = "jpeg",
}: FlatOptions = {}): Promise<Buffer> => {
  const [r, g, b] = colour
  return ENCODE[format](sharp({ create: { width, height, channels: 3, background: { r, g, b } } })).toBuffer()
}

export interface PaintOptions extends Extent {
  /** The colour of a pixel of the upright picture. */
  readonly colourOf: (x: number, y: number) => Colour
  /** How it is stored; 1 writes no EXIF at all. @default 1 */
  readonly orientation?: Orientation
  readonly format?: PhotoFormat
}

/** A picture whose every upright pixel is given; `width` and `height` are upright. */
export const paint = async ({
  width,
  height,
  colourOf,
  orientation = 1,
  format = "jpeg",
}: PaintOptions): Promise<Buffer> => {
  const isLying = orientation >= 5
  const stored = isLying ? { width: height, height: width } : { width, height }
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = STORED_AT[orientation](x, y, { width, height })
      pixels.set(colourOf(x, y), (row * stored.width + column) * 3)
    }
  }
  const image = sharp(pixels, { raw: { ...stored, channels: 3 } })
  return ENCODE[format](orientation === 1 ? image : image.withMetadata({ orientation })).toBuffer()
}

export interface QuadrantsOptions {
  /** Upright. */
  readonly width?: number
  readonly height?: number
  readonly orientation?: Orientation
  readonly format?: PhotoFormat
}

/** Upright: top left red, top right green, bottom left blue, bottom right yellow. */
export const quadrants = ({
  width = 400,
  height = 300,
  orientation = 1,
  format = "jpeg",
}: QuadrantsOptions = {}): Promise<Buffer> =>
  paint({
    width,
    height,
    orientation,
    format,
    colourOf: (x, y) => (y < height / 2 ? (x < width / 2 ? RED : GREEN) : x < width / 2 ? BLUE : YELLOW),
  })

export interface AlphaOptions {
  readonly width?: number
  readonly height?: number
  readonly colour?: Colour
  readonly format?: "png" | "webp" | "avif" | "tiff"
}

/** Left half opaque in one colour, right half fully transparent (over black, as many programs leave it). */
export const withAlpha = async ({
  width = 400,
  height = 300,
  colour = RED,
  format = "png",
}: AlphaOptions = {}): Promise<Buffer> => {
  const pixels = Buffer.alloc(width * height * 4)
  for (let y = 0; y < height; y++) for (let x = 0; x < width / 2; x++) pixels.set([...colour, 255], (y * width + x) * 4)
  return ENCODE[format](sharp(pixels, { raw: { width, height, channels: 4 } })).toBuffer()
}

export interface AnimatedOptions {
  /** Of one frame. */
  readonly width?: number
  readonly height?: number
  /** One frame each. */
  readonly colours?: readonly Colour[]
  readonly delayMs?: number
  /** 0 is for ever. */
  readonly loop?: number
  readonly format?: "gif" | "webp"
}

/** A film of flat frames. */
export const animated = async ({
  width = 200,
  height = 150,
  colours = [RED, GREEN, BLUE],
  delayMs = 100,
  loop = 0,
  format = "gif",
}: AnimatedOptions = {}): Promise<Buffer> => {
  const frames = colours.map((colour) => {
    const frame = Buffer.alloc(width * height * 3)
    for (let at = 0; at < frame.length; at += 3) frame.set(colour, at)
    return frame
  })
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const
  const film = sharp(Buffer.concat(frames), { raw })
  const timing = { delay: colours.map(() => delayMs), loop }
  return (format === "gif" ? film.gif({ ...timing, effort: 1 }) : film.webp({ ...timing, effort: 0 })).toBuffer()
}

/** A picture that does not compress; the same for the same seed. A PNG of it has about three bytes a pixel. */
export const noise = ({
  width = 800,
  height = 600,
  seed = 1,
  format = "png",
}: {
  readonly width?: number
  readonly height?: number
  readonly seed?: number
  readonly format?: PhotoFormat
} = {}): Promise<Buffer> => {
  let state = seed >>> 0 || 1
  const next = (): number => {
    // Xorshift: a test must not depend on chance.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 255
  }
  return paint({ width, height, format, colourOf: () => [next(), next(), next()] })
}

/** What an image's header says; also proves that there is one. */
export const describe = (bytes: Uint8Array): Promise<Metadata> => sharp(bytes).metadata()

/** Decodes all of it; rejects where any of it is missing or damaged. */
export const decodeWhole = async (bytes: Uint8Array): Promise<Extent> => {
  const { info } = await sharp(bytes, { failOn: "warning", pages: -1 }).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height }
}

/**
 * The mean colour of a patch of 5 × 5 pixels around a place, as the pixels are stored (no EXIF orientation is applied).
 * @param x 0 (left edge) to 1 (right edge)
 * @param y 0 (top edge) to 1 (bottom edge)
 * @param frame of an animation
 */
export const colourAt = async (
  bytes: Uint8Array,
  x: number,
  y: number,
  frame = 0,
): Promise<readonly [number, number, number]> => {
  const { data, info } = await sharp(bytes, { page: frame })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const clamp = (value: number, end: number): number => Math.min(end - 1, Math.max(0, value))
  const centre = [Math.floor(x * info.width), Math.floor(y * info.height)] as const
  const sum = [0, 0, 0]
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const at = (clamp(centre[1] + dy, info.height) * info.width + clamp(centre[0] + dx, info.width)) * info.channels
      for (let channel = 0; channel < 3; channel++)
        sum[channel] = (sum[channel] ?? 0) + (data[at + (info.channels < 3 ? 0 : channel)] ?? 0)
    }
  }
  return [(sum[0] ?? 0) / 25, (sum[1] ?? 0) / 25, (sum[2] ?? 0) / 25]
}

/** The largest difference of two colours in one channel. */
export const colourDistance = (a: Colour, b: Colour): number =>
  Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]), Math.abs(a[2] - b[2]))
