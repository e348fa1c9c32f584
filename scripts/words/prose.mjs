/**
 * Responsible for the prose in a file: the text that people read.
 *
 * Source code gives its comments, its messages (strings of three words or more, outside tests) and the titles of its tests. Markdown gives
 * everything but code, links' targets and file names. Other text files give their comments.
 *
 * Invariant: prose is returned as the file with everything else blanked out, so that an index in it is an index in the file.
 */
import { extname } from "node:path"

import { parseSync, Visitor } from "oxc-parser"

const SOURCE = new Set([".ts", ".mts", ".js", ".mjs", ".jsx", ".tsx"])
const MARKUP = new Set([".html", ".vue", ".astro", ".njk"])
const HASHED = new Set([".yml", ".yaml", ".sh", ".py", ".rb", ".conf", ".toml", ""])
const TESTERS = new Set(["describe", "it", "test"])

/** Ends a piece of prose, so that no pattern matches across two. */
const BREAK = "\0"

const blank = (text) => text.replace(/[^\n]/g, " ")

/** Names of files, paths, code and links are not prose. */
const withoutCode = (text) =>
  text
    .replace(/\{@link [^}]*\}/g, blank)
    .replace(/```[^`]*```|`[^`]*`/g, blank)
    .replace(/https?:\/\/[^\s)>"]+/g, blank)
    .replace(/(?<=\])\([^)\s]*\)/g, blank)
    .replace(/[\w@.*/{},-]+\.(?:ts|mts|mjs|js|json|md|njk|conf|yml)\b/g, blank)
    .replace(/@(?:param|throws|template) +(?:\{[^}]*\} *)?[\w.[\]-]+/g, blank)

/** The file with everything outside the ranges blanked out. */
const only = (text, ranges) => {
  const pieces = []
  let at = 0
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (start < at) continue
    // Comments of one line each that follow one another are one piece.
    const between = text.slice(at, start)
    pieces.push(at > 0 && /^\n[ \t]*\/\/ ?$/.test(between) ? blank(between) : blank(between).replace(/.$/, BREAK))
    pieces.push(withoutCode(text.slice(start, end).replace(/^[ \t]*\*+/gm, blank)))
    at = end
  }
  return [...pieces, blank(text.slice(at))].join("")
}

const isMessage = (text) => /\p{L}{2,}[,;:]? \p{L}+[,;:]? \p{L}{2,}/u.test(text)

/** `it` of `it.skipIf(…).each([…])("title")`. */
const rootOf = (callee) => {
  let node = callee
  while (node.type === "CallExpression" || node.type === "MemberExpression")
    node = node.type === "CallExpression" ? node.callee : node.object
  return node.type === "Identifier" ? node.name : undefined
}

const textRanges = (node) => {
  if (node?.type === "Literal" && typeof node.value === "string") return [[node.start + 1, node.end - 1]]
  return node?.type === "TemplateLiteral" ? node.quasis.map(({ start, end }) => [start, end]) : []
}

const sourceProse = (file, text) => {
  const { program, comments } = parseSync(file, text)
  const ranges = comments.map(({ type, start, end }) => [start + 2, type === "Block" ? end - 2 : end])
  const isTest = /\.test\.[cm]?[jt]s$|^test\//.test(file)
  const addMessage = (node) =>
    ranges.push(...textRanges(node).filter(([start, end]) => isMessage(text.slice(start, end))))
  new Visitor({
    CallExpression: (node) => {
      if (TESTERS.has(rootOf(node.callee))) ranges.push(...textRanges(node.arguments[0]))
    },
    ...(isTest ? {} : { Literal: addMessage, TemplateLiteral: addMessage }),
  }).visit(program)
  return only(text, ranges)
}

/** Without fenced code; a paragraph ends at an empty line, and a cell at its bar. */
const markdownProse = (text) =>
  withoutCode(
    text.replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2`*$/gm, blank).replace(/<!--[\s\S]*?-->|<[^>\n]+>/g, blank),
  )
    .replaceAll("|", BREAK)
    .replace(/\n(?=[ \t]*\n)/g, BREAK)

const rangesOf = (text, pattern) =>
  Array.from(text.matchAll(pattern), ({ index, 0: match }) => [index, index + match.length])

const markupProse = (text) =>
  only(text, [...rangesOf(text, /(?<=<!--)[\s\S]*?(?=-->)/g), ...rangesOf(text, /(?<=^[ \t]*\/\/).*$/gm)])

const hashedProse = (text) => only(text, rangesOf(text, /(?<=^[ \t]*#|[ \t]# )(?!!).*$/gm)).replaceAll("#", " ")

/** The prose of a file, in its place, or undefined where it has none that this reads. */
export const proseOf = (file, text) => {
  const extension = extname(file)
  if (SOURCE.has(extension)) return sourceProse(file, text)
  if (extension === ".md") return markdownProse(text)
  if (MARKUP.has(extension)) return markupProse(text)
  return HASHED.has(extension) ? hashedProse(text) : undefined
}
