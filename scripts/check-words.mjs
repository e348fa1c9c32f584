// node scripts/check-words.mjs [paths]: finds the words and constructions of scripts/words/retired.mjs in comments, docs, messages and
// test titles. Prints file:line:word and the form to write instead, then a line for each folder. Fails if there is more than one hit in
// 1 000 words over all files checked. Paths may be folders; without any, it checks every file that git tracks.
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join, relative, resolve } from "node:path"

import { proseOf } from "./words/prose.mjs"
import { RETIRED, RETIRED_CASED } from "./words/retired.mjs"

const ROOT = resolve(import.meta.dirname, "..")
const MAX_HITS_PER_1000_WORDS = 1

/** The list itself, and texts that are not ours to change. */
const EXCLUDED = new Set(["LICENSE", "CODE_OF_CONDUCT.md", "scripts/words/retired.mjs"])

const toPattern =
  (flags) =>
  ([pattern, instead]) => ({
    pattern: new RegExp(
      String.raw`(?<![\p{L}\d_-])(?:${pattern.replaceAll(" ", String.raw`\s+`)})(?![\p{L}\d_-])`,
      flags,
    ),
    instead,
  })
const PATTERNS = [...RETIRED.map(toPattern("giu")), ...RETIRED_CASED.map(toPattern("gu"))]

/** Folders of generated or foreign files, for places without git. */
const SKIPPED = /(?:^|[\\/])(?:\.git|coverage|dist|node_modules|venv)(?:[\\/]|$)/

const walk = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !SKIPPED.test(relative(path, entry.parentPath)))
        .map((entry) => join(entry.parentPath, entry.name))
    : [path]

/** Files that git tracks or would track. Without git, all files. */
const allFiles = () => {
  try {
    const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" })
    return list
      .trim()
      .split("\n")
      .map((name) => join(ROOT, name))
  } catch {
    return walk(ROOT)
  }
}

const filesOf = (paths) =>
  (paths.length > 0 ? paths.flatMap(walk) : allFiles())
    .map((path) => relative(ROOT, resolve(path)))
    .filter((name) => !EXCLUDED.has(name) && existsSync(join(ROOT, name)))

const hitsIn = (text, prose) =>
  PATTERNS.flatMap(({ pattern, instead }) =>
    Array.from(prose.matchAll(pattern), ({ index, 0: match }) => ({
      index,
      line: text.slice(0, index).split("\n").length,
      word: match.replaceAll(/\s+/g, " "),
      instead,
    })),
  )
    .toSorted((a, b) => a.index - b.index)
    .filter(({ index }, at, hits) => hits[at - 1]?.index !== index)

const checkFile = (file) => {
  const text = readFileSync(join(ROOT, file), "utf8")
  const prose = proseOf(file, text)
  if (prose === undefined) return []
  const [folder] = /^(?:src|test|bench|examples)\/[^/]+(?=\/)|^[^/]+(?=\/)|^/.exec(file)
  return [
    { file, folder: folder || ".", hits: hitsIn(text, prose), words: prose.match(/\p{L}[\p{L}'’-]*/gu)?.length ?? 0 },
  ]
}

const rateOf = (results) => {
  const hits = results.reduce((sum, result) => sum + result.hits.length, 0)
  const words = results.reduce((sum, result) => sum + result.words, 0)
  return { hits, words, rate: words > 0 ? (hits / words) * 1000 : 0 }
}

const toLine = (name, { hits, words, rate }) =>
  `${name.padEnd(22)} ${String(hits).padStart(6)} hits ${String(words).padStart(8)} words ${rate.toFixed(1).padStart(7)} in 1 000`

const results = filesOf(process.argv.slice(2)).flatMap(checkFile)
for (const { file, hits } of results)
  for (const { line, word, instead } of hits) console.log(`${file}:${line}:${word}  (${instead})`)

const total = rateOf(results)
for (const folder of new Set(results.map((result) => result.folder))) {
  const rate = rateOf(results.filter((result) => result.folder === folder))
  if (rate.hits > 0) console.log(toLine(folder, rate))
}
console.log(toLine("all", total))
if (total.rate > MAX_HITS_PER_1000_WORDS) {
  console.error("Too many retired words: at most 1 in 1 000. See scripts/words/retired.mjs for the plain forms.")
  process.exitCode = 1
}
