/**
 * Metadata of cameras, phones and editors, written by hand into generated images: position, serial number, uncropped thumbnail, captions,
 * edit history, second pictures. Each piece contains `SECRET`, so that a leak can be found in the bytes.
 */
import { deflateSync } from "node:zlib"

import sharp, { type Sharp } from "sharp"

import { ADOBE_RGB, profileOf, tagged, withJpegSegment, withPngChunk } from "./profiles.ts"

export const SECRET = "Rumpelstilzchen"

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1")

interface Entry {
  readonly tag: number
  /** EXIF 2.32 §4.6.2: 2 for text, 4 for 32-bit numbers, 5 for fractions. */
  readonly type: 2 | 4 | 5
  readonly count: number
  readonly value: Buffer
}

const text = (tag: number, value: string): Entry => ({
  tag,
  type: 2,
  count: value.length + 1,
  value: latin1(`${value}\0`),
})

const long = (tag: number, value: number): Entry => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return { tag, type: 4, count: 1, value: bytes }
}

const degrees = (tag: number, parts: readonly number[]): Entry => {
  const value = Buffer.alloc(parts.length * 8)
  for (const [at, part] of parts.entries()) {
    value.writeUInt32BE(part, at * 8)
    value.writeUInt32BE(1, at * 8 + 4)
  }
  return { tag, type: 5, count: parts.length, value }
}

const inline = (value: Buffer): boolean => value.length <= 4

const directoryBytes = (entries: readonly Entry[]): number =>
  2 + 12 * entries.length + 4 + entries.reduce((sum, { value }) => sum + (inline(value) ? 0 : value.length), 0)

/** A TIFF directory at an offset, followed by its values. `next` is the offset of the next directory, or 0. */
const toDirectory = (entries: readonly Entry[], offset: number, next: number): Buffer => {
  const head = Buffer.alloc(2 + 12 * entries.length + 4)
  head.writeUInt16BE(entries.length)
  head.writeUInt32BE(next, head.length - 4)
  const values: Buffer[] = []
  let at = offset + head.length
  for (const [index, { tag, type, count, value }] of entries.entries()) {
    const from = 2 + 12 * index
    head.writeUInt16BE(tag, from)
    head.writeUInt16BE(type, from + 2)
    head.writeUInt32BE(count, from + 4)
    if (inline(value)) {
      value.copy(head, from + 8)
      continue
    }
    head.writeUInt32BE(at, from + 8)
    values.push(value)
    at += value.length
  }
  return Buffer.concat([head, ...values])
}

/** A TIFF with a camera, its serial number, a position, and a thumbnail in the second directory. */
const exif = (thumbnail: Buffer): Buffer => {
  const gps = [
    text(1, "N"),
    degrees(2, [48, 12, 29]),
    text(3, "E"),
    degrees(4, [16, 22, 21]),
    text(27, `${SECRET} GPS processing method`),
  ]
  const camera = (gpsAt: number): readonly Entry[] => [
    text(0x010f, `${SECRET} Cameras`),
    text(0x0110, `${SECRET} Mark III`),
    long(0x8825, gpsAt),
    text(0xa431, `${SECRET}-serial-0815`),
  ]
  const cameraAt = 8
  const gpsAt = cameraAt + directoryBytes(camera(0))
  const thumbnailDirectoryAt = gpsAt + directoryBytes(gps)
  const thumbnailAt = thumbnailDirectoryAt + 2 + 12 * 2 + 4
  return Buffer.concat([
    latin1("MM\0*\0\0\0\x08"),
    toDirectory(camera(gpsAt), cameraAt, thumbnailDirectoryAt),
    toDirectory(gps, gpsAt, 0),
    toDirectory([long(0x0201, thumbnailAt), long(0x0202, thumbnail.length)], thumbnailDirectoryAt, 0),
    thumbnail,
  ])
}

const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="${SECRET}"/></rdf:RDF></x:xmpmeta>`

const XMP_PACKET = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>${XMP}<?xpacket end="w"?>`

/** Photoshop's resource 0x0404 with an IPTC caption (record 2, data set 120). */
const iptc = (): Buffer => {
  const caption = latin1(`${SECRET} caption`)
  const record = Buffer.concat([Buffer.from([0x1c, 2, 120, 0, caption.length]), caption])
  const padded = record.length % 2 ? Buffer.concat([record, Buffer.alloc(1)]) : record
  return Buffer.concat([latin1("Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0"), Buffer.from([record.length]), padded])
}

const tinyJpeg = async (): Promise<Buffer> =>
  withJpegSegment(
    await sharp({ create: { width: 16, height: 12, channels: 3, background: "#a33" } })
      .jpeg()
      .toBuffer(),
    0xfe,
    latin1(`${SECRET} in a second picture`),
  )

const PROFILE = profileOf(ADOBE_RGB, `${SECRET} profile`)

/** A JPEG with every kind of metadata, and a second picture (a gain map, a stereo half) after its end. */
export const jpegWithMetadata = async (image: Sharp): Promise<Buffer> => {
  const second = await tinyJpeg()
  const segments: readonly (readonly [number, Buffer])[] = [
    [0xfe, latin1(`${SECRET} comment`)],
    [0xe2, latin1(`MPF\0MM\0*\0\0\0\x08\0\0\0\0\0\0 ${SECRET}`)],
    [0xed, iptc()],
    [0xe1, latin1(`http://ns.adobe.com/xmp/extension/\0${"0".repeat(32)}\0\0\0\x40\0\0\0\0${SECRET} extended`)],
    [0xe1, latin1(`http://ns.adobe.com/xap/1.0/\0${XMP_PACKET}`)],
    [0xe1, Buffer.concat([latin1("Exif\0\0"), exif(second)])],
  ]
  const marked = segments.reduce(
    (jpeg, [marker, data]) => withJpegSegment(jpeg, marker, data),
    tagged(await image.jpeg({ quality: 90 }).toBuffer(), PROFILE),
  )
  return Buffer.concat([marked, second])
}

/** A PNG with metadata in every kind of chunk. */
export const pngWithMetadata = async (image: Sharp): Promise<Buffer> => {
  const chunks: readonly (readonly [string, Buffer])[] = [
    ["tEXt", latin1(`Author\0${SECRET}`)],
    ["zTXt", Buffer.concat([latin1("Comment\0\0"), deflateSync(latin1(SECRET))])],
    ["iTXt", latin1(`XML:com.adobe.xmp\0\0\0\0\0${XMP_PACKET}`)],
    ["tIME", Buffer.from([7, 233, 5, 17, 11, 12, 13])],
    ["eXIf", exif(await tinyJpeg())],
  ]
  return chunks.reduce(
    (png, [type, data]) => withPngChunk(png, type, data),
    tagged(await image.png().toBuffer(), PROFILE),
  )
}

/** A WebP, AVIF or TIFF with EXIF, XMP and a profile. */
export const imageWithMetadata = async (image: Sharp, format: "webp" | "avif" | "tiff"): Promise<Buffer> => {
  const marked = image
    .withExif({
      IFD0: { Make: `${SECRET} Cameras`, Model: SECRET },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 12/1 29/1", GPSMapDatum: `${SECRET} GPS` },
    })
    .withXmp(XMP_PACKET)
    .withIccProfile("p3")
  return (format === "tiff" ? marked.tiff({ compression: "lzw" }) : marked[format]({ quality: 90 })).toBuffer()
}

/** A GIF with a comment and an XMP extension before its end. */
export const gifWithMetadata = async (image: Sharp): Promise<Buffer> => {
  const gif = await image.gif().toBuffer()
  const comment = latin1(`${SECRET} comment`)
  const magic = Buffer.from([1, ...Array.from({ length: 256 }, (_, at) => 255 - at), 0])
  return Buffer.concat([
    gif.subarray(0, -1),
    Buffer.from([0x21, 0xfe, comment.length]),
    comment,
    Buffer.from([0, 0x21, 0xff, 11]),
    latin1(`XMP DataXMP${XMP}`),
    magic,
    Buffer.from([0x3b]),
  ])
}
