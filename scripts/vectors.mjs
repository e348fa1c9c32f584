// The contents of docs/url-vectors.json: URL paths of originals whose names are often encoded incorrectly. Plain ASCII, so that editors and
// version control do not normalise the names.
import { encodeKey, FORMATS, formatKey, parseSizeList, toOriginalKey } from "../dist/sizes/index.js"
import { AWKWARD_NAMES } from "../dist/testing/samples.js"

const SIZES = ["360x270", "320w", "480h", { size: "120x120", name: "thumb", gravity: "north", quality: 70 }]

/** Sizes with options: their URLs have their names. A size with one format has only the explicit URL, `formats` are its extensions. */
const OPTIONED = [
  { size: "600x600", name: "card", fit: "contain", background: "#ffffff", aliases: ["cards"] },
  { size: "1200x630", name: "social", gravity: "smart", format: "jpeg" },
  { size: "500w", name: "trimmed", trim: 10, formats: ["webp"] },
]

// Without slashes, which separate, and backslashes, which keys cannot contain.
const PUNCTUATION = "!\"#$%&'()*+,-.:;<=>?@[]^_`{|}~".split("")

const NAMES = [
  ...AWKWARD_NAMES,
  ...PUNCTUATION.map((character) => `a${character}b.jpg`),
  PUNCTUATION.join(""),
  // Spaces at the start and end, two spaces, and characters similar to a space.
  " .jpg",
  "two  spaces.jpg",
  "no\u00a0break.jpg",
  "zero\u200bwidth.jpg",
  "line\u2028separator.jpg",
  // Escapes of other encodings, which are ordinary characters here.
  "&amp;.jpg",
  "%.jpg",
  "%zz.jpg",
  "%u00e9.jpg",
  "%C3%A9.jpg",
  "a%2Fb.jpg",
  "+ %2B%20.jpg",
  // One, two, three and four bytes; composed, decomposed and joined letters; right-to-left text.
  "\u00ff.jpg",
  "s\u0326i.jpg",
  "\u0219i.jpg",
  "\uac00.jpg",
  "\u1100\u1161.jpg",
  "\uffff.jpg",
  "\u{10ffff}.jpg",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}.jpg",
  "\u{1f1f7}\u{1f1f4}.jpg",
  "\u05ea\u05de\u05d5\u05e0\u05d4.jpg",
  "\u0635\u0648\u0631\u0629.jpg",
  "\u202eevil.jpg",
  "\u0130stanbul.JPG",
  // Dots and extensions.
  ".jpg",
  "..jpg",
  "a..jpg",
  "IMG_0001.JPEG",
  "archive.tar.gz",
  "img.jpg.webp",
  "img.jpg.webp.avif",
  "photo.json",
  "scan.TIFF",
  // Names with a meaning elsewhere in a URL.
  "360x270",
  "info",
  "info.json",
]

const DIRECTORIES = [
  "produs_227613/img.AZ70KuRzw9.jpg",
  "a/b/c/d/e/f/g/h/i/j/photo.jpg",
  "un poz\u0103/a b/c+d/e%20f/photo 1.jpg",
  "100% & more/x=1;y=2/q?a#b.jpg",
  ".hidden/..twice/.../photo.jpg",
  "~user/(old)/it's/*!.jpg",
  "320w/thumb/info/photo.jpg",
  "\u6444\u5f71/\u{1f3fa}/cafe\u0301/caf\u00e9.jpg",
  " / /photo.jpg",
]

const parse = (sizes) => {
  const parsed = parseSizeList(sizes)
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.list
}
const list = parse(SIZES)
const optioned = parse(OPTIONED)

/** @param size a listed size, or "info" */
const vectorOf = (text, size, format) => {
  const original = toOriginalKey(text)
  if (original === undefined) throw new Error(`Expected the key of an original, got ${JSON.stringify(text)}`)
  const path = `/${encodeKey(formatKey({ original, size, format }))}`
  return { original, size: size === "info" ? size : size.name, format: format ?? null, path }
}

/** Three vectors of one original, with sizes and formats in turn. */
const vectorsOf = (original, at) => [
  vectorOf(original, list[at % list.length]),
  vectorOf(original, list[(at + 1) % list.length], FORMATS[at % FORMATS.length]),
  vectorOf(original, "info"),
]

const vectors = [
  ...["photo.jpg", "shop/a photo.png"].flatMap((original) =>
    list.flatMap((size) => [undefined, ...FORMATS].map((format) => vectorOf(original, size, format))),
  ),
  ...optioned.flatMap((size) =>
    (size.format ? [size.format] : [undefined, ...(size.formats ?? FORMATS)]).map((format) =>
      vectorOf("shop/a photo.png", size, format),
    ),
  ),
  ...[...DIRECTORIES, ...NAMES].flatMap(vectorsOf),
]

const escapeUnit = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
const toAscii = (value) => JSON.stringify(value).replace(/[^ -~]/g, escapeUnit)

const lines = new Set(vectors.map((vector) => `    ${toAscii(vector)}`))

/** The file, with a line for each vector. */
export const vectorsFile = `{
  "sizes": ${toAscii([...SIZES, ...OPTIONED])},
  "formats": ${toAscii(FORMATS)},
  "vectors": [
${[...lines].join(",\n")}
  ]
}
`
