/**
 * Responsible for PNGs of at most 256 colours, exactly as the pixels are. The image library's quantiser is made for more colours: it takes
 * three times as long, and sets a resolution that no browser reads.
 *
 * Source: PNG, third edition, §11.2.1 (PLTE), §11.3.1.1 (tRNS), §7.2 (rows of indices), §9.2 (filter type 0).
 */
import { deflateSync } from "node:zlib"

import { pngChunk } from "./normalise/png.ts"
import type { Frame } from "./steps/frame.ts"

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1")
const PALETTE_TYPE = 3
const OPAQUE = 255

/** A colour as one number: alpha, red, green, blue from the highest byte. Invisible colours are one. */
export const colourAt = ({ data, channels }: Frame, at: number): number => {
  const alpha = channels === 4 ? (data[at + 3] ?? 0) : OPAQUE
  if (alpha === 0) return 0
  return alpha * 0x1_00_00_00 + (data[at] ?? 0) * 0x1_00_00 + (data[at + 1] ?? 0) * 0x1_00 + (data[at + 2] ?? 0)
}

/** All colours; translucent ones first, so that tRNS is short. */
const paletteOf = (pixels: Frame): readonly number[] => {
  const colours = new Set<number>()
  let last = -1
  for (let at = 0; at < pixels.data.length; at += pixels.channels) {
    const colour = colourAt(pixels, at)
    if (colour !== last) colours.add(colour)
    last = colour
  }
  return [...colours].toSorted((a, b) => a - b)
}

/** Bits of an index. */
const bitsFor = (colours: number): 1 | 2 | 4 | 8 => (colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8)

const rowsOf = (pixels: Frame, palette: readonly number[], bits: number): Buffer => {
  const { width, height, channels } = pixels
  const indices = new Map(palette.map((colour, index) => [colour, index]))
  const rowBytes = 1 + Math.ceil((width * bits) / 8)
  const rows = Buffer.alloc(rowBytes * height)
  let [last, index] = [-1, 0]
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const colour = colourAt(pixels, at)
      if (colour !== last) index = indices.get(colour) ?? 0
      last = colour
      const place = y * rowBytes + 1 + ((x * bits) >> 3)
      rows[place] = (rows[place] ?? 0) | (index << (8 - bits - ((x * bits) & 7)))
    }
  }
  return rows
}

/** @param pixels of at most 256 colours */
export const encodeIndexedPng = (pixels: Frame): Uint8Array => {
  const palette = paletteOf(pixels)
  const bits = bitsFor(palette.length)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(pixels.width, 0)
  head.writeUInt32BE(pixels.height, 4)
  head[8] = bits
  head[9] = PALETTE_TYPE
  const entries = Buffer.from(palette.flatMap((colour) => [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255]))
  const alphas = Buffer.from(
    palette.map((colour) => Math.floor(colour / 0x1_00_00_00)).filter((alpha) => alpha < OPAQUE),
  )
  return Buffer.concat([
    SIGNATURE,
    pngChunk("IHDR", [head]),
    pngChunk("PLTE", [entries]),
    ...(alphas.length > 0 ? [pngChunk("tRNS", [alphas])] : []),
    pngChunk("IDAT", [deflateSync(rowsOf(pixels, palette, bits), { level: 9, memLevel: 9 })]),
    pngChunk("IEND", []),
  ])
}

/** Bytes of the signature and IHDR, which come first. */
const HEAD_BYTES = 33
const RESOLUTION_BYTES = 21

/** The same PNG without the resolution that libvips writes behind IHDR. */
export const withoutResolution = (png: Buffer): Uint8Array =>
  png.toString("latin1", HEAD_BYTES + 4, HEAD_BYTES + 8) === "pHYs"
    ? Buffer.concat([png.subarray(0, HEAD_BYTES), png.subarray(HEAD_BYTES + RESOLUTION_BYTES)])
    : png
