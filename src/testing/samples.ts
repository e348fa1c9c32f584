/** Responsible for the keys and bytes that the cases of the store contract share. */
import { randomUUID } from "node:crypto"

/** A length at which a store may stream instead of holding the object in memory. */
export const LARGE: number = 1_048_576 + 300_017

/** File names that a store must distinguish byte by byte. Some differ in one character, in its case or in its encoding. */
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
  // é, composed and decomposed: names are not normalised.
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

/** A folder that no other case and no other run uses. */
export const freshFolder = (): string => `imgtailor-contract/${randomUUID()}`

/** Bytes that differ from their neighbours, so that a shifted or repeated part is noticed. */
export const patterned = (length: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = (Math.imul(at + 1, 2_654_435_761) >>> 24) ^ (at >>> 12) ^ seed
  return bytes
}

/** The bytes of a short text. */
export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The same values, sorted. */
export const inOrder = (values: readonly string[]): readonly string[] => values.toSorted()

/** The same values, sorted by their UTF-8 bytes. */
export const inByteOrder = (values: readonly string[]): readonly string[] =>
  values.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

/** A name of a length in UTF-8 bytes, made of letters of three bytes. */
export const nameOfLength = (byteLength: number): string =>
  "中".repeat(Math.floor(byteLength / 3)) + "x".repeat(byteLength % 3)

/** Runs readers repeatedly during a write, and once after it. Fails with the first failure. */
export const readWhile = async (write: () => Promise<void>, read: () => Promise<void>, readers = 3): Promise<void> => {
  let isWriting = true
  const stop = (): void => void (isWriting = false)
  const readRepeatedly = async (): Promise<void> => {
    // A function, since the value changes elsewhere.
    const isOver = (): boolean => !isWriting
    while (!isOver()) {
      await read()
      await new Promise((done) => setImmediate(done))
    }
    await read()
  }
  await Promise.all([write().finally(stop), ...Array.from({ length: readers }, readRepeatedly)])
}
