/**
 * Responsible for the images of `serve --demo`: generated pottery, one image for each kind of original worth trying. A pot is a profile
 * (its radius at each height), lit from the upper left.
 *
 * Run as a program, it writes the images into the folder of its first argument: the server process never loads sharp.
 */
import { existsSync } from "node:fs"
import { mkdir, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { loadSharp, type MakeImage } from "../render/sharp.ts"

type Colour = readonly [number, number, number]

interface Scene {
  readonly width: number
  readonly height: number
  readonly clay: Colour
  readonly glaze: Colour
  readonly wall: Colour
  /** Radius at height 0 (rim) to 1 (foot), as a fraction of the image height. */
  readonly profile: (y: number) => number
  /** Draws only the pot, on a transparent background. */
  readonly isCutOut?: boolean
  /** Rotation of the pot, 0 to 1. */
  readonly turn?: number
}

const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
]

const smooth = (from: number, to: number, x: number): number => {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)))
  return t * t * (3 - 2 * t)
}

/** Noise that depends only on the position, so that the demo is the same everywhere. */
const grain = (x: number, y: number): number => {
  const hash = Math.imul(x * 374_761_393 + y * 668_265_263, 1_274_126_177)
  return ((hash >>> 24) & 255) / 255 - 0.5
}

const RIM = 0.22
const FOOT = 0.84

const background = ({ wall }: Scene, x: number, y: number, reach: number): Colour => {
  const light = 1.12 - 0.5 * Math.hypot(x + 0.35, y - 0.15)
  const table = smooth(0.7, 0.74, y)
  const lit = mix([wall[0] * light, wall[1] * light, wall[2] * light], [150 * light, 112 * light, 82 * light], table)
  const shadow = Math.exp(-((x - 0.06) ** 2) / (reach * reach * 1.4) - (y - FOOT) ** 2 / 0.0016)
  return mix(lit, [28, 20, 16], 0.6 * shadow * table)
}

/** Colour of the pot where its surface normal points to `nx` (-1 left, 1 right), at height `v` (0 rim, 1 foot). */
const surface = ({ clay, glaze, turn = 0 }: Scene, nx: number, v: number): Colour => {
  const nz = Math.sqrt(Math.max(0, 1 - nx * nx))
  const light = 0.28 + 0.85 * Math.max(0, -0.55 * nx + 0.72 * nz)
  const shine = 190 * Math.max(0, -0.42 * nx + 0.9 * nz) ** 42
  const drip = 0.52 + 0.07 * Math.sin(9 * Math.asin(nx) + 1.3 + turn * 2 * Math.PI) + 0.02 * Math.sin(23 * nx)
  const ring = 0.93 + 0.07 * Math.sin(v * 90)
  const [r, g, b] = mix(glaze, [clay[0] * ring, clay[1] * ring, clay[2] * ring], smooth(drip - 0.01, drip + 0.01, v))
  return [r * light + shine, g * light + shine, b * light + shine]
}

const toByte = (value: number): number => Math.min(255, Math.max(0, value))

/** Painted at half the width and height, which is four times faster and looks the same. */
const paint = (makeImage: MakeImage, scene: Scene): ReturnType<MakeImage> => {
  const { profile, isCutOut = false } = scene
  const [width, height] = [scene.width / 2, scene.height / 2]
  const channels = isCutOut ? 4 : 3
  const pixels = Buffer.alloc(width * height * channels)
  const reach = profile(0.6)
  const radiusAt = (y: number): number => (y > RIM && y < FOOT ? profile((y - RIM) / (FOOT - RIM)) : 0)
  for (let row = 0, at = 0; row < height; row++) {
    const y = row / height
    const radius = radiusAt(y)
    for (let column = 0; column < width; column++, at += channels) {
      const x = (column - width / 2) / height
      const isPot = Math.abs(x) < radius
      const colour = isPot ? surface(scene, x / radius, (y - RIM) / (FOOT - RIM)) : background(scene, x, y, reach)
      const noise = isCutOut ? 0 : 7 * grain(column, row)
      for (let channel = 0; channel < 3; channel++) pixels[at + channel] = toByte((colour[channel] ?? 0) + noise)
      if (isCutOut) pixels[at + 3] = isPot ? 255 : 0
    }
  }
  return makeImage(pixels, { raw: { width, height, channels } }).resize(scene.width, scene.height)
}

const VASE = (y: number): number =>
  0.085 + 0.13 * Math.sin(Math.PI * Math.min(1, y * 0.8 + 0.16)) ** 2 - 0.05 * smooth(0, 0.12, 0.12 - y)
const BOWL = (y: number): number => (y < 0.42 ? 0 : 0.33 * Math.sqrt(Math.max(0, 1 - ((y - 0.42) / 0.62) ** 2)))
const MUG = (y: number): number => (y < 0.15 ? 0 : 0.2 - 0.02 * smooth(0.85, 1, y))
const JAR = (y: number): number => 0.12 + 0.12 * smooth(0, 0.25, y) - 0.06 * smooth(0.75, 1, y)

const SAND: Colour = [196, 164, 130]
const TERRACOTTA: Colour = [178, 96, 66]

const FRAMES = 12

const animation = async (makeImage: MakeImage): Promise<Buffer> => {
  const scene = {
    width: 400,
    height: 400,
    clay: SAND,
    glaze: [52, 96, 120],
    wall: [214, 208, 196],
    profile: JAR,
  } as const
  const frames = await Promise.all(
    Array.from({ length: FRAMES }, (_, frame) =>
      paint(makeImage, { ...scene, turn: frame / FRAMES })
        .raw()
        .toBuffer(),
    ),
  )
  const raw = { width: scene.width, height: scene.height * FRAMES, channels: 3, pageHeight: scene.height } as const
  return makeImage(Buffer.concat(frames), { raw })
    .gif({ delay: frames.map(() => 90), loop: 0 })
    .toBuffer()
}

/** As a phone held upright stores it: rotated, with an EXIF orientation. */
const turned = async (makeImage: MakeImage, scene: Scene): Promise<Buffer> => {
  const upright = await paint(makeImage, scene).png({ compressionLevel: 0 }).toBuffer()
  return makeImage(upright, {}).rotate(-90).jpeg({ quality: 90 }).withMetadata({ orientation: 6 }).toBuffer()
}

/** Every image of the demo by its key. */
const CATALOGUE: Readonly<Record<string, (makeImage: MakeImage) => Promise<Buffer>>> = {
  "vase-1042/front.jpg": (makeImage) =>
    paint(makeImage, {
      width: 2400,
      height: 1800,
      clay: TERRACOTTA,
      glaze: [38, 84, 92],
      wall: [222, 212, 198],
      profile: VASE,
    })
      .jpeg({ quality: 90 })
      .toBuffer(),
  "vase-1042/studio 12 MP.jpg": (makeImage) =>
    paint(makeImage, {
      width: 4000,
      height: 3000,
      clay: TERRACOTTA,
      glaze: [38, 84, 92],
      wall: [168, 178, 176],
      profile: VASE,
    })
      .jpeg({ quality: 92 })
      .toBuffer(),
  "bowl-2077/front.jpg": (makeImage) =>
    paint(makeImage, {
      width: 1800,
      height: 1200,
      clay: SAND,
      glaze: [222, 214, 200],
      wall: [92, 108, 116],
      profile: BOWL,
    })
      .jpeg({ quality: 90 })
      .toBuffer(),
  "bowl-2077/portrait, by phone.jpg": (makeImage) =>
    turned(makeImage, {
      width: 1200,
      height: 1600,
      clay: SAND,
      glaze: [222, 214, 200],
      wall: [92, 108, 116],
      profile: BOWL,
    }),
  "mug-3310/front.webp": (makeImage) =>
    paint(makeImage, {
      width: 1500,
      height: 1500,
      clay: [88, 70, 62],
      glaze: [204, 142, 58],
      wall: [226, 220, 210],
      profile: MUG,
    })
      .webp({ quality: 90 })
      .toBuffer(),
  "mug-3310/cut-out.png": (makeImage) =>
    paint(makeImage, {
      width: 1200,
      height: 1200,
      clay: [88, 70, 62],
      glaze: [204, 142, 58],
      wall: [0, 0, 0],
      profile: MUG,
      isCutOut: true,
    })
      .png()
      .toBuffer(),
  "jar-4001/turning.gif": animation,
}

const writePhoto = async (path: string, make: () => Promise<Buffer>): Promise<void> => {
  if (existsSync(path)) return
  await mkdir(dirname(path), { recursive: true })
  // Renamed when complete: an interrupted start must not leave a truncated image.
  await writeFile(`${path}.part`, await make())
  await rename(`${path}.part`, path)
}

/** Writes the images into a folder, except those that exist already. */
export const writeDemo = async (folder: string): Promise<void> => {
  const makeImage = await loadSharp()
  await Promise.all(
    Object.entries(CATALOGUE).map(([key, make]) => writePhoto(join(folder, key), () => make(makeImage))),
  )
}

const [folder] = process.argv.slice(2)
if (folder !== undefined) await writeDemo(folder)
