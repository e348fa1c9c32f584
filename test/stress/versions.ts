/**
 * Photos whose every version has a colour of its own, and a record of when each was there: a rendition then tells which version it was
 * made from, and the record whether that may be answered.
 */
import sharp from "sharp"

import { flat, type PhotoFormat } from "../support/photos.ts"

/** Of which a colour tells one from all others. */
export const CODES = 1000

const LEVELS = 10
const [LOWEST, STEP] = [12, 24]
/** Half of what lies between two colours; encoders of flat pictures stray by 4 at most. */
const TOLERANCE = 11

const WIDTH = 90
const HEIGHT = 60

/** PNGs are filled up to one length, so that length tells no version from another. What follows a PNG's end is no part of it. */
const PNG_BYTES = 1500

const levelsOf = (code: number): readonly [number, number, number] => {
  const level = (at: number): number => LOWEST + STEP * (Math.floor(code / LEVELS ** at) % LEVELS)
  return [level(0), level(1), level(2)]
}

const nearest = ([r, g, b]: readonly [number, number, number]): number => {
  const digit = (value: number): number => Math.max(0, Math.min(LEVELS - 1, Math.round((value - LOWEST) / STEP)))
  return digit(r) + digit(g) * LEVELS + digit(b) * LEVELS ** 2
}

/** The format that a photo's name says. */
export const formatOf = (key: string): PhotoFormat => {
  const ending = key.slice(key.lastIndexOf(".") + 1)
  return ending === "jpg" ? "jpeg" : (ending as PhotoFormat)
}

/** A photo of which every pixel says its version. */
export const photoOf = async (code: number, format: PhotoFormat): Promise<Buffer> => {
  const bytes = await flat({ width: WIDTH, height: HEIGHT, colour: levelsOf(code), format })
  return format === "png" ? Buffer.concat([bytes, Buffer.alloc(PNG_BYTES - bytes.length)]) : bytes
}

const codeOfColour = (colour: readonly [number, number, number]): number | undefined => {
  const code = nearest(colour)
  return levelsOf(code).every((level, at) => Math.abs(level - (colour[at] ?? -1)) <= TOLERANCE) ? code : undefined
}

const codeOfFacts = (bytes: Uint8Array): number | undefined => {
  const { dominantColour = "" } = JSON.parse(Buffer.from(bytes).toString()) as { dominantColour?: string }
  const [r = -1, g = -1, b = -1] = [1, 3, 5].map((at) => parseInt(dominantColour.slice(at, at + 2), 16))
  return codeOfColour([r, g, b])
}

/** The version that a rendition or facts were made from; undefined where any pixel is missing, damaged, or of another one. */
export const codeOf = async (bytes: Uint8Array): Promise<number | undefined> => {
  try {
    if (bytes[0] === "{".charCodeAt(0)) return codeOfFacts(bytes)
    const image = sharp(bytes, { failOn: "warning" }).toColourspace("srgb").removeAlpha()
    const { data } = await image.raw().toBuffer({ resolveWithObject: true })
    const code = codeOfColour([data[0] ?? -1, data[1] ?? -1, data[2] ?? -1])
    if (code === undefined) return undefined
    const levels = levelsOf(code)
    return data.every((value, at) => Math.abs(value - (levels[at % 3] ?? -1)) <= TOLERANCE) ? code : undefined
  } catch {
    return undefined
  }
}

/** A state of one photo. */
interface State {
  /** Undefined where it was absent. */
  readonly code: number | undefined
  /** Milliseconds of a clock that is never set back. */
  readonly begun: number
  done: number
}

/** What photos there were when. */
export interface Ledger {
  /** Makes a change, which nobody else makes of the same photo meanwhile. */
  readonly change: (key: string, code: number | undefined, act: () => Promise<unknown>) => Promise<void>
  /** What is there now. */
  readonly now: (key: string) => number | undefined
  /** A colour that no photo had lately. */
  readonly newCode: () => number
  /** Whether a version (undefined: absent) was there at any time between two moments. */
  readonly wasThere: (key: string, code: number | undefined, from: number, to: number) => boolean
  /** The same for what is told of an answer that is wrong. */
  readonly tell: (key: string, from: number) => string
}

export const createLedger = (): Ledger => {
  const states = new Map<string, State[]>()
  let used = 0
  const of = (key: string): State[] => {
    const known = states.get(key) ?? [{ code: undefined, begun: -Infinity, done: -Infinity }]
    states.set(key, known)
    return known
  }
  const since = (key: string, from: number): readonly State[] => {
    const all = of(key)
    return all.slice(
      Math.max(
        0,
        all.findLastIndex(({ done }) => done <= from),
      ),
    )
  }
  return {
    change: async (key, code, act) => {
      const state: State = { code, begun: performance.now(), done: Infinity }
      of(key).push(state)
      await act()
      state.done = performance.now()
    },
    now: (key) => of(key).at(-1)?.code,
    newCode: () => (used += 1) % CODES,
    wasThere: (key, code, from, to) => since(key, from).some((state) => state.code === code && state.begun <= to),
    tell: (key, from) =>
      since(key, from)
        .map(
          ({ code, begun, done }) =>
            `${code ?? "none"} (${(begun - from).toFixed(1)} to ${(done - from).toFixed(1)} ms)`,
        )
        .join(", "),
  }
}
