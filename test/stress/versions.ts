/**
 * Responsible for photos whose versions have different colours, and for a ledger of the times of each version: the colour of a rendition
 * shows its version, and the ledger whether that version may be sent.
 */
import sharp from "sharp"

import { flat, type PhotoFormat } from "../support/photos.ts"

/** Number of versions with distinct colours. */
export const CODES = 1000

const LEVELS = 10
const [LOWEST, STEP] = [12, 24]
/** Half the distance of two colours. Encoders change flat colours by 4 at most. */
const TOLERANCE = 11

const WIDTH = 90
const HEIGHT = 60

/** PNGs are padded to one length, so that versions do not differ in it. Bytes after the end of a PNG are ignored. */
const PNG_BYTES = 1500

const levelsOf = (code: number): readonly [number, number, number] => {
  const level = (at: number): number => LOWEST + STEP * (Math.floor(code / LEVELS ** at) % LEVELS)
  return [level(0), level(1), level(2)]
}

const nearest = ([r, g, b]: readonly [number, number, number]): number => {
  const digit = (value: number): number => Math.max(0, Math.min(LEVELS - 1, Math.round((value - LOWEST) / STEP)))
  return digit(r) + digit(g) * LEVELS + digit(b) * LEVELS ** 2
}

/** The format of a photo, by its name. */
export const formatOf = (key: string): PhotoFormat => {
  const ending = key.slice(key.lastIndexOf(".") + 1)
  return ending === "jpg" ? "jpeg" : (ending as PhotoFormat)
}

/** A photo whose every pixel has the colour of its version. */
export const photoOf = async (code: number, format: PhotoFormat): Promise<Buffer> => {
  const bytes = await flat({ width: WIDTH, height: HEIGHT, colour: levelsOf(code), format })
  return format === "png" ? Buffer.concat([bytes, Buffer.alloc(PNG_BYTES - bytes.length)]) : bytes
}

const codeOfColour = (colour: readonly [number, number, number]): number | undefined => {
  const code = nearest(colour)
  return levelsOf(code).every((level, at) => Math.abs(level - (colour[at] ?? -1)) <= TOLERANCE) ? code : undefined
}

const codeOfInfo = (bytes: Uint8Array): number | undefined => {
  const { dominantColour = "" } = JSON.parse(Buffer.from(bytes).toString()) as { dominantColour?: string }
  const [r = -1, g = -1, b = -1] = [1, 3, 5].map((at) => parseInt(dominantColour.slice(at, at + 2), 16))
  return codeOfColour([r, g, b])
}

/** The version that a rendition or `info` was made from; undefined where any pixel is missing, damaged, or of another one. */
export const codeOf = async (bytes: Uint8Array): Promise<number | undefined> => {
  try {
    if (bytes[0] === "{".charCodeAt(0)) return codeOfInfo(bytes)
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
  /** Undefined if it was absent. */
  readonly code: number | undefined
  /** Milliseconds of a clock that is never set back. */
  readonly begun: number
  done: number
}

/** The versions of photos and their times. */
export interface Ledger {
  /** Makes a change. Changes of one photo must not overlap. */
  readonly change: (key: string, code: number | undefined, act: () => Promise<unknown>) => Promise<void>
  /** The present version. */
  readonly now: (key: string) => number | undefined
  /** A version that no photo had lately. */
  readonly newCode: () => number
  /** Whether a version (undefined: absent) existed at any time between two moments. */
  readonly wasThere: (key: string, code: number | undefined, from: number, to: number) => boolean
  /** The versions since a moment as text, for reports of wrong responses. */
  readonly describe: (key: string, from: number) => string
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
    describe: (key, from) =>
      since(key, from)
        .map(
          ({ code, begun, done }) =>
            `${code ?? "none"} (${(begun - from).toFixed(1)} to ${(done - from).toFixed(1)} ms)`,
        )
        .join(", "),
  }
}
