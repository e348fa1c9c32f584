/** Grammars, keys and hostile URL paths for tests of keys. */
import * as fc from "fast-check"

import { decodePath, type Refusal } from "../../src/sizes/decode-path.ts"
import type { Format } from "../../src/sizes/format.ts"
import {
  type Grammar,
  type OriginalKey,
  type Parsed,
  parseKey,
  type Reading,
  toOriginalKey,
} from "../../src/sizes/key.ts"
import { INFO, parseSizeList, type SizeInput, type SizeList } from "../../src/sizes/list.ts"

/** A list that has to be valid. */
export const listOf = (...inputs: readonly SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list
}

/** A grammar with a named size, retired sizes and a retired format. */
export const GRAMMAR: Grammar = {
  sizes: listOf("360x270", "480h", "1280w", { size: "800x800", name: "card" }),
  formats: ["avif", "webp"],
  retired: { sizes: ["640w", "banner"], formats: ["png"] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
}

/** A key that has to be valid. */
export const keyOf = (text: string): OriginalKey => {
  const original = toOriginalKey(text)
  if (original === undefined) throw new Error(`not a key of an original: ${text}`)
  return original
}

/** Decodes and parses a raw URL path. */
export const parse = (path: string, grammar: Grammar = GRAMMAR): Parsed | Refusal => {
  const segments = decodePath(path)
  return "refused" in segments ? segments : parseKey(segments, grammar)
}

/** The readings of a path as texts, `original size format`, or why it is rejected. */
export const meanings = (path: string, grammar: Grammar = GRAMMAR): readonly string[] => {
  const parsed = parse(path, grammar)
  if ("refused" in parsed) return [parsed.refused]
  return parsed.readings.map(({ original, size, format }) =>
    [original, size === INFO ? INFO : size.name, format ?? "base"].join(" "),
  )
}

/** Why a path is rejected; undefined if it is accepted. */
export const refusalOf = (path: string, grammar: Grammar = GRAMMAR): Refusal | undefined => {
  const parsed = parse(path, grammar)
  return "refused" in parsed ? parsed : undefined
}

/** Parts of names that often cause bugs: escapes and texts like escapes, sizes, extensions, two spellings of one letter. */
const PIECES = [
  "a B 7 . .. - _ ~ % %25 %2F %20 + # ? & = : @ ; , ! ' ( ) * [ ] { | ^ \" <",
  "ü u\u0308 é e\u0301 中 😀 \u200b \u202e",
  ".jpg .JPG .jpeg .webp .WEBP .avif .png .gif .json 360x270 480h card info 640w",
].flatMap((pieces) => pieces.split(" "))
const segment = fc
  .array(fc.constantFrom(" ", ...PIECES), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(""))
  .filter((text) => text !== "." && text !== "..")

/** Valid keys of originals. */
export const originalKeys: fc.Arbitrary<OriginalKey> = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => keyOf(segments.join("/")))

/** {@link GRAMMAR} with several lists of formats, with and without a shared store. */
export const grammars: fc.Arbitrary<Grammar> = fc
  .tuple(fc.subarray<Format>(["avif", "webp", "jpeg", "gif"]), fc.boolean())
  .map(([formats, sharedStore]) => Object.assign({}, GRAMMAR, { formats, sharedStore }))
const sizesIn = ({ sizes }: Grammar): fc.Arbitrary<Reading["size"]> => fc.constantFrom<Reading["size"]>(INFO, ...sizes)
const readingsIn = (grammar: Grammar): fc.Arbitrary<Reading> =>
  fc
    .tuple(originalKeys, sizesIn(grammar), fc.constantFrom(undefined, ...grammar.formats))
    .map(([original, size, format]) => ({ original, size, format: size === INFO ? undefined : format }))

/** A grammar with a reading that it allows. */
export const grammarsAndReadings: fc.Arbitrary<[Grammar, Reading]> = grammars.chain((grammar) =>
  fc.tuple(fc.constant(grammar), readingsIn(grammar)),
)

const joined = (text: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...text.split(" ")), { maxLength }).map((some) => some.join(""))
const DOTS =
  ". .. ... %2e %2E%2e %252e %2f %2F %5c \\ %00 \0 %0a %7f \u0085 % %2 %zz %c0%ae %ff %ed%a0%80 \ud800 \udc00 é 😀"

/** Hostile URL paths. Most have a size in the right place, since others are rejected early. */
export const hostilePaths: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(
      joined(`${DOTS} / / a C: etc 480h`, 4),
      fc.constantFrom("480h", "card", INFO, "640w"),
      joined(`${DOTS} a`, 3),
      fc.constantFrom("", ".webp", ".avif", ".png", ".json", ".jpg.webp"),
    )
    .map(([directory, size, file, extension]) => `/${directory}/${size}/${file}${extension}`.replace(/^\/\//, "/")),
  joined(`${DOTS} / / / // a ~ C: photo.jpg .webp webp /480h/ /card/ /info/ 480h .json ?x=1 #`, 12).map(
    (text) => `/${text}`,
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.string({ unit: "binary" }).map((text) => `/480h/${text}`),
)
