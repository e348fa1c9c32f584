/** Responsible for facts about source files: their imports, in every form, the cycles these form, and the identifiers used. */
import { posix } from "node:path"

import { parseSync, Visitor } from "oxc-parser"

/** `to` is a path relative to src, a package or a module of Node.js. `isType` if nothing of it is left at run time. */
export interface Import {
  readonly from: string
  readonly to: string
  readonly isType: boolean
}

interface Specifier {
  readonly importKind?: "type" | "value"
  readonly exportKind?: "type" | "value"
}

const isTypeOnly = (kind: "type" | "value" | null | undefined, specifiers: readonly Specifier[]): boolean =>
  kind === "type" ||
  (specifiers.length > 0 &&
    specifiers.every(({ importKind, exportKind }) => importKind === "type" || exportKind === "type"))

/** Every import in a source file, in order: static, dynamic, re-exported, by `createRequire`, and `typeof import()`. */
export const importsOf = (from: string, text: string): readonly Import[] => {
  const found: Import[] = []
  const add = (source: unknown, isType: boolean): void => {
    if (typeof source !== "string") return
    found.push({ from, to: source.startsWith(".") ? posix.join(posix.dirname(from), source) : source, isType })
  }
  new Visitor({
    ImportDeclaration: ({ source, importKind, specifiers }) =>
      add(source.value, isTypeOnly(importKind, specifiers as readonly Specifier[])),
    ExportNamedDeclaration: ({ source, exportKind, specifiers }) =>
      add(source?.value, isTypeOnly(exportKind, specifiers)),
    ExportAllDeclaration: ({ source, exportKind }) => add(source.value, exportKind === "type"),
    ImportExpression: ({ source }) => add(source.type === "Literal" ? source.value : undefined, false),
    TSImportType: ({ source }) => add(source.value, true),
    CallExpression: ({ callee, arguments: [argument] }) => {
      const isRequire =
        callee.type === "CallExpression" &&
        callee.callee.type === "Identifier" &&
        callee.callee.name === "createRequire"
      if (isRequire && argument?.type === "Literal") add(argument.value, false)
    },
  }).visit(parseSync(from, text).program)
  return found
}

/** The first cycle found from each file that is in one, as `a → b → a`; type imports count. */
export const cyclesIn = (imports: readonly Import[]): readonly string[] => {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])
  const finished = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start !== -1) cycles.push([...path.slice(start), file].join(" → "))
    if (start !== -1 || finished.has(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...path, file])
    finished.add(file)
  }
  for (const file of targets.keys()) visit(file, [])
  return cycles
}

/** Every identifier in a source file, and `object.property` for each property of one. Comments and strings do not count. */
export const identifiersOf = (file: string, text: string): ReadonlySet<string> => {
  const found = new Set<string>()
  new Visitor({
    Identifier: ({ name }) => {
      found.add(name)
    },
    MemberExpression: ({ object, property }) => {
      if (object.type === "Identifier" && property.type === "Identifier") found.add(`${object.name}.${property.name}`)
    },
  }).visit(parseSync(file, text).program)
  return found
}
