/** The resolution of a PNG, which sharp tells in whole dots an inch only. Source: PNG specification, §11.3.4.3 (pHYs) and §5.3. */

const SIGNATURE_BYTES = 8
/** Of a chunk beside its data: length, type and checksum. */
const CHUNK_BYTES = 12
const METRE = 1

/** Pixels per metre along the horizontal; undefined where it does not say, or in no unit. */
export const pixelsPerMetre = (bytes: Uint8Array): number | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length;) {
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (type === "IDAT") return undefined
    if (type === "pHYs" && length === 9 && at + CHUNK_BYTES + length <= bytes.length)
      return bytes[at + 16] === METRE ? view.getUint32(at + 8) : undefined
    at += CHUNK_BYTES + length
  }
  return undefined
}
