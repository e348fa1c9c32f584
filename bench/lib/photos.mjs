// Generated photos to measure with: soft shapes, hard edges and grain, so that they compress like photos of a camera.
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import sharp from "sharp"

/** Pseudo-random numbers, the same on each run (mulberry32). */
const generator = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const field = (random, width, height, kernel, w, h) =>
  sharp(Buffer.from(Array.from({ length: width * height * 3 }, () => random() * 255)), {
    raw: { width, height, channels: 3 },
  })
    .resize(w, h, { kernel, fit: "fill" })
    .png({ compressionLevel: 0 })
    .toBuffer()

/** RGB pixels of a generated photo: 8-bit, row-major. */
export const pixels = async (width, height, seed = 1) => {
  const random = generator(seed)
  const soft = await field(random, 12, 9, "cubic", width, height)
  const detail = await field(random, 160, 120, "cubic", width, height)
  const edges = await field(random, 40, 30, "nearest", width, height)
  const grain = await sharp({
    create: { width, height, channels: 3, background: "#808080", noise: { type: "gaussian", mean: 128, sigma: 9 } },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
  return sharp(soft)
    .composite([
      { input: detail, blend: "soft-light" },
      { input: edges, blend: "soft-light" },
      { input: grain, blend: "soft-light" },
    ])
    .removeAlpha()
    .raw()
    .toBuffer()
}

const ENCODE = {
  jpg: (image) => image.jpeg({ quality: 90 }),
  /** With an embedded sRGB profile. */
  "profile.jpg": (image) => image.jpeg({ quality: 90 }).withIccProfile("srgb"),
  /** Stored lying on its side, as phones do. */
  "portrait.jpg": (image) => image.jpeg({ quality: 90 }).withMetadata({ orientation: 6 }),
  "progressive.jpg": (image) => image.jpeg({ quality: 90, progressive: true }),
  png: (image) => image.png(),
  webp: (image) => image.webp({ quality: 90, effort: 2 }),
  avif: (image) => image.avif({ quality: 70, effort: 0 }),
  tif: (image) => image.tiff({ compression: "lzw" }),
}

/**
 * Writes a photo, unless it exists, and returns its path.
 * @param kind a key of ENCODE
 */
export const photo = async (folder, name, width, height, kind = "jpg", seed = 1) => {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.${kind}`)
  if (existsSync(path)) return path
  const raw = { width, height, channels: 3 }
  writeFileSync(
    path,
    await ENCODE[kind](sharp(await pixels(width, height, seed), { raw, limitInputPixels: false })).toBuffer(),
  )
  return path
}
