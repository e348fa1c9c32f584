/** Responsible for small valid pictures of every format that is decoded. The damaged ones are made from them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { deflateSync } from "node:zlib"

import type { Sharp } from "sharp"

import { withPngChunk } from "../image/profiles.ts"
import { scene } from "../image/support.ts"
import { animated, flat, quadrants, withAlpha } from "../support/photos.ts"

/** Whole files above this would make each trial slow. */
const MAX_BYTES = 90_000

const small = (): Sharp => scene({ width: 61, height: 47 })
const wide = (): Sharp => scene({ width: 160, height: 120, grain: 2 })

const TIFFS = ["none", "lzw", "deflate", "packbits", "jpeg", "webp"] as const

const made = (): readonly Promise<Buffer>[] => [
  quadrants({ width: 64, height: 48 }),
  quadrants({ width: 64, height: 48, orientation: 6 }),
  small().jpeg({ progressive: true }).toBuffer(),
  small().grayscale().jpeg().toBuffer(),
  small().toColourspace("cmyk").jpeg().toBuffer(),
  small()
    .withExif({ IFD0: { Make: "x" }, IFD3: { GPSLatitude: "51/1 30/1 3230/100" } })
    .withIccProfile("p3")
    .jpeg()
    .toBuffer(),
  wide().jpeg({ mozjpeg: true }).toBuffer(),
  small().png().toBuffer(),
  withText(),
  small().png({ progressive: true }).toBuffer(),
  small().png({ palette: true, colours: 16 }).toBuffer(),
  small().toColourspace("rgb16").png().toBuffer(),
  small()
    .withIccProfile("p3")
    .withExif({ IFD0: { Make: "x" } })
    .png()
    .toBuffer(),
  withAlpha({ width: 40, height: 30 }),
  small().webp().toBuffer(),
  small().webp({ lossless: true }).toBuffer(),
  small()
    .withIccProfile("p3")
    .withExif({ IFD0: { Make: "x" } })
    .webp()
    .toBuffer(),
  withAlpha({ width: 40, height: 30, format: "webp" }),
  animated({ width: 40, height: 30, format: "webp" }),
  small().avif({ effort: 0 }).toBuffer(),
  wide().avif({ effort: 0, lossless: true }).toBuffer(),
  small()
    .withIccProfile("p3")
    .withExif({ IFD0: { Make: "x" } })
    .avif({ effort: 0 })
    .toBuffer(),
  withAlpha({ width: 40, height: 30, format: "avif" }),
  small().gif().toBuffer(),
  flat({ width: 30, height: 20, format: "gif" }),
  animated({ width: 40, height: 30 }),
  ...TIFFS.map((compression) => small().tiff({ compression }).toBuffer()),
  small().grayscale().threshold().toColourspace("b-w").tiff({ compression: "ccittfax4", bitdepth: 1 }).toBuffer(),
  small().tiff({ tile: true, tileWidth: 16, tileHeight: 16, pyramid: true }).toBuffer(),
  small().toColourspace("rgb16").tiff({ compression: "deflate", predictor: "horizontal" }).toBuffer(),
  small().toColourspace("lab").tiff().toBuffer(),
  small().tiff({ bigtiff: true }).toBuffer(),
  withAlpha({ width: 40, height: 30, format: "tiff" }),
]

/** A text that unpacks to a thousand times its length, of which damage makes many. */
const withText = async (): Promise<Buffer> => {
  const text = Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(Buffer.alloc(1_000_000))])
  return withPngChunk(await small().png().toBuffer(), "zTXt", text)
}

/** The small files of the image corpus, where there is one: see test/image/corpus.test.ts. */
const found = (): readonly Buffer[] => {
  const folder = join(resolve(process.env["IMGTAILOR_CORPUS"] ?? "../shared/corpus"), "files")
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
  return files
    .toSorted()
    .filter((file) => statSync(file).isFile() && statSync(file).size <= MAX_BYTES)
    .map((file) => readFileSync(file))
}

export const wholePictures = async (): Promise<readonly Buffer[]> => [...(await Promise.all(made())), ...found()]
