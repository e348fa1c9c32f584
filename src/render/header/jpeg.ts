/**
 * Responsible for the header of a JPEG: its segments, without decoding any pixel.
 *
 * Source: ITU-T T.81 annex B (markers; §B.2.5: a height of 0 is defined by DNL).
 */
import { corruptOriginal, unsupportedOriginal } from "../../errors.ts"
import { ascii, type Span, viewOf } from "./bytes.ts"
import { checkMetadata, tooMany } from "./limits.ts"

/** Cameras write below 50. A decoder that keeps metadata allocates for each. */
const MAX_SEGMENTS = 2000

/** Encoders write about 10. Each scan of a progressive JPEG costs a pass over all its coefficients: 19 ms for 25 megapixels. */
const MAX_SCANS = 100

/** One colour component: how many samples it has, relative to the others (T.81 B.2.2). */
export interface JpegComponent {
  readonly horizontal: number
  readonly vertical: number
}

/** The header of a JPEG. */
export interface JpegHeader {
  readonly kind: "jpeg"
  readonly components: readonly JpegComponent[]
  readonly isProgressive: boolean
  /** Data of the segments with parts of a profile. */
  readonly profileParts: readonly Span[]
}

const MARKER = 0xff
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const TEM = 0x01
/** Frame header of JPEG-LS (ITU-T T.87 §C.1.1). */
const SOF55 = 0xf7

const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7

/** All SOF markers but DHT, JPG and DAC, which share their range. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

const isMetadata = (marker: number): boolean => (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe

/** Parts of a profile are in segments of this kind (ICC.1:2022 annex B.4). */
const APP2 = 0xe2
const PROFILE = "ICC_PROFILE\0"

const isProfilePart = (bytes: Uint8Array, { marker, start, end }: Segment): boolean =>
  marker === APP2 && end - start > PROFILE.length + 2 && ascii(bytes, start, start + PROFILE.length) === PROFILE

/** Progressive frames: SOF2 and, with arithmetic coding, SOF10. */
const PROGRESSIVE = new Set([0xc2, 0xca])

/** Frames that need others before them (SOF5 to 7, SOF13 to 15). */
const HIERARCHICAL = new Set([0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf])

const CONVERT = "Save it as an ordinary JPEG of 8 bits a sample and upload that."

interface Segment extends Span {
  readonly marker: number
}

/** The next marker that is not within entropy-coded data, at or after a place (T.81 B.1.1.2, B.1.1.5). */
const nextMarker = (bytes: Uint8Array, from: number): number => {
  for (let at = bytes.indexOf(MARKER, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(MARKER, at + 1)) {
    const marker = bytes[at + 1] ?? 0
    if (marker !== 0 && marker !== MARKER && !isRestart(marker)) return at
  }
  return bytes.length
}

/** Segments with their data. Ends at EOI, or where the segments lead out of the file. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  const view = viewOf(bytes)
  let at = 2
  for (;;) {
    at = nextMarker(bytes, at)
    const marker = bytes[at + 1]
    if (marker === undefined || marker === EOI) return
    if (marker === SOI || marker === TEM) {
      at += 2
      continue
    }
    if (at + 4 > bytes.length) return
    const start = at + 4
    const end = start + view.getUint16(at + 2) - 2
    if (end > bytes.length || end < start) return
    yield { marker, start, end }
    at = end
  }
}

interface Frame {
  readonly marker: number
  readonly precision: number
  readonly height: number
  readonly components: readonly JpegComponent[]
}

const readFrame = (bytes: Uint8Array, { marker, start, end }: Segment): Frame => {
  const components: JpegComponent[] = []
  for (let at = start + 6; at + 3 <= end && components.length < (bytes[start + 5] ?? 0); at += 3) {
    const factors = bytes[at + 1] ?? 0x11
    components.push({ horizontal: factors >> 4, vertical: factors & 15 })
  }
  const height = ((bytes[start + 1] ?? 0) << 8) | (bytes[start + 2] ?? 0)
  return { marker, precision: bytes[start] ?? 8, height, components }
}

/** Defines the height of a frame that has none (T.81 §B.2.5). It cannot be within entropy-coded data. */
const DNL = Buffer.from([MARKER, 0xdc])

/** Refuses a height of 0: a coding that is not decoded, or damage. */
const refuseNoHeight = (bytes: Uint8Array): never => {
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(DNL))
    throw unsupportedOriginal("a JPEG with its height behind the pixels (DNL)", CONVERT)
  throw corruptOriginal("the JPEG has no height")
}

const refuseCoding = (bytes: Uint8Array, { marker, precision, height }: Frame): void => {
  if (marker === SOF55) throw unsupportedOriginal("a JPEG-LS", CONVERT)
  if (HIERARCHICAL.has(marker)) throw unsupportedOriginal("a hierarchical JPEG", CONVERT)
  if (height === 0) refuseNoHeight(bytes)
  if (precision !== 8) throw unsupportedOriginal(`a JPEG of ${precision} bits a sample`, CONVERT)
}

/** A sequential JPEG whose first scan has all components has no other scan. */
const isOnlyScan = (bytes: Uint8Array, { start }: Segment, frame: Frame | undefined): boolean =>
  frame !== undefined && !PROGRESSIVE.has(frame.marker) && bytes[start] === frame.components.length

/** Counts segments and scans. @throws {original-too-large} too many of them, or too much metadata */
const createCount = () => {
  let [segments, scans, metadata] = [0, 0, 0]
  return ({ marker, start, end }: Segment): void => {
    segments += 1
    if (segments > MAX_SEGMENTS) throw tooMany(MAX_SEGMENTS, "JPEG segments")
    if (marker === SOS) scans += 1
    if (scans > MAX_SCANS) throw tooMany(MAX_SCANS, "scans")
    if (isMetadata(marker)) metadata += end - start
    checkMetadata(metadata)
  }
}

/**
 * Reads the segments of a JPEG.
 * @throws {original-too-large} too many segments or scans, or too much metadata
 * @throws {unsupported-original} a coding that is not decoded
 * @throws {corrupt-original} it has no height
 */
export const parseJpegHeader = (bytes: Uint8Array): JpegHeader => {
  const count = createCount()
  let frame: Frame | undefined
  const profileParts: Span[] = []
  for (const segment of segmentsOf(bytes)) {
    const { marker, start, end } = segment
    count(segment)
    if (isProfilePart(bytes, segment)) profileParts.push({ start, end })
    if (isFrame(marker) || marker === SOF55) frame ??= readFrame(bytes, segment)
    if (marker === SOS && isOnlyScan(bytes, segment, frame)) break
  }
  if (frame) refuseCoding(bytes, frame)
  return {
    kind: "jpeg",
    components: frame?.components ?? [],
    isProgressive: frame !== undefined && PROGRESSIVE.has(frame.marker),
    profileParts,
  }
}
