/**
 * Helpers for the tests of pixels: rendering an original through the product, reading a rendition back without it, and generated scenes.
 */
import sharp, { type Sharp } from "sharp"

import { codeOf } from "../../src/errors.ts"
import type { Inspected, InspectLimits } from "../../src/render/inspected.ts"
import { createRenderer } from "../../src/render/render.ts"
import type { Rendered } from "../../src/render/renderer.ts"
import type { Format } from "../../src/sizes/format.ts"
import { parseSizeList, type Size } from "../../src/sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, type RenderSettings } from "../../src/sizes/recipe.ts"
import type { Gravity } from "../../src/sizes/size.ts"

export const LIMITS: InspectLimits = { pixels: 100_000_000, animationPixels: 100_000_000 }

export const SETTINGS: RenderSettings = {
  quality: DEFAULT_QUALITY,
  background: "#ffffff",
  animationPixels: LIMITS.animationPixels,
}

/** A size as parsed from a list with this one entry. */
export const sizeOf = (size: string, gravity?: Gravity): Size => {
  const parsed = parseSizeList([gravity ? { size, name: "named", gravity } : size])
  if (!("list" in parsed)) throw new Error(`Expected a size, got ${JSON.stringify(parsed.problems)}`)
  return parsed.list[0]
}

export interface RenditionOptions {
  /** @default "480h" */
  readonly size?: string
  readonly gravity?: Gravity
  /** An explicit format. @default the original's format */
  readonly requested?: Format | undefined
  readonly settings?: Partial<RenderSettings>
  readonly limits?: Partial<InspectLimits>
}

export interface RenditionResult extends Rendered {
  readonly original: Inspected
}

/** Renders one rendition of an original. */
export const rendition = async (bytes: Uint8Array, options: RenditionOptions = {}): Promise<RenditionResult> => {
  const { size = "480h", gravity, requested, settings, limits } = options
  const session = await createRenderer({ ...LIMITS, ...limits }).open(bytes)
  const recipe = imageRecipe(sizeOf(size, gravity), requested, { ...SETTINGS, ...settings })
  return { original: session.inspected, ...(await session.render(recipe)) }
}

/** The error for a rejected original, or undefined if it is rendered. Throws all other errors. */
export const rejection = async (
  bytes: Uint8Array,
  options: RenditionOptions = {},
): Promise<{ readonly code: string; readonly detail: string } | undefined> => {
  try {
    await rendition(bytes, options)
    return undefined
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || !(error instanceof Error) || !("detail" in error)) throw error
    return { code, detail: String(error.detail) }
  }
}

/** Red, green, blue and straight alpha of one pixel, each 0 to 255. */
export type Pixel = readonly [number, number, number, number]

export interface Decoded {
  readonly width: number
  /** Height of one frame. */
  readonly height: number
  readonly frames: number
  /** A pixel by whole coordinates. Throws outside the image. */
  readonly at: (x: number, y: number, frame?: number) => Pixel
  /** Mean of 3 × 3 pixels around a place, in fractions of the sides, so that an encoder's noise hardly matters. */
  readonly around: (x: number, y: number, frame?: number) => Pixel
}

/**
 * Decodes all frames as stored: without applying orientation or profile. RGBA, 8-bit, straight alpha. Any warning about the file is an
 * error.
 */
export const decode = async (bytes: Uint8Array): Promise<Decoded> => {
  const options = { failOn: "warning", pages: -1, limitInputPixels: false, ignoreIcc: true } as const
  const { pageHeight } = await sharp(bytes, options).metadata()
  const image = sharp(bytes, options).toColourspace("srgb").ensureAlpha()
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const { width } = info
  const height = pageHeight ?? info.height
  const at = (x: number, y: number, frame = 0): Pixel => {
    if (x < 0 || y < 0 || x >= width || y >= height) throw new RangeError(`(${x}, ${y}) outside ${width} × ${height}`)
    const from = ((frame * height + y) * width + x) * 4
    const [r, g, b, alpha] = data.subarray(from, from + 4)
    if (r === undefined || g === undefined || b === undefined || alpha === undefined)
      throw new RangeError(`no frame ${frame}`)
    return [r, g, b, alpha]
  }
  const around = (fx: number, fy: number, frame = 0): Pixel => {
    const clamp = (value: number, side: number): number => Math.max(0, Math.min(side - 1, value))
    const sum: [number, number, number, number] = [0, 0, 0, 0]
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        const pixel = at(clamp(Math.floor(fx * width) + dx, width), clamp(Math.floor(fy * height) + dy, height), frame)
        for (const channel of [0, 1, 2, 3] as const) sum[channel] += pixel[channel]
      }
    }
    return [sum[0] / 9, sum[1] / 9, sum[2] / 9, sum[3] / 9]
  }
  return { width, height, frames: Math.round(info.height / height), at, around }
}

/** Largest difference in one channel between two colours, with or without alpha. */
export const maxDifference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...Array.from({ length: Math.min(a.length, b.length) }, (_, at) => Math.abs((a[at] ?? 0) - (b[at] ?? 0))))

/** Pseudo-random numbers from 0 to below 1 (mulberry32), so that a failure can be repeated. */
export const seeded = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

export interface SceneOptions {
  readonly width: number
  readonly height: number
  /** Colour of a band over the lowest tenth, which shows if the last rows are present. */
  readonly band?: readonly [number, number, number]
  /** Amount of grain, 0 to 255. @default 12 */
  readonly grain?: number
}

const clampByte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)))

/** Colour of the scene without light and grain, at a place in fractions of the sides. */
const sceneColour = (u: number, v: number): readonly [number, number, number] => {
  const isHouse = u > 0.3 && u < 0.7 && v > 0.4
  if (isHouse) return Math.floor(u * 20) % 2 === 0 && Math.floor(v * 12) % 2 === 0 ? [60, 70, 90] : [190, 150, 120]
  return v < 0.6 ? [110, 150, 210] : [90, 140, 70]
}

/** An image between photo and test card, with soft light, edges and grain. */
export const scene = ({ width, height, band, grain = 12 }: SceneOptions): Sharp => {
  const random = seeded(width * 7919 + height)
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height]
      const light = 40 * Math.sin(u * 5 + v * 3) + (random() - 0.5) * 2 * grain
      const lit = sceneColour(u, v).map((channel) => clampByte(channel + light))
      pixels.set(band && v >= 0.9 ? band : lit, (y * width + x) * 3)
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}
