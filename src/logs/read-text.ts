/**
 * Responsible for reading long texts in pieces: decompressing gzip, decoding UTF-8, and splitting into lines, or for XML and HTML into tags.
 *
 * Invariants:
 * - Memory is bounded: a piece longer than the limit is skipped.
 */
import { Readable } from "node:stream"
import { createGunzip } from "node:zlib"

/** Pieces of a text, in its order. */
export interface Pieces {
  /** `tags` for a text that begins with `<`: each piece is the text after a `<`. */
  readonly kind: "lines" | "tags"
  readonly pieces: readonly string[]
}

/** Longest line, in characters. Longer ones are no requests. */
const MAX_PIECE = 65_536

async function* withFirst(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

/** The first bytes, at least as many as gzip's mark has, if there are any. */
const readFirst = async (iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> => {
  let first = new Uint8Array()
  while (first.length < 2) {
    const next = await iterator.next()
    if (next.done) break
    first = Buffer.concat([first, next.value])
  }
  return first
}

/** The same bytes, decompressed if they are gzip (RFC 1952), in one or more members. */
async function* decompress(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await readFirst(iterator)
  const all = withFirst(first, iterator)
  const isGzip = first[0] === 0x1f && first[1] === 0x8b
  if (!isGzip) return yield* all
  const source = Readable.from(all, { objectMode: false })
  const gunzip = createGunzip()
  source.on("error", (error) => gunzip.destroy(error))
  yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>
}

/** Undefined until the text has a character that is not blank. */
const kindOf = (text: string): Pieces["kind"] | undefined => {
  const first = /[^\s\ufeff]/.exec(text)?.[0]
  return first === undefined ? undefined : first === "<" ? "tags" : "lines"
}

/** Splits a text that comes in parts. */
interface Splitter {
  /** The pieces that are complete. */
  readonly split: (text: string) => Pieces | undefined
  /** The last piece. */
  readonly end: (text: string) => Pieces | undefined
}

const createSplitter = (): Splitter => {
  let kind: Pieces["kind"] | undefined
  let rest = ""
  let isSkipping = false
  const split = (text: string): Pieces | undefined => {
    kind ??= kindOf(text)
    if (!kind) return undefined
    const pieces = (rest + text).split(kind === "tags" ? "<" : "\n")
    rest = pieces.pop() ?? ""
    // The first piece is the end of one that was too long.
    if (isSkipping && pieces.length > 0) {
      pieces.shift()
      isSkipping = false
    }
    if (rest.length > MAX_PIECE) {
      rest = ""
      isSkipping = true
    }
    return { kind, pieces }
  }
  return {
    split,
    end: (text) => {
      const last = split(text)
      return last && { kind: last.kind, pieces: isSkipping ? last.pieces : [...last.pieces, rest] }
    },
  }
}

/**
 * Reads a text in pieces.
 * @param chunks bytes of a text, plain or gzip
 * @throws {Error} truncated or damaged gzip, or an error of the source
 * @example
 * for await (const { pieces } of readText(createReadStream("access.log.gz"))) for (const line of pieces) …
 */
export async function* readText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Pieces> {
  const decoder = new TextDecoder()
  const { split, end } = createSplitter()
  for await (const chunk of decompress(chunks)) {
    const found = split(decoder.decode(chunk, { stream: true }))
    if (found) yield found
  }
  const last = end(decoder.decode())
  if (last) yield last
}
