/** Responsible for reading numbers and texts of file headers. */

/** A range of a file's bytes. */
export interface Span {
  readonly start: number
  /** The first byte behind the range. */
  readonly end: number
}

/** Bytes as text of one byte a character. Empty where they are outside the file. */
export const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to))

/** A view for reading numbers. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
