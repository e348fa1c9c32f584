/** Originals of all kinds that Chromium shows, with the exceptions and their reasons. */
import sharp, { type Sharp } from "sharp"

import { asPremultiplied, withLight, withNclx, withProfile } from "../image/originals/avif.ts"
import { gifOf } from "../image/originals/gif.ts"
import { chrm, cicp, clli, gama, hiddenDefaultApng, pngOf, type PngOptions, srgbChunk } from "../image/originals/png.ts"
import { ADOBE_RGB, greyProfile, profileOf, PROPHOTO, type Space, tagged } from "../image/profiles.ts"
import { seeded } from "../image/support.ts"

/** An original and what is known about its comparison with Chromium. */
export interface Original {
  readonly name: string
  readonly type: "image/png" | "image/jpeg" | "image/webp" | "image/avif" | "image/gif"
  readonly make: () => Promise<Buffer>
  /** Share of the pixels of the PNG answer that may differ by more than 6 levels; 1 if nothing is compared. @default 0.005 */
  readonly share?: number
  /** Levels by which the means of blocks of lossy renditions may differ. @default 4 */
  readonly blockLevels?: number
  /** Why more may differ. */
  readonly reason?: string
  /** It has translucent pixels. */
  readonly hasAlpha?: boolean
}

const WIDTH = 160
const HEIGHT = 96

const ADOBE_RGB_LINEAR: Space = { ...ADOBE_RGB, gamma: 1 }

const withWrongChecksum = (chunk: Buffer): Buffer =>
  Buffer.concat([chunk.subarray(0, -1), Buffer.from([(chunk.at(-1) ?? 0) ^ 1])])

/** Colours of the scene: ramps, soft light, and patches with soft edges and a texture. Each is 0 to 1. */
const colourAt = (x: number, y: number): readonly [number, number, number] => {
  const [u, v] = [x / WIDTH, y / HEIGHT]
  if (v < 1 / 3) return [u, u, u]
  if (v < 2 / 3) return [0.2 + 0.6 * u, 0.3 + 0.5 * v, 0.8 - 0.6 * u]
  const place = u * (PATCHES.length - 1)
  const [first, second] = [PATCHES[Math.floor(place)] ?? PATCHES[0], PATCHES[Math.ceil(place)] ?? PATCHES[0]]
  const share = place % 1
  const grain = 0.05 * Math.sin(x * 0.9) * Math.sin(y * 0.7)
  const mix = (channel: 0 | 1 | 2): number => first[channel] * (1 - share) + second[channel] * share + grain
  return [mix(0), mix(1), mix(2)]
}

const PATCHES = [
  [0.8, 0.2, 0.15],
  [0.2, 0.6, 0.25],
  [0.15, 0.3, 0.65],
  [0.75, 0.65, 0.2],
  [0.9, 0.9, 0.9],
] as const

const scene8 = (channels: 3 | 4 = 3): Sharp => {
  const data = Buffer.alloc(WIDTH * HEIGHT * channels)
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const at = (y * WIDTH + x) * channels
      for (const [channel, value] of colourAt(x, y).entries()) data[at + channel] = Math.round(value * 255)
      if (channels === 4) data[at + 3] = Math.round((255 * x) / (WIDTH - 1))
    }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } })
}

/** A PNG of the scene. @param max brightest value that is used, 0 to 1 */
const scenePng = (
  chunks: readonly Buffer[],
  { depth = 8, colourType = 2, max = 1 }: { depth?: 8 | 16; colourType?: 0 | 2 | 4 | 6; max?: number } = {},
): Buffer => {
  const white = 2 ** depth - 1
  const at: PngOptions["at"] = (x, y) => {
    const [red, green, blue] = colourAt(x, y).map((value) => Math.round(value * max * white)) as [
      number,
      number,
      number,
    ]
    const alpha = Math.round((white * x) / (WIDTH - 1))
    return { 0: [green], 2: [red, green, blue], 4: [green, alpha], 6: [red, green, blue, alpha] }[colourType]
  }
  return pngOf({ width: WIDTH, height: HEIGHT, depth, colourType, chunks, at })
}

const DISPLAY_P3: Space = {
  red: [0.515_12, 0.241_2, -0.001_05],
  green: [0.291_98, 0.692_25, 0.041_89],
  blue: [0.157_1, 0.066_57, 0.784_07],
  gamma: 2.2,
}

const P3_CHROMATICITIES = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06]

const SATURATED = "WebP has chroma in half the resolution, and saturated colours that are clipped lose most by it."
const wide = { blockLevels: 8, reason: SATURATED }

const STEEP = "A level of 8 bits in PQ is up to ten levels on the screen, and decoders round differently."

/** Why nothing is compared of an AVIF with alpha: half of 255 becomes 130. Arithmetic on patches is in test/image. */
export const AVIF_ALPHA = "Chromium stretches alpha of full range as if it had the range of video."

const png = (name: string, make: () => Buffer | Promise<Buffer>, more: Partial<Original> = {}): Original => ({
  name: `PNG, ${name}`,
  type: "image/png",
  make: async () => make(),
  ...more,
})

const DEEP = "Chromium reduces 16 bits to 8 before it converts them, which dark linear light does not survive."

const PNGS: readonly Original[] = [
  png("RGB", () => scenePng([])),
  png("RGBA", () => scenePng([], { colourType: 6 }), { hasAlpha: true }),
  png("grey", () => scenePng([], { colourType: 0 })),
  png("grey with alpha", () => scenePng([], { colourType: 4 }), { hasAlpha: true }),
  png("16 bits", () => scenePng([], { depth: 16 })),
  png("16 bits with alpha", () => scenePng([], { depth: 16, colourType: 6 }), { hasAlpha: true }),
  png("grey of 16 bits with alpha", () => scenePng([], { depth: 16, colourType: 4 }), { hasAlpha: true }),
  png("sRGB chunk beside another gamma", () => scenePng([srgbChunk(), gama(1)])),
  png("gamma 1/1.8", () => scenePng([gama(1 / 1.8)])),
  png("gamma 1/2.2", () => scenePng([gama(1 / 2.2)])),
  png("linear", () => scenePng([gama(1)])),
  png("grey, linear", () => scenePng([gama(1)], { colourType: 0 })),
  png("grey with alpha, linear", () => scenePng([gama(1)], { colourType: 4 }), { hasAlpha: true }),
  png("gamma and primaries", () => scenePng([gama(1 / 2.2), chrm(P3_CHROMATICITIES)]), wide),
  png("primaries without gamma", () => scenePng([chrm(P3_CHROMATICITIES)])),
  png("Display P3 by cICP", () => scenePng([cicp(12, 13)]), wide),
  png("Display P3 by cICP beside a gamma", () => scenePng([cicp(12, 13), gama(1)]), wide),
  png("Display P3 of 16 bits with alpha", () => scenePng([cicp(12, 13)], { depth: 16, colourType: 6 }), {
    hasAlpha: true,
  }),
  png("BT.2020", () => scenePng([cicp(9, 14)]), wide),
  png("BT.709", () => scenePng([cicp(1, 1)])),
  png("sRGB by cICP", () => scenePng([cicp(1, 13)])),
  png("linear by cICP", () => scenePng([cicp(1, 8)])),
  png("linear of 16 bits", () => scenePng([cicp(1, 8)], { depth: 16 }), { share: 0.04, reason: DEEP }),
  png("grey of 16 bits, linear", () => scenePng([cicp(1, 8)], { depth: 16, colourType: 0 }), {
    share: 0.04,
    reason: DEEP,
  }),
  png("unspecified cICP beside a gamma", () => scenePng([cicp(2, 2), gama(1)])),
  png("BT.2020 in narrow range", () => scenePng([cicp(9, 14, false)]), {
    share: 1,
    reason: "Chromium ignores cICP in narrow range; here it is expanded (PNG, third edition, §11.3.2.6).",
  }),
  png("PQ", () => scenePng([cicp(9, 16)], { depth: 16, max: 0.75 }), wide),
  png("PQ of 8 bits in P3", () => scenePng([cicp(12, 16)], { max: 0.75 }), wide),
  png("PQ with highlights of 4000 cd/m²", () => scenePng([cicp(9, 16), clli(4000)], { depth: 16, max: 0.9 }), wide),
  png("PQ with highlights of 400 cd/m²", () => scenePng([cicp(9, 16), clli(400)], { depth: 16, max: 0.7 }), wide),
  png("HLG", () => scenePng([cicp(9, 18)], { depth: 16 }), wide),
  png("HLG in the primaries of sRGB", () => scenePng([cicp(1, 18)]), wide),
  png("HLG with highlights of 400 cd/m²", () => scenePng([cicp(9, 18), clli(400)], { depth: 16, max: 0.8 }), wide),
  png("HLG with highlights of 4000 cd/m²", () => scenePng([cicp(9, 18), clli(4000)], { depth: 16 }), wide),
  png("CIE XYZ", () => scenePng([cicp(10, 17)], { depth: 16, max: 0.6 }), wide),
  png("a gamma with a wrong checksum", () => scenePng([withWrongChecksum(gama(1))])),
  png("grey with a profile of RGB", () => tagged(scenePng([], { colourType: 0 }), profileOf(ADOBE_RGB_LINEAR))),
  png("RGB with a profile of greys beside a gamma", () => tagged(scenePng([gama(1)]), greyProfile(1.8))),
  png("profile of Adobe RGB", () => tagged(scenePng([]), profileOf(ADOBE_RGB)), wide),
  png("profile of Adobe RGB with 16 bits", () => tagged(scenePng([], { depth: 16 }), profileOf(ADOBE_RGB)), wide),
  png("profile of ProPhoto with alpha", () => tagged(scenePng([], { colourType: 6 }), profileOf(PROPHOTO)), {
    hasAlpha: true,
    share: 0.2,
    reason: "Chromium clips colours outside sRGB after it has drawn them over the background.",
  }),
  png("profile of greys", () => tagged(scenePng([], { colourType: 0 }), greyProfile(1.8))),
  png("profile of greys with 16 bits", () => tagged(scenePng([], { depth: 16, colourType: 0 }), greyProfile(1.8))),
  png("interlaced", () => scene8(4).png({ progressive: true }).toBuffer(), { hasAlpha: true }),
  png("palette", () => scene8().png({ palette: true, colours: 200 }).toBuffer()),
  png("palette with alpha", () => scene8(4).png({ palette: true, colours: 200 }).toBuffer(), { hasAlpha: true }),
  png(
    "animation with a hidden default image",
    () =>
      hiddenDefaultApng({ width: 60, height: 40, colour: [200, 40, 40] }, [
        { left: 10, top: 8, width: 30, height: 20, colour: [40, 60, 200] },
      ]),
    { blockLevels: 6, reason: "The edge of the frame blurs in a JPEG." },
  ),
  png("too small a zlib window", () =>
    pngOf({
      width: WIDTH,
      height: HEIGHT,
      at: (x, y) => colourAt(x, y % 8).map((value) => Math.round(value * 255)),
      changeStream: (stream) => Buffer.concat([Buffer.from([0x08, 0x1d]), stream.subarray(2)]),
    }),
  ),
  png("without Adler-32", () =>
    pngOf({
      width: WIDTH,
      height: HEIGHT,
      at: (x, y) => colourAt(x, y).map((value) => Math.round(value * 255)),
      changeStream: (stream) => stream.subarray(0, -4),
    }),
  ),
]

const jpeg = (name: string, make: () => Promise<Buffer>, more: Partial<Original> = {}): Original => ({
  name: `JPEG, ${name}`,
  type: "image/jpeg",
  make,
  ...more,
})

/** Without its end marker. */
const withoutEnd = (bytes: Buffer): Buffer => bytes.subarray(0, -2)

const UPSAMPLING = "Chromium interpolates chroma in another way at edges."

const JPEGS: readonly Original[] = [
  jpeg("4:4:4", () => scene8().jpeg({ quality: 90, chromaSubsampling: "4:4:4" }).toBuffer(), wide),
  jpeg("4:2:0", () => scene8().jpeg({ quality: 90 }).toBuffer(), { share: 0.02, reason: UPSAMPLING }),
  jpeg("grey", () => scene8().toColourspace("b-w").jpeg().toBuffer()),
  jpeg("progressive", () => scene8().jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer()),
  jpeg("turned", () => scene8().withMetadata({ orientation: 6 }).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer()),
  jpeg(
    "without its end marker",
    async () => withoutEnd(await scene8().jpeg({ chromaSubsampling: "4:4:4" }).toBuffer()),
    { share: 1, reason: "Chromium leaves out the last row of blocks, since more may come." },
  ),
  jpeg(
    "profile of Adobe RGB",
    async () =>
      tagged(await scene8().jpeg({ quality: 90, chromaSubsampling: "4:4:4" }).toBuffer(), profileOf(ADOBE_RGB)),
    wide,
  ),
  jpeg("grey with a profile of RGB", async () =>
    tagged(await scene8().toColourspace("b-w").jpeg().toBuffer(), profileOf({ ...ADOBE_RGB, gamma: 1.5 })),
  ),
  jpeg("grey with a profile of greys", async () =>
    tagged(await scene8().toColourspace("b-w").jpeg().toBuffer(), greyProfile(1.5)),
  ),
]

const webp = (name: string, make: () => Promise<Buffer>, more: Partial<Original> = {}): Original => ({
  name: `WebP, ${name}`,
  type: "image/webp",
  make,
  ...more,
})

const WEBPS: readonly Original[] = [
  webp("lossy", () => scene8().webp({ quality: 90 }).toBuffer()),
  webp("lossy with alpha", () => scene8(4).webp({ quality: 90 }).toBuffer(), { hasAlpha: true }),
  webp("lossless", () => scene8().webp({ lossless: true }).toBuffer()),
  webp("lossless with alpha", () => scene8(4).webp({ lossless: true }).toBuffer(), { hasAlpha: true }),
]

const avif = (name: string, make: () => Promise<Buffer>, more: Partial<Original> = {}): Original => ({
  name: `AVIF, ${name}`,
  type: "image/avif",
  make,
  ...more,
})

const sceneAvif = (channels: 3 | 4 = 3): Promise<Buffer> =>
  scene8(channels).avif({ quality: 95, chromaSubsampling: "4:4:4", effort: 1 }).toBuffer()

const AVIFS: readonly Original[] = [
  avif("4:4:4", () => sceneAvif()),
  avif("4:2:0", () => scene8().avif({ quality: 90, chromaSubsampling: "4:2:0", effort: 1 }).toBuffer(), {
    share: 0.35,
    reason: UPSAMPLING,
  }),
  avif("alpha", () => sceneAvif(4), { share: 1, reason: AVIF_ALPHA }),
  avif("premultiplied", async () => asPremultiplied(await premultiplied()), { share: 1, reason: AVIF_ALPHA }),
  avif("Display P3", async () => withNclx(await sceneAvif(), 12, 13), wide),
  avif("BT.2020", async () => withNclx(await sceneAvif(), 9, 14), wide),
  avif("BT.709", async () => withNclx(await sceneAvif(), 1, 1)),
  avif("linear", async () => withNclx(await sceneAvif(), 1, 8)),
  avif("gamma 2.8 of BT.470", async () => withNclx(await sceneAvif(), 5, 5)),
  avif("unspecified colours", async () => withNclx(await sceneAvif(), 2, 2)),
  avif("PQ", async () => withNclx(await sceneAvif(), 9, 16), { ...wide, share: 0.01, reason: `${STEEP} ${SATURATED}` }),
  avif("PQ with highlights of 4000 cd/m²", async () => withLight(withNclx(await sceneAvif(), 9, 16), 4000), {
    ...wide,
    share: 0.01,
    reason: `${STEEP} ${SATURATED}`,
  }),
  avif("HLG", async () => withNclx(await sceneAvif(), 9, 18), wide),
  avif("profile of Display P3", async () => withProfile(await sceneAvif(), profileOf(DISPLAY_P3)), wide),
]

/** Colours times alpha, as some encoders store them. */
const premultiplied = async (): Promise<Buffer> => {
  const { data, info } = await scene8(4).raw().toBuffer({ resolveWithObject: true })
  for (let at = 0; at < data.length; at += 4)
    for (const channel of [0, 1, 2])
      data[at + channel] = Math.round(((data[at + channel] ?? 0) * (data[at + 3] ?? 0)) / 255)
  return sharp(data, { raw: info }).avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 1 }).toBuffer()
}

const gif = (name: string, make: () => Promise<Buffer> | Buffer): Original => ({
  name: `GIF, ${name}`,
  type: "image/gif",
  make: async () => make(),
})

const RED = [200, 40, 40] as const
const GREEN = [40, 160, 60] as const

const GIFS: readonly Original[] = [
  gif("photo", () => scene8().gif().toBuffer()),
  gif("transparent", () => scene8(4).gif().toBuffer()),
  ...(
    [
      [640, 480],
      [320, 240],
      [800, 600],
      [2100, 300],
    ] as const
  ).map(([width, height]) =>
    gif(`frame smaller than a canvas of ${width} × ${height}`, () =>
      gifOf({
        width,
        height,
        colours: [RED, GREEN],
        frames: [{ left: 20, top: 10, width: 100, height: 80, index: 1 }],
      }),
    ),
  ),
  gif("frame beyond the canvas", () =>
    gifOf({
      width: 60,
      height: 60,
      colours: [RED, GREEN],
      frames: [{ left: 40, top: 40, width: 40, height: 40, index: 1 }],
    }),
  ),
  gif("version 87a with an empty part", () =>
    gifOf({
      version: "GIF87a",
      width: 60,
      height: 60,
      colours: [RED, GREEN],
      frames: [{ left: 10, top: 10, width: 20, height: 20, index: 1 }],
    }),
  ),
  gif("noise", () => {
    const random = seeded(7)
    const indices = Array.from({ length: 64 * 64 }, () => Math.floor(random() * 16))
    const colours = Array.from({ length: 16 }, (_, at) => [at * 16, 255 - at * 9, (at * 53) % 256] as const)
    return gifOf({
      width: 64,
      height: 64,
      colours,
      frames: [{ width: 64, height: 64, index: (x, y) => indices[y * 64 + x] ?? 0 }],
    })
  }),
]

/** All originals. */
export const ORIGINALS: readonly Original[] = [...PNGS, ...JPEGS, ...WEBPS, ...AVIFS, ...GIFS]
