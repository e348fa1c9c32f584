/**
 * What of a PNG's chunks has to be known besides what sharp tells: the resolution, which it tells in whole dots an inch only, and the
 * texts that must not reach the decoder.
 *
 * Holds: walks as a decoder does, by the lengths that the chunks give, and stops where they lead out of the file.
 * Source: PNG specification, §5.3 (layout), §11.3.3.3 to 4 (zTXt, iTXt) and §11.3.4.3 (pHYs).
 */
const SIGNATURE_BYTES = 8
/** Of a chunk beside its data: length, type and checksum. */
const CHUNK_BYTES = 12
const METRE = 1

interface Chunk {
  readonly type: string
  /** From its length to behind its checksum. */
  readonly start: number
  readonly data: number
  readonly end: number
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = SIGNATURE_BYTES; start + CHUNK_BYTES <= bytes.length;) {
    const end = start + CHUNK_BYTES + view.getUint32(start)
    if (end > bytes.length) return
    yield { type: String.fromCharCode(...bytes.subarray(start + 4, start + 8)), start, data: start + 8, end }
    start = end
  }
}

/** Pixels per metre along the horizontal; undefined where it does not say, or in no unit. */
export const pixelsPerMetre = (bytes: Uint8Array): number | undefined => {
  for (const { type, data, end } of chunksOf(bytes)) {
    if (type === "IDAT") return undefined
    if (type !== "pHYs" || end - data !== 9 + 4) continue
    return bytes[data + 8] === METRE ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(data) : undefined
  }
  return undefined
}

/** zTXt always is compressed; iTXt where the byte behind its keyword says so. */
const isCompressedText = (bytes: Uint8Array, { type, data }: Chunk): boolean =>
  type === "zTXt" || (type === "iTXt" && bytes[bytes.indexOf(0, data) + 1] !== 0)

/**
 * The same picture without its compressed texts; the very same bytes where there are none. The decoder unpacks each of them, up to
 * thousands, with the header: 342 kB of them took 1.4 GB, before anything could be refused. No rendition has any text.
 */
export const withoutCompressedTexts = (bytes: Uint8Array): Uint8Array => {
  const kept: Uint8Array[] = []
  let from = 0
  for (const chunk of chunksOf(bytes)) {
    if (!isCompressedText(bytes, chunk)) continue
    kept.push(bytes.subarray(from, chunk.start))
    from = chunk.end
  }
  return from === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)])
}
