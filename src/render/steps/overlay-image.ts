/**
 * Responsible for the pixels of overlays: each file is decoded, or rasterised, and resized once for each width in a process.
 *
 * Files of overlays come from the configuration and are checked when it is loaded (config/assets.ts), unlike originals.
 */
import type { Sharp } from "sharp"

import { createLru } from "../../lru.ts"
import type { Dimensions } from "../../sizes/size.ts"
import { loadSharp, withLoader } from "../sharp.ts"
import { sniff } from "../sniff.ts"
import { type Frame, toFrame, toImage, withAlpha } from "./frame.ts"

/** How an overlay is resized. */
export interface OverlaySize {
  /** In pixels; undefined for the picture's own width. */
  readonly width: number | undefined
  /** It is made smaller to fit. */
  readonly max: Dimensions
  /** 0 to 1. */
  readonly opacity: number
}

/** Each is at most as large as an output. */
const MAX_PREPARED = 16

/** SVG has a size in CSS pixels at this density. */
const CSS_DENSITY = 72
const MAX_DENSITY = 2400

const SVG_LOADER = "VipsForeignLoadSvg"

const isSvg = (bytes: Uint8Array): boolean => {
  const sniffed = sniff(bytes)
  return "unsupported" in sniffed && sniffed.unsupported === "SVG"
}

/** Dimensions in a box, in the ratio of a picture. */
const fitted = (own: Dimensions, { width = own.width, max }: OverlaySize): Dimensions => {
  const height = (width * own.height) / own.width
  const scale = Math.min(1, max.width / width, max.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** The decoder of SVG is blocked in this process except for the moment of rasterising an overlay: no original may reach it. */
const rasterise = (bytes: Uint8Array, size: OverlaySize): Promise<Frame> =>
  withLoader(SVG_LOADER, async (makeImage) => {
    const own = await makeImage(bytes, {}).metadata()
    const { width, height } = fitted(own, size)
    const density = Math.min(MAX_DENSITY, Math.max(1, (CSS_DENSITY * width) / own.width))
    return toFrame(makeImage(bytes, { density }).resize(width, height, { fit: "fill" }))
  })

const decode = async (bytes: Uint8Array, size: OverlaySize): Promise<Frame> => {
  const makeImage = await loadSharp()
  const open = (): Sharp => makeImage(bytes, { failOn: "error" }).autoOrient()
  const { autoOrient } = await open().metadata()
  const { width, height } = fitted(autoOrient, size)
  return toFrame(open().resize(width, height, { fit: "fill" }))
}

const withOpacity = (frame: Frame, opacity: number): Frame => {
  if (opacity === 1) return withAlpha(frame)
  const { width, height, data } = withAlpha(frame)
  const faded = new Uint8Array(data)
  for (let at = 3; at < faded.length; at += 4) faded[at] = Math.round((faded[at] ?? 0) * opacity)
  return { data: faded, width, height, channels: 4 }
}

const prepared = createLru<Promise<Frame>>(MAX_PREPARED)

/** Pixels of an overlay with alpha. @param digest SHA-256 of the file */
export const prepareOverlay = (digest: string, bytes: Uint8Array, size: OverlaySize): Promise<Frame> => {
  const name = `${digest} ${size.width ?? ""} ${size.max.width}x${size.max.height} ${size.opacity}`
  const known = prepared.get(name)
  if (known) return known
  const frame = (isSvg(bytes) ? rasterise(bytes, size) : decode(bytes, size)).then((decoded) =>
    withOpacity(decoded, size.opacity),
  )
  prepared.set(name, frame)
  frame.catch(() => prepared.delete(name))
  return frame
}

/** One tile: the overlay with a transparent gap to the right and below. */
export const withGap = async (frame: Frame, gap: number): Promise<Frame> =>
  gap === 0
    ? frame
    : toFrame((await toImage(frame)).extend({ right: gap, bottom: gap, background: { r: 0, g: 0, b: 0, alpha: 0 } }))
