/** Responsible for the dimensions and metadata of a JPEG that a server sent, read from its segments. */
import type { Dimensions } from "../sizes/size.ts"

/** Facts in the segments of a JPEG. */
export interface Picture extends Dimensions {
  /** True with EXIF, XMP or IPTC. */
  readonly hasMetadata: boolean
}

/** Start of frame: all but DHT, JPG and DAC (ITU-T T.81, table B.1). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** Undefined for anything but a JPEG. */
export const inspectDimensions = (bytes: Buffer): Picture | undefined => {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined
  let hasMetadata = false
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] ?? 0
    if (isFrame(marker)) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5), hasMetadata }
    // APP1 has EXIF and XMP, APP13 IPTC.
    if (marker === 0xe1 || marker === 0xed) hasMetadata = true
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
