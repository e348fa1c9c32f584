/**
 * Responsible for the sequence header of AV1: size, depth and colours that the decoder will use, independent of the container.
 *
 * Source: AV1 bitstream specification §5.3 (OBU header), §5.5 (sequence header), §5.5.2 (color_config).
 */

/** Facts of a sequence header. */
export interface Av1Sequence {
  /** Pixels that the decoder allocates at most. */
  readonly maxWidth: number
  readonly maxHeight: number
  readonly depth: 8 | 10 | 12
  readonly isMonochrome: boolean
  /** ITU-T H.273 code points; 2 where the stream does not say. */
  readonly primaries: number
  readonly transfer: number
  readonly matrix: number
  readonly isFullRange: boolean
  /** Chroma has the resolution of luma. */
  readonly isFullChroma: boolean
}

const SEQUENCE_HEADER = 1
const UNSPECIFIED = 2

interface Bits {
  readonly read: (count: number) => number
  readonly skip: (count: number) => void
  /** A number with as many leading zeros as bits (§4.10.3). */
  readonly uvlc: () => number
}

/** Reads bits, most significant first. Behind the end all bits are 0. */
const bitsOf = (bytes: Uint8Array, start: number, end: number): Bits => {
  let at = start * 8
  const read = (count: number): number => {
    let value = 0
    for (let index = 0; index < count; index++, at++) {
      const byte = at < end * 8 ? (bytes[at >> 3] ?? 0) : 0
      value = value * 2 + ((byte >> (7 - (at & 7))) & 1)
    }
    return value
  }
  return {
    read,
    skip: (count) => void (at += count),
    uvlc: () => {
      for (let zeros = 0; zeros < 32; zeros++) if (read(1) === 1) return read(zeros) + 2 ** zeros - 1
      return 0
    },
  }
}

/** @returns the number and the bytes behind it (§4.10.5) */
const leb128 = (bytes: Uint8Array, at: number): readonly [value: number, next: number] => {
  let value = 0
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index] ?? 0
    value += (byte & 127) * 2 ** (7 * index)
    if (byte < 128) return [value, at + index + 1]
  }
  return [value, at + 8]
}

/** Units of a sequence at most before its header is given up: temporal delimiter, padding, metadata. */
const MAX_UNITS = 16

/** The data of the first sequence header. */
const findSequenceHeader = (
  bytes: Uint8Array,
  from: number,
  to: number,
): { readonly start: number; readonly end: number } | undefined => {
  let at = from
  for (let unit = 0; unit < MAX_UNITS && at < to; unit++) {
    const head = bytes[at] ?? 0
    const [hasExtension, hasSize] = [(head & 4) !== 0, (head & 2) !== 0]
    const afterHead = at + (hasExtension ? 2 : 1)
    const [size, start] = hasSize ? leb128(bytes, afterHead) : [to - afterHead, afterHead]
    const end = Math.min(start + size, to)
    if (((head >> 3) & 15) === SEQUENCE_HEADER) return { start, end }
    at = end
  }
  return undefined
}

/** Timing and operating points, which still pictures rarely have (§5.5.1). */
const skipOperatingPoints = (bits: Bits): void => {
  let delayBits = 0
  const hasTiming = bits.read(1) === 1
  if (hasTiming) {
    bits.skip(64)
    if (bits.read(1) === 1) bits.uvlc()
    if (bits.read(1) === 1) {
      delayBits = bits.read(5) + 1
      bits.skip(32 + 5 + 5)
    }
  }
  const hasInitialDelay = bits.read(1) === 1
  const points = bits.read(5) + 1
  for (let point = 0; point < points; point++) {
    bits.skip(12)
    if (bits.read(5) > 7) bits.skip(1)
    if (delayBits > 0 && bits.read(1) === 1) bits.skip(2 * delayBits + 1)
    if (hasInitialDelay && bits.read(1) === 1) bits.skip(4)
  }
}

/** Coding tools between the size and the colours (§5.5.1). */
const skipTools = (bits: Bits, isReduced: boolean): void => {
  // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  bits.skip(3)
  if (!isReduced) {
    // enable_interintra_compound, enable_masked_compound, enable_warped_motion, enable_dual_filter
    bits.skip(4)
    const hasOrderHint = bits.read(1) === 1
    if (hasOrderHint) bits.skip(2)
    const choosesTools = bits.read(1) === 1
    const usesTools = choosesTools || bits.read(1) === 1
    const choosesMotion = usesTools && bits.read(1) === 1
    if (usesTools && !choosesMotion) bits.skip(1)
    if (hasOrderHint) bits.skip(3)
  }
  // enable_superres, enable_cdef, enable_restoration
  bits.skip(3)
}

type Colours = Omit<Av1Sequence, "maxWidth" | "maxHeight">

const IDENTITY = 0
const SRGB = { primaries: 1, transfer: 13 }

const readDepth = (bits: Bits, profile: number): 8 | 10 | 12 => {
  if (bits.read(1) === 0) return 8
  return profile === 2 && bits.read(1) === 1 ? 12 : 10
}

/** Whether chroma has the resolution of luma: profile 0 is 4:2:0, 1 is 4:4:4, and 2 is 4:2:2 up to ten bits. */
const readFullChroma = (bits: Bits, profile: number, depth: number): boolean =>
  profile === 1 || (profile === 2 && depth === 12 && bits.read(1) === 0)

const readColours = (bits: Bits, profile: number): Colours => {
  const depth = readDepth(bits, profile)
  const isMonochrome = profile !== 1 && bits.read(1) === 1
  const isDescribed = bits.read(1) === 1
  const code = (): number => (isDescribed ? bits.read(8) : UNSPECIFIED)
  const [primaries, transfer, matrix] = [code(), code(), code()]
  const colours = { depth, isMonochrome, primaries, transfer, matrix }
  const isSrgb = primaries === SRGB.primaries && transfer === SRGB.transfer && matrix === IDENTITY
  if (isSrgb && !isMonochrome) return { ...colours, isFullRange: true, isFullChroma: true }
  const isFullRange = bits.read(1) === 1
  return { ...colours, isFullRange, isFullChroma: !isMonochrome && readFullChroma(bits, profile, depth) }
}

/**
 * Reads the first sequence header of AV1 data.
 * @returns undefined where there is none at the beginning
 */
export const parseAv1Sequence = (bytes: Uint8Array, from: number, to: number): Av1Sequence | undefined => {
  const unit = findSequenceHeader(bytes, from, Math.min(to, bytes.length))
  if (!unit) return undefined
  const bits = bitsOf(bytes, unit.start, unit.end)
  const profile = bits.read(3)
  bits.skip(1)
  const isReduced = bits.read(1) === 1
  if (isReduced) bits.skip(5)
  else skipOperatingPoints(bits)
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1]
  const [maxWidth, maxHeight] = [bits.read(widthBits) + 1, bits.read(heightBits) + 1]
  const hasFrameIds = !isReduced && bits.read(1) === 1
  if (hasFrameIds) bits.skip(7)
  skipTools(bits, isReduced)
  return { maxWidth, maxHeight, ...readColours(bits, profile) }
}
