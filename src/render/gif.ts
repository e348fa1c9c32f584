/**
 * Whether a GIF is whole. libvips takes one that was cut off and gives fewer frames, the last of them with another's lower half; at no
 * level of strictness does it complain. So the blocks are walked here; nothing is decompressed.
 * Source: GIF89a specification, Appendix A.
 */

const EXTENSION = 0x21
const IMAGE = 0x2c
const HEADER_BYTES = 13
const IMAGE_DESCRIPTOR_BYTES = 10

/** Bytes of the colour table that a packed field announces. */
const tableBytes = (packed: number): number => ((packed & 0x80) === 0 ? 0 : 3 << ((packed & 7) + 1))

/** Where a chain of sub-blocks ends; beyond the file where it does not. */
const skipSubBlocks = (bytes: Uint8Array, from: number): number => {
  let at = from
  for (let length = bytes[at]; length !== undefined; length = bytes[at]) {
    at += length + 1
    if (length === 0) return at
  }
  return Infinity
}

/** True where the data end within a block. A missing trailer alone is fine: every viewer shows such a file whole. */
export const isTruncatedGif = (bytes: Uint8Array): boolean => {
  let at = HEADER_BYTES + tableBytes(bytes[10] ?? 0)
  while (at < bytes.length) {
    if (bytes[at] === EXTENSION) at = skipSubBlocks(bytes, at + 2)
    else if (bytes[at] === IMAGE)
      at = skipSubBlocks(bytes, at + IMAGE_DESCRIPTOR_BYTES + 1 + tableBytes(bytes[at + 9] ?? 0))
    else return false
  }
  return at > bytes.length
}
