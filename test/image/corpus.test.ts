/**
 * Real files against answers that other programs gave: an image corpus with a manifest (`manifest.json` beside a folder of files). Made
 * pictures show what we thought of; real ones show what cameras, phones and editors do. The corpus is not part of this repository; the
 * environment variable IMGTAILOR_CORPUS names its folder.
 */
import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"

import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { codeOf } from "../../src/errors.ts"
import { rendition } from "./support.ts"

interface ExpectedSize {
  readonly width: number
  readonly height: number
  /** Which part of the upright original a crop shows: left, top, width, height, as fractions. */
  readonly window?: readonly [number, number, number, number]
  readonly tolerancePx?: number
}

interface Sample {
  readonly x: number
  readonly y: number
  readonly rgb: readonly [number, number, number]
  readonly tol: number
}

interface Entry {
  readonly file: string
  /** Null where there is no picture. */
  readonly uprightWidth: number | null
  readonly uprightHeight: number | null
  readonly pages: number
  readonly mustNotLeak?: { readonly camera?: string }
  readonly expect: {
    readonly outcome: string
    /** Further right answers. */
    readonly accept?: readonly string[]
    readonly sizes?: Readonly<Record<string, ExpectedSize>>
    readonly pixels?: { readonly samples: readonly Sample[] }
    readonly animation?: { readonly frames: number }
  }
}

const folder = resolve(process.env["IMGTAILOR_CORPUS"] ?? "../shared/corpus")
const manifest = resolve(folder, "manifest.json")

const entries: readonly Entry[] = existsSync(manifest)
  ? (JSON.parse(readFileSync(manifest, "utf8")) as { readonly files: readonly Entry[] }).files
  : []

const read = ({ file }: Entry): Buffer => readFileSync(resolve(folder, file))

const CODES: Readonly<Record<string, string>> = {
  "error:unsupported": "unsupported-original",
  "error:corrupt": "corrupt-original",
  "error:too-large": "original-too-large",
}

/** The mean colour of about 1.2 % of each side around a place, over white where it is clear. */
const meanAt = async (bytes: Uint8Array): Promise<(x: number, y: number) => readonly [number, number, number]> => {
  const { data, info } = await sharp(bytes, { pages: 1, ignoreIcc: true })
    .toColourspace("srgb")
    .flatten({ background: "#fff" })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return (x, y) => {
    const spread = (centre: number, side: number): readonly [number, number] => {
      const half = Math.max(0, Math.round(side * 0.006))
      const middle = Math.min(side - 1, Math.max(0, Math.floor(centre * side)))
      return [Math.max(0, middle - half), Math.min(side - 1, middle + half)]
    }
    const [[left, right], [top, bottom]] = [spread(x, info.width), spread(y, info.height)]
    const sum: [number, number, number] = [0, 0, 0]
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const at = (row * info.width + column) * info.channels
        for (const channel of [0, 1, 2] as const) sum[channel] += data[at + channel] ?? 0
      }
    }
    const count = (right - left + 1) * (bottom - top + 1)
    return [sum[0] / count, sum[1] / count, sum[2] / count]
  }
}

/** Tolerances are meant for the whole picture: in a crop, 1.2 % of each side is another patch. */
const CROP_SLACK = 10

/** Samples that are seen in a crop, at their places there; those near its edge are left out. */
const inWindow = (samples: readonly Sample[], window: ExpectedSize["window"]): readonly Sample[] => {
  if (!window) return samples
  const [left, top, width, height] = window
  return samples
    .map(({ x, y, rgb, tol }) => ({ x: (x - left) / width, y: (y - top) / height, rgb, tol: tol + CROP_SLACK }))
    .filter(({ x, y }) => [x, y].every((place) => place > 0.02 && place < 0.98))
}

/** Samples whose colour is not what it must be, in words. */
const wrongSamples = async (bytes: Uint8Array, samples: readonly Sample[]): Promise<readonly string[]> => {
  const colourAt = await meanAt(bytes)
  return samples.flatMap(({ x, y, rgb, tol }) => {
    const got = colourAt(x, y)
    const off = Math.max(...rgb.map((channel, at) => Math.abs(channel - (got[at] ?? 0))))
    return off > tol
      ? [`(${x.toFixed(3)}, ${y.toFixed(3)}): ${got.map(Math.round).join()} for ${rgb.join()} ± ${tol}`]
      : []
  })
}

const LEAKS = [
  "Exif",
  "EXIF",
  "GPS",
  "http://ns.adobe.com/xap",
  "ICC_PROFILE",
  "ICCP",
  "iCCP",
  "MPF\0",
  "8BIM",
  "hdrgm",
]

const leaksOf = async (bytes: Uint8Array, { mustNotLeak }: Entry): Promise<readonly string[]> => {
  const text = Buffer.from(bytes).toString("latin1")
  const words = [...LEAKS, ...(mustNotLeak?.camera?.split(" ").filter((word) => word.length > 4) ?? [])]
  const { exif, icc, iptc, xmp } = await sharp(bytes).metadata()
  const kinds = Object.entries({ exif, icc, iptc, xmp }).filter(([, value]) => value !== undefined)
  return [...words.filter((word) => text.includes(word)), ...kinds.map(([kind]) => kind)]
}

const refusalOf = async (bytes: Uint8Array): Promise<string | undefined> => {
  try {
    await rendition(bytes, { size: "480h" })
    return undefined
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

const isImage = ({ expect: { outcome } }: Entry): boolean => outcome === "image"

const timing = async (bytes: Uint8Array): Promise<{ readonly totalMs: number; readonly loop: number | undefined }> => {
  const { delay, loop } = await sharp(bytes).metadata()
  return { totalMs: (delay ?? []).reduce((sum, ms) => sum + ms, 0), loop }
}

/** What an animation lost of its length or loops, in words. Frames are not counted: encoders join neighbours that are alike. */
const wrongTiming = async (original: Uint8Array, bytes: Uint8Array, entry: Entry): Promise<readonly string[]> => {
  if (!entry.expect.animation) return []
  const [before, after] = [await timing(original), await timing(bytes)]
  return [
    ...(before.loop === after.loop ? [] : [`loops ${after.loop} for ${before.loop}`]),
    ...(Math.abs(before.totalMs - after.totalMs) <= 20 * entry.expect.animation.frames
      ? []
      : [`lasts ${after.totalMs} ms for ${before.totalMs}`]),
  ]
}

/** Decoding it takes seconds, and the sizes are all alike in what can go wrong: one crop is enough. */
const HEAVY_FRAME_COUNT = 100

const sizesOf = (entry: Entry): readonly (readonly [string, ExpectedSize])[] => {
  const sizes = Object.entries(entry.expect.sizes ?? {})
  return entry.pages > HEAVY_FRAME_COUNT ? sizes.filter(([, { window }]) => window) : sizes
}

describe("an image corpus with a manifest", () => {
  it.skipIf(entries.length === 0)("is where IMGTAILOR_CORPUS says, with every file that it names", () => {
    expect(entries.filter(({ file }) => !existsSync(resolve(folder, file)))).toEqual([])
  })

  it.each(entries.filter(isImage))("renders $file as its manifest says", async (entry) => {
    const original = read(entry)
    for (const [size, expected] of sizesOf(entry)) {
      const made = await rendition(original, { size })
      const { width, height, pageHeight = height, orientation } = await sharp(made.bytes).metadata()
      const allowed = expected.tolerancePx ?? 0
      expect(Math.abs(width - expected.width), `${size}: width ${width}`).toBeLessThanOrEqual(allowed)
      expect(Math.abs(pageHeight - expected.height), `${size}: height ${pageHeight}`).toBeLessThanOrEqual(allowed)
      expect([made.width, made.height, orientation ?? 1]).toEqual([width, pageHeight, 1])
      expect(made.original.dimensions).toEqual({ width: entry.uprightWidth, height: entry.uprightHeight })
      const samples = inWindow(entry.expect.pixels?.samples ?? [], expected.window)
      expect({ size, wrong: await wrongSamples(made.bytes, samples) }).toEqual({ size, wrong: [] })
      expect({ size, timing: await wrongTiming(original, made.bytes, entry) }).toEqual({ size, timing: [] })
      expect({ size, leaks: await leaksOf(made.bytes, entry) }).toEqual({ size, leaks: [] })
    }
  })

  it.each(entries.filter((entry) => !isImage(entry)))("refuses $file as its manifest says", async (entry) => {
    const allowed = (entry.expect.accept ?? [entry.expect.outcome]).map((outcome) => CODES[outcome])
    expect(allowed).toContain(await refusalOf(read(entry)))
  })
})
