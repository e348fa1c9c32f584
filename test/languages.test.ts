/**
 * Tests of docs/url-vectors.json, and of the functions in docs/clients.md: each is extracted from the page and has to compute all URL paths
 * of the vectors.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

import { describe, expect, it } from "vitest"

import { decodePath } from "../src/sizes/decode-path.ts"
import { type Format, formatOfName } from "../src/sizes/format.ts"
import { encodeKey, type Grammar, parseKey } from "../src/sizes/key.ts"
import { parseSizeList, type SizeInput } from "../src/sizes/list.ts"
import { publishList } from "../src/sizes/published.ts"
import { PACKAGE } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"
import { findTools } from "./support/tools.ts"

interface Vector {
  readonly original: string
  readonly size: string
  readonly format: Format | null
  readonly path: string
}

const VECTORS = join(PACKAGE, "docs", "url-vectors.json")
const { sizes, formats, vectors } = JSON.parse(readFileSync(VECTORS, "utf8")) as {
  readonly sizes: readonly SizeInput[]
  readonly formats: readonly Format[]
  readonly vectors: readonly Vector[]
}
const PAGE = readFileSync(join(PACKAGE, "docs", "clients.md"), "utf8")
const [, SECTION = ""] = /^## URLs in any language\n([\s\S]*?)(?:^## |$(?![\s\S]))/m.exec(PAGE) ?? []

/** The only block of the section in a language. */
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

/** Vectors for which a function returns another path. */
const wrongFor = (toPath: (vector: Vector) => string): readonly Vector[] =>
  vectors.filter((vector) => toPath(vector) !== vector.path)

/** Computes paths correctly, except for the encoding of segments. */
const withEncoder =
  (encode: (segment: string) => string) =>
  ({ original, size, format }: Vector): string => {
    const directory = original.split("/")
    const file = directory.pop() ?? ""
    const ending = size === "info" ? ".json" : format === null ? "" : `.${format}`
    return ["", ...directory, size, file + ending].map(encode).join("/")
  }

describe("docs/url-vectors.json", () => {
  it("url-vectors.json contains paths that parse to their original, size and format", () => {
    const grammar = grammarOf(sizes, formats)
    const misread = vectors.filter(({ original, size, format, path }) => {
      const segments = decodePath(path)
      const parsed = "refused" in segments ? segments : parseKey(segments, grammar)
      if ("refused" in parsed) return true
      return !parsed.readings.some(
        (reading) =>
          reading.original === original &&
          (reading.size === "info" ? "info" : reading.size.name) === size &&
          (reading.format ?? null) === format,
      )
    })
    expect(misread).toEqual([])
  })

  it("url-vectors.json contains all special characters and all kinds of names", () => {
    const originals = [...new Set(vectors.map(({ original }) => original))]
    expect(vectors.length).toBeGreaterThan(150)
    expect(new Set(vectors.map((vector) => JSON.stringify(vector))).size).toBe(vectors.length)
    const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
    const special = printable.filter((character) => /[^A-Za-z0-9/\\]/.test(character))
    expect(special.filter((character) => !originals.some((original) => original.includes(character)))).toEqual([])
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
      "text similar to an escape": (original) => /%[0-9A-F]{2}/.test(original),
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

  it("url-vectors.json is plain ASCII, which editors do not normalise", () => {
    expect(readFileSync(VECTORS, "utf8")).toMatch(/^[\n -~]+$/)
  })

  it("url-vectors.json detects incorrect encoders", () => {
    expect(wrongFor(withEncoder(encodeKey))).toEqual([])
    const others: Readonly<Record<string, (segment: string) => string>> = {
      nothing: (segment) => segment,
      encodeURI,
      encodeURIComponent,
      "for forms": (segment) => new URLSearchParams({ "": segment }).toString().slice(1),
      "in lower case": (segment) => encodeKey(segment).replace(/%../g, (escape) => escape.toLowerCase()),
      composing: (segment) => encodeKey(segment.normalize("NFC")),
      decomposing: (segment) => encodeKey(segment.normalize("NFD")),
      twice: (segment) => encodeKey(encodeKey(segment)),
      "decoding first": (segment) => encodeKey(segment.replace(/%[0-7][0-9A-F]/g, decodeURIComponent)),
      "a tilde too": (segment) => encodeKey(segment).replaceAll("~", "%7E"),
    }
    const undetected = Object.entries(others).filter(([, encode]) => wrongFor(withEncoder(encode)).length === 0)
    expect(undetected.map(([name]) => name)).toEqual([])
  })
})

describe("docs/clients.md", () => {
  it("clients.md shows a list exactly as a server publishes it", () => {
    const example = JSON.parse(blockIn("json")) as ReturnType<typeof publishList>
    expect(example).toEqual(publishList(grammarOf(example.sizes, example.formats)))
  })
})

const run = promisify(execFile)

/** How to run each language, and code that reads the vectors, computes all paths, and prints them as JSON. */
const LANGUAGES = [
  {
    name: "PHP",
    tool: "php",
    block: "php",
    before: "<?php\n",
    after: `
$paths = [];
foreach (json_decode(file_get_contents($argv[1]), true)['vectors'] as $vector)
    $paths[] = imgtailor_path($vector['original'], $vector['size'], $vector['format']);
echo json_encode(['paths' => $paths, 'src' => $src]);
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
paths = [imgtailor_path(vector["original"], vector["size"], vector["format"]) for vector in vectors]
print(json.dumps({"paths": paths, "src": src}))
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
paths = vectors.map { |vector| imgtailor_path(vector["original"], vector["size"], vector["format"]) }
puts JSON.generate({ paths: paths, src: src })
`,
  },
] as const

describe.each(LANGUAGES)("docs/clients.md in $name", ({ tool, block, before, after }) => {
  const found = findTools(tool)

  it.skipIf(found === undefined)(
    "the function in clients.md computes all paths, and the URL in its comment",
    async () => {
      const program = join(await temporaryFolder(), "program")
      const snippet = blockIn(block)
      await writeFile(program, before + snippet + after)
      const { stdout } = await run(found?.[tool] ?? "", [program, VECTORS])
      const { paths, src } = JSON.parse(stdout) as { readonly paths: readonly string[]; readonly src: string }
      expect(paths.length).toBe(vectors.length)
      expect(vectors.filter(({ path }, at) => path !== paths[at])).toEqual([])
      expect(snippet).toContain(` ${src}\n`)
    },
  )
})
