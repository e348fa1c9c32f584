/**
 * docs/clients.md in the languages that it speaks: each function is taken out of the page as it stands there, and makes every address of
 * docs/url-vectors.json.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

import { describe, expect, it } from "vitest"

import { type Format, formatOfName } from "../src/sizes/format.ts"
import { decodePath, encodeKey, type Grammar, parseKey } from "../src/sizes/key.ts"
import { parseSizeList, type SizeInput } from "../src/sizes/list.ts"
import { publishList } from "../src/sizes/published.ts"
import { PACKAGE } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"
import { findTools } from "./support/tools.ts"

interface Vector {
  readonly original: string
  readonly size: string
  readonly format: Format | null
  readonly address: string
}

const VECTORS = join(PACKAGE, "docs", "url-vectors.json")
const { sizes, formats, vectors } = JSON.parse(readFileSync(VECTORS, "utf8")) as {
  readonly sizes: readonly SizeInput[]
  readonly formats: readonly Format[]
  readonly vectors: readonly Vector[]
}
const PAGE = readFileSync(join(PACKAGE, "docs", "clients.md"), "utf8")
const [, SECTION = ""] = /^## Addresses from any language\n([\s\S]*?)(?:^## |$(?![\s\S]))/m.exec(PAGE) ?? []

/** The section's one block in a language. */
const blockIn = (language: string): string => {
  const [block, ...others] = Array.from(SECTION.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm), ([, name, text = ""]) => ({
    name,
    text,
  })).filter(({ name }) => name === language)
  expect([block?.text, others], `docs/clients.md has one block of ${language}`).toEqual([expect.any(String), []])
  return block?.text ?? ""
}

const grammarOf = (inputs: readonly SizeInput[], listed: readonly Format[]): Grammar => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  const maxBytes = { segment: 255, key: 1024 }
  return {
    sizes: parsed.list,
    formats: listed,
    retired: { sizes: [], formats: [] },
    sharedStore: false,
    maxBytes,
  }
}

/** Vectors that a way of making addresses gets wrong. */
const wrongBy = (pathOf: (vector: Vector) => string): readonly Vector[] =>
  vectors.filter((vector) => pathOf(vector) !== vector.address)

/** An address as it should be, but for how a segment is encoded. */
const withEncoder =
  (encode: (segment: string) => string) =>
  ({ original, size, format }: Vector): string => {
    const directory = original.split("/")
    const file = directory.pop() ?? ""
    const ending = size === "info" ? ".json" : format === null ? "" : `.${format}`
    return ["", ...directory, size, file + ending].map(encode).join("/")
  }

describe("docs/url-vectors.json", () => {
  it("has addresses that mean what they were made of", () => {
    const grammar = grammarOf(sizes, formats)
    const lost = vectors.filter(({ original, size, format, address }) => {
      const segments = decodePath(address)
      const parsed = "refused" in segments ? segments : parseKey(segments, grammar)
      if ("refused" in parsed) return true
      return !parsed.readings.some(
        (reading) =>
          reading.original === original &&
          (reading.size === "info" ? "info" : reading.size.name) === size &&
          (reading.format ?? null) === format,
      )
    })
    expect(lost).toEqual([])
  })

  it("has every awkward character and every kind of name", () => {
    const originals = [...new Set(vectors.map(({ original }) => original))]
    expect(vectors.length).toBeGreaterThan(150)
    expect(new Set(vectors.map((vector) => JSON.stringify(vector))).size).toBe(vectors.length)
    const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
    const awkward = printable.filter((character) => /[^A-Za-z0-9/\\]/.test(character))
    expect(awkward.filter((character) => !originals.some((original) => original.includes(character)))).toEqual([])
    const kinds: Readonly<Record<string, (original: string) => boolean>> = {
      "no directory": (original) => !original.includes("/"),
      "a deep directory": (original) => original.split("/").length > 8,
      "a leading dot": (original) => original.startsWith("."),
      "no extension": (original) => formatOfName(original) === undefined && !original.includes("."),
      "an extension in capitals": (original) => /\.[A-Z]+$/.test(original),
      "two extensions": (original) => original.endsWith(".jpg.webp"),
      composed: (original) => original !== original.normalize("NFD"),
      decomposed: (original) => original !== original.normalize("NFC"),
      "beyond the basic plane": (original) => /[\u{10000}-\u{10ffff}]/u.test(original),
      "from right to left": (original) => /[\u0590-\u06ff]/.test(original),
      "an escape that is none": (original) => /%[0-9A-F]{2}/.test(original),
    }
    expect(Object.keys(kinds).filter((kind) => !originals.some(kinds[kind] ?? Boolean))).toEqual([])
    for (const format of [...formats, null])
      expect(
        vectors.some((vector) => vector.format === format),
        `for ${format}`,
      ).toBe(true)
    const names = ["info", ...grammarOf(sizes, formats).sizes.map(({ name }) => name)]
    expect([...new Set(vectors.map(({ size }) => size))].toSorted()).toEqual(names.toSorted())
  })

  it("is no text that an editor may normalise", () => {
    expect(readFileSync(VECTORS, "utf8")).toMatch(/^[\n -~]+$/)
  })

  it("finds encoders out that do it another way", () => {
    expect(wrongBy(withEncoder(encodeKey))).toEqual([])
    const others: Readonly<Record<string, (segment: string) => string>> = {
      nothing: (segment) => segment,
      encodeURI,
      encodeURIComponent,
      "of forms": (segment) => new URLSearchParams({ "": segment }).toString().slice(1),
      "in lower case": (segment) => encodeKey(segment).replace(/%../g, (escape) => escape.toLowerCase()),
      composing: (segment) => encodeKey(segment.normalize("NFC")),
      decomposing: (segment) => encodeKey(segment.normalize("NFD")),
      twice: (segment) => encodeKey(encodeKey(segment)),
      "decoding first": (segment) => encodeKey(segment.replace(/%[0-7][0-9A-F]/g, decodeURIComponent)),
      "a tilde too": (segment) => encodeKey(segment).replaceAll("~", "%7E"),
    }
    const right = Object.entries(others).filter(([, encode]) => wrongBy(withEncoder(encode)).length === 0)
    expect(right.map(([name]) => name)).toEqual([])
  })
})

describe("docs/clients.md", () => {
  it("shows the list of a server as one publishes it", () => {
    const shown = JSON.parse(blockIn("json")) as ReturnType<typeof publishList>
    expect(shown).toEqual(publishList(grammarOf(shown.sizes, shown.formats)))
  })
})

const run = promisify(execFile)

/** How each language is run, and what in it reads the vectors, makes an address of each, and prints them as JSON. */
const LANGUAGES = [
  {
    name: "PHP",
    tool: "php",
    block: "php",
    before: "<?php\n",
    after: `
$made = [];
foreach (json_decode(file_get_contents($argv[1]), true)['vectors'] as $vector)
    $made[] = imgtailor_path($vector['original'], $vector['size'], $vector['format']);
echo json_encode(['made' => $made, 'src' => $src]);
`,
  },
  {
    name: "Python",
    tool: "python3",
    block: "python",
    before: "",
    after: `
import json, sys
vectors = json.load(open(sys.argv[1], encoding="utf-8"))["vectors"]
made = [imgtailor_path(vector["original"], vector["size"], vector["format"]) for vector in vectors]
print(json.dumps({"made": made, "src": src}))
`,
  },
  {
    name: "Ruby",
    tool: "ruby",
    block: "ruby",
    before: "",
    after: `
require "json"
vectors = JSON.parse(File.read(ARGV[0], encoding: "UTF-8"))["vectors"]
made = vectors.map { |vector| imgtailor_path(vector["original"], vector["size"], vector["format"]) }
puts JSON.generate({ made: made, src: src })
`,
  },
] as const

describe.each(LANGUAGES)("docs/clients.md in $name", ({ tool, block, before, after }) => {
  const found = findTools(tool)

  it.skipIf(found === undefined)("makes every address, and the one that it shows", async () => {
    const program = join(await temporaryFolder(), "program")
    const snippet = blockIn(block)
    await writeFile(program, before + snippet + after)
    const { stdout } = await run(found?.[tool] ?? "", [program, VECTORS])
    const { made, src } = JSON.parse(stdout) as { readonly made: readonly string[]; readonly src: string }
    expect(made.length).toBe(vectors.length)
    expect(vectors.filter(({ address }, at) => address !== made[at])).toEqual([])
    expect(snippet).toContain(` ${src}\n`)
  })
})
