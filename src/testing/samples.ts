/** Keys and bytes that the cases of the store contract share. */
import { randomUUID } from "node:crypto"

/** Larger than anything that a store should hold in memory. */
export const LARGE: number = 1_048_576 + 300_017

/** File names that a store must tell apart, letter by letter. Some differ in one character, in its case or in how it is written. */
export const AWKWARD_NAMES: readonly string[] = [
  "photo.jpg",
  "Photo.jpg",
  "PHOTO.JPG",
  "photo.jpg.webp",
  "photo",
  "a b.jpg",
  "a+b.jpg",
  "a%20b.jpg",
  "a%2Bb.jpg",
  "a%2520b.jpg",
  "100%.jpg",
  "a?b=c.jpg",
  "a#b.jpg",
  "a&b;c,d=e.jpg",
  "it's (2) [3] {4}!.jpg",
  'say "hi".jpg',
  "$HOME~`^|<>*:@.jpg",
  // é composed and decomposed: no normalisation is applied.
  "caf\u00e9.jpg",
  "cafe\u0301.jpg",
  "中文 — ünïcode.jpg",
  "🏺.jpg",
  " leading and trailing ",
  ".hidden.jpg",
  "..twice.jpg",
  "...",
  "trailing.",
  "-rf.jpg",
  "__proto__",
  "constructor",
]

/** A directory that no other case and no other run uses. */
export const freshDirectory = (): string => `imgtailor-contract/${randomUUID()}`

/** Bytes in which every place differs from its neighbours, so that a shifted or repeated part is noticed. */
export const patterned = (length: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = (Math.imul(at + 1, 2_654_435_761) >>> 24) ^ (at >>> 12) ^ seed
  return bytes
}

/** The bytes of a short text. */
export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The same values in order of their code units. */
export const inOrder = (values: readonly string[]): readonly string[] => values.toSorted()

/** The same values ordered by their UTF-8 bytes. */
export const inByteOrder = (values: readonly string[]): readonly string[] =>
  values.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

/** A name of exactly so many UTF-8 bytes, most of them in letters of three bytes. */
export const nameOfBytes = (bytes: number): string => "中".repeat(Math.floor(bytes / 3)) + "x".repeat(bytes % 3)

/** Runs readers over and over while something is written, and once more; fails with whichever of them fails first. */
export const readWhile = async (write: () => Promise<void>, read: () => Promise<void>, readers = 3): Promise<void> => {
  const writing = { goesOn: true }
  const readOn = async (): Promise<void> => {
    while (writing.goesOn) {
      await read()
      await new Promise((done) => setImmediate(done))
    }
    await read()
  }
  const stop = (): void => void (writing.goesOn = false)
  await Promise.all([write().finally(stop), ...Array.from({ length: readers }, readOn)])
}
