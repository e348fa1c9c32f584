/** Responsible for the pages in Markdown: their length, and that their links and the files that they name exist. */
import { existsSync, readFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { dirname, join } from "node:path"

import { expect, it } from "vitest"

import { PACKAGE } from "./support/command.ts"

const read = (path: string): string => readFileSync(join(PACKAGE, path), "utf8")

/** All pages of the project itself. */
const pages = async (): Promise<readonly string[]> => {
  const names = await readdir(PACKAGE)
  const docs = await readdir(join(PACKAGE, "docs"), { recursive: true })
  return [...names, ...docs.map((name) => `docs/${name}`), "test/README.md"].filter((name) => name.endsWith(".md"))
}

const wordsIn = (text: string): number => text.split(/\s+/).filter(Boolean).length

/** Paragraphs, list items and table cells, without code blocks. */
const piecesOf = (page: string): readonly string[] =>
  page
    .replaceAll(/^```.*?^```$/gms, "\n")
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=\|)|\|/)
    .map((piece) => piece.trim())

it.each([
  ["README.md", 900],
  ["ARCHITECTURE.md", 1200],
])("%s has at most %d words, and no paragraph or table cell over 60", (page, limit) => {
  expect(wordsIn(read(page))).toBeLessThanOrEqual(limit)
  expect(piecesOf(read(page)).filter((piece) => wordsIn(piece) > 60)).toEqual([])
})

it("every decision record is at most a page long, and has context, decision and consequences", async () => {
  for (const name of await readdir(join(PACKAGE, "docs/decisions"))) {
    const page = read(`docs/decisions/${name}`)
    expect(name).toMatch(/^\d{3}-[a-z0-9-]+\.md$/)
    const headings: readonly string[] = page.match(/^## .*$/gm) ?? []
    const missing = ["## Context", "## Decision", "## Consequences"].filter((heading) => !headings.includes(heading))
    expect({ name, missing }).toEqual({ name, missing: [] })
    expect({ name, isShort: wordsIn(page) <= 600 }).toEqual({ name, isShort: true })
  }
})

it("no two decision records have the same number", async () => {
  const numbers = (await readdir(join(PACKAGE, "docs/decisions"))).map((name) => name.slice(0, 3))
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([])
})

it("every relative link leads to a file", async () => {
  for (const page of await pages()) {
    const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)].map(([, link = ""]) => link)
    expect({ page, missing: links.filter((link) => !existsSync(join(PACKAGE, dirname(page), link))) }).toEqual({
      page,
      missing: [],
    })
  }
})

it("every source file and test that the pages for contributors name exists", () => {
  for (const page of ["ARCHITECTURE.md", "CONTRIBUTING.md", "test/README.md", "docs/security.md"]) {
    const named = [...read(page).matchAll(/`([a-z0-9-]+(?:\/[a-z0-9-]+)*\/?(?:\.[a-z.]+)?)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => path.includes("/") && !path.startsWith("npm"))
    const places = (path: string): readonly string[] =>
      ["", "src", "test"].flatMap((folder) => ["", ".ts", ".test.ts"].map((end) => join(PACKAGE, folder, path + end)))
    expect({ page, missing: named.filter((path) => !places(path).some((place) => existsSync(place))) }).toEqual({
      page,
      missing: [],
    })
  }
})

it("every table that CONTRIBUTING.md names is in its file", () => {
  const named = [...read("CONTRIBUTING.md").matchAll(/`([A-Z_a-z]+)` of `(src\/[^`]+)`/g)]
  expect(named.length).toBeGreaterThan(5)
  const missing = named.filter(([, name = "", file = ""]) => !new RegExp(`\\b${name}\\b`).test(read(file)))
  expect(missing.map(([text]) => text)).toEqual([])
})

it("the map of ARCHITECTURE.md has every folder of src", async () => {
  const rows =
    read("ARCHITECTURE.md")
      .match(/^\| `[a-z-].*?\|/gm)
      ?.join() ?? ""
  const entries = await readdir(join(PACKAGE, "src"), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  expect(folders.filter((name) => !rows.includes(`\`${name}/\``))).toEqual([])
})
