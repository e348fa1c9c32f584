/**
 * Responsible for what the pixels of a rendition need from an encoder: alpha, colour, the number of colours, chroma in full resolution,
 * and whether a lossless encoding may be the lightest. Pure.
 */
import { computeOnce } from "./compute-once.ts"
import { hasFineChroma } from "./fine-chroma.ts"
import type { Frame } from "./steps/frame.ts"

/** Traits of pixels. */
export interface Survey {
  readonly isOpaque: boolean
  /** All visible pixels are grey. */
  readonly isGrey: boolean
  /** Distinct colours, alpha included; undefined for more than 256. */
  readonly colours: number | undefined
  /** Details of one pixel would lose their colour if chroma had half the resolution. */
  readonly hasFineChroma: boolean
  /** Estimated length of a lossless encoding, in bytes. Repetitions may make it far shorter. */
  readonly losslessBytes: number
  /** Share of the pixels that equal the one to their left. */
  readonly evenShare: number
}

const isOpaque = ({ data, channels }: Frame): boolean => {
  if (channels === 3) return true
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false
  return true
}

const isGrey = ({ data, channels }: Frame): boolean => {
  for (let at = 0; at < data.length; at += channels) {
    const red = data[at]
    if ((red !== data[at + 1] || red !== data[at + 2]) && (channels === 3 || data[at + 3] !== 0)) return false
  }
  return true
}

const MAX_COLOURS = 256

/** Slots of the hash table, four for each colour. */
const SLOTS = 1024

/** A set of colours, without the cost of one that can grow. */
const createColours = () => {
  const slots = new Int32Array(SLOTS)
  const isUsed = new Uint8Array(SLOTS)
  let count = 0
  return {
    count: (): number => count,
    add: (colour: number): void => {
      let slot = Math.imul(colour, 0x9e_37_79_b1) >>> 22
      while (isUsed[slot] === 1) {
        if (slots[slot] === colour) return
        slot = (slot + 1) % SLOTS
      }
      isUsed[slot] = 1
      slots[slot] = colour
      count += 1
    },
  }
}

/** Counts distinct colours; all invisible pixels are one. @returns undefined for more than 256 */
const countColours = ({ data, channels }: Frame): number | undefined => {
  const colours = createColours()
  let last: number | undefined
  for (let at = 0; at < data.length; at += channels) {
    const alpha = channels === 4 ? (data[at + 3] ?? 0) : 255
    const rgb = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)
    const colour = alpha === 0 ? 0 : (alpha << 24) | rgb
    if (colour === last) continue
    last = colour
    colours.add(colour)
    if (colours.count() > MAX_COLOURS) return undefined
  }
  return colours.count()
}

/** Every fourth row stands for the picture, or fewer of a large one: 128 are enough. */
const rowStep = (height: number): number => Math.max(4, Math.floor(height / 128))

/** Bits a symbol of the frequencies of 256 symbols. */
const entropy = (counts: Uint32Array, total: number): number => {
  let bits = 0
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total)
  return bits
}

/** Share of the pixels of sampled rows that equal the one to their left. */
const evenShare = ({ data, width, height, channels }: Frame): number => {
  const row = width * channels
  let [sampled, even] = [0, 0]
  for (let y = 0; y < height; y += rowStep(height)) {
    for (let at = y * row + channels, end = (y + 1) * row; at < end; at += channels) {
      sampled += 1
      let channel = 0
      while (channel < channels && data[at + channel] === data[at + channel - channels]) channel += 1
      if (channel === channels) even += 1
    }
  }
  return even / Math.max(sampled, 1)
}

/** Entropy of the differences of one channel from a prediction by the neighbours, in bits a pixel. */
const channelEntropy = ({ data, width, height, channels }: Frame, channel: number): number => {
  const row = width * channels
  const counts = new Uint32Array(256)
  let sampled = 0
  for (let y = 1; y < height; y += rowStep(height)) {
    const end = (y + 1) * row
    let at = y * row + channel
    let [left, corner] = [data[at] ?? 0, data[at - row] ?? 0]
    for (at += channels; at < end; at += channels) {
      const [value, above] = [data[at] ?? 0, data[at - row] ?? 0]
      const symbol = (value - left - above + corner) & 255
      counts[symbol] = (counts[symbol] ?? 0) + 1
      left = value
      corner = above
    }
    sampled += width - 1
  }
  return entropy(counts, Math.max(sampled, 1))
}

/** The entropy of all channels, as lossless formats code them. */
const estimateLossless = (pixels: Frame): number => {
  let bits = 0
  for (let channel = 0; channel < pixels.channels; channel++) bits += channelEntropy(pixels, channel)
  return Math.ceil((pixels.width * pixels.height * bits) / 8)
}

/** Facts about pixels that are known before they are surveyed. */
export interface SurveyOptions {
  /** They were decoded from a photo whose chroma has half the resolution. They are no graphic. @default false */
  readonly isPhoto?: boolean | undefined
  /** The part of a photo that something was drawn over. @default none */
  readonly drawn?: Frame | undefined
}

/** Surveys pixels. What takes longest, four to nine milliseconds a megapixel, is found at its first use: few encodings need all of it. */
export const survey = (pixels: Frame, { isPhoto = false, drawn }: SurveyOptions = {}): Survey => {
  const grey = isGrey(pixels)
  const detailed = isPhoto ? drawn : pixels
  const fineChroma = computeOnce(
    () => !grey && detailed !== undefined && hasFineChroma(detailed, pixels.width * pixels.height),
  )
  const losslessBytes = computeOnce(() => (isPhoto ? Infinity : estimateLossless(pixels)))
  const even = computeOnce(() => (isPhoto ? 0 : evenShare(pixels)))
  return {
    isOpaque: isOpaque(pixels),
    isGrey: grey,
    colours: countColours(pixels),
    get hasFineChroma() {
      return fineChroma()
    },
    get losslessBytes() {
      return losslessBytes()
    },
    get evenShare() {
      return even()
    },
  }
}
