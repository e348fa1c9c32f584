/**
 * Real files compared with the results of other programs: an image corpus with a manifest (`manifest.json` beside a folder of files).
 * Generated images contain only expected cases; real ones contain those of cameras, phones and editors. The corpus is not part of this
 * repository. The environment variable IMGTAILOR_CORPUS names its folder.
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
  /** Part of the upright original that a crop shows: left, top, width, height, as fractions. */
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
  /** Null if the file is not an image. */
  readonly uprightWidth: number | null
  readonly uprightHeight: number | null
  readonly pages: number
  readonly mustNotLeak?: { readonly camera?: string }
  readonly expect: {
    readonly outcome: string
    /** Further correct outcomes. */
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

/** Mean colour of about 1.2 % of each side around a place, over white if transparent. */
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

/** Tolerances are for the whole picture. In a crop, 1.2 % of each side is a different patch. */
const CROP_SLACK = 10

/** Samples visible in a crop, moved to their places in it, without the ones near its edge. */
const inWindow = (samples: readonly Sample[], window: ExpectedSize["window"]): readonly Sample[] => {
  if (!window) return samples
  const [left, top, width, height] = window
  return samples
    .map(({ x, y, rgb, tol }) => ({ x: (x - left) / width, y: (y - top) / height, rgb, tol: tol + CROP_SLACK }))
    .filter(({ x, y }) => [x, y].every((place) => place > 0.02 && place < 0.98))
}

/** Descriptions of the samples with a wrong colour. */
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

const rejectionOf = async (bytes: Uint8Array): Promise<string | undefined> => {
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

/** Descriptions of wrong durations or loops. Frames are not counted, because encoders join equal neighbours. */
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

/** Above this, decoding takes seconds, and one crop covers the cases. */
const HEAVY_FRAME_COUNT = 100

const sizesOf = (entry: Entry): readonly (readonly [string, ExpectedSize])[] => {
  const sizes = Object.entries(entry.expect.sizes ?? {})
  return entry.pages > HEAVY_FRAME_COUNT ? sizes.filter(([, { window }]) => window) : sizes
}

describe("an image corpus with a manifest", () => {
  it.skipIf(entries.length === 0)("every file in the manifest exists", () => {
    expect(entries.filter(({ file }) => !existsSync(resolve(folder, file)))).toEqual([])
  })

  it.each(entries.filter(isImage))("$file renders as in its manifest", async (entry) => {
    const original = read(entry)
    for (const [size, expected] of sizesOf(entry)) {
      const rendered = await rendition(original, { size })
      const { width, height, pageHeight = height, orientation } = await sharp(rendered.bytes).metadata()
      const allowed = expected.tolerancePx ?? 0
      expect(Math.abs(width - expected.width), `${size}: width ${width}`).toBeLessThanOrEqual(allowed)
      expect(Math.abs(pageHeight - expected.height), `${size}: height ${pageHeight}`).toBeLessThanOrEqual(allowed)
      expect([rendered.width, rendered.height, orientation ?? 1]).toEqual([width, pageHeight, 1])
      expect(rendered.original.dimensions).toEqual({ width: entry.uprightWidth, height: entry.uprightHeight })
      const samples = inWindow(entry.expect.pixels?.samples ?? [], expected.window)
      expect({ size, wrong: await wrongSamples(rendered.bytes, samples) }).toEqual({ size, wrong: [] })
      expect({ size, timing: await wrongTiming(original, rendered.bytes, entry) }).toEqual({ size, timing: [] })
      expect({ size, leaks: await leaksOf(rendered.bytes, entry) }).toEqual({ size, leaks: [] })
    }
  })

  it.each(entries.filter((entry) => !isImage(entry)))("$file is rejected as in its manifest", async (entry) => {
    const allowed = (entry.expect.accept ?? [entry.expect.outcome]).map((outcome) => CODES[outcome])
    // The manifest is for the image library alone. Optional packages decode these kinds, and are installed for the tests.
    if (/\.(?:heic|jxl)$/i.test(entry.file)) allowed.push(undefined)
    expect(allowed).toContain(await rejectionOf(read(entry)))
  })
})
