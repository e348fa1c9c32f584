/**
 * The shape of the code, read from the code: who may import whom, what the pure part may touch, and that the package offers what is
 * built. A rule that no machine checks is soon broken; each one here has a case that breaks it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"

import { describe, expect, it } from "vitest"

const ROOT = dirname(import.meta.dirname)
const SRC = join(ROOT, "src")

/** One import. `to` is a file of ours, a package or a module of Node's; `isType` when nothing of it is left at run time. */
interface Edge {
  readonly from: string
  readonly to: string
  readonly isType: boolean
}

interface Rule {
  /** Files that it is about: beginnings of their paths within src. */
  readonly of: readonly string[]
  /** Beginnings of what they may import. */
  readonly may: readonly string[]
  /** Beginnings of what they may import types from. */
  readonly types?: readonly string[]
}

const STORES = ["store/store.ts", "sizes/", "errors.ts", "abort.ts", "gate.ts", "lru.ts"]
/** Who may read the environment. */
const READERS: ReadonlySet<string> = new Set(["config/load.ts", "config/function.ts", "store/s3/credentials.ts"])
const PARTS =
  "client/ config/ create-tailor.ts errors.ts gate.ts get-info.ts http/ lru.ts refusals.ts render/ server/ sizes/ store/ tailor/".split(
    " ",
  )

/** Arrows point upwards only: a folder imports those above it here. The first rule that is about a file counts. */
const RULES: readonly Rule[] = [
  { of: ["errors.ts", "abort.ts", "refusals.ts"], may: ["refusals.ts"] },
  { of: ["lru.ts"], may: ["lru-cache"] },
  { of: ["gate.ts"], may: ["errors.ts"] },
  { of: ["sizes/"], may: ["sizes/"] },
  // Runs in browsers, in 2 kB.
  { of: ["client/"], may: ["sizes/", "client/"] },
  // What a framework has to be told, over the client. Of frameworks, only types.
  { of: ["integrations/"], may: ["sizes/", "client/", "integrations/"], types: ["astro", "unpic"] },
  { of: ["store/store.ts"], may: ["sizes/", "errors.ts"] },
  // One store knows nothing of another, except the one that is put in front of any.
  { of: ["store/memory.ts"], may: STORES },
  { of: ["store/cached.ts", "store/rechecked.ts"], may: [...STORES, "lru-cache"] },
  {
    of: ["store/folder", "store/file-record.ts", "store/folder-paths.ts"],
    may: [...STORES, "store/folder", "store/file-record.ts", "store/folder-paths.ts", "node:"],
    types: ["lru-cache"],
  },
  // What reading a setting and opening a folder may load of it, and then the rest.
  { of: ["store/s3/place.ts", "store/s3/lazy.ts"], may: [...STORES, "store/s3/"] },
  { of: ["store/s3/"], may: [...STORES, "store/s3/", "node:", "aws4fetch", "@rgrove/parse-xml"] },
  // No backend: what a store must do is said without knowing any.
  { of: ["testing/"], may: [...STORES, "testing/", "node:"] },
  { of: ["render/"], may: [...STORES, "render/", "sharp", "node:module", "node:crypto"] },
  // Stores, a renderer and a clock are given to it. No files, no HTTP.
  {
    of: ["tailor/"],
    may: [...STORES, "tailor/", "node:crypto", "node:timers/promises"],
    types: ["render/", "lru-cache"],
  },
  // Plain values in and out: nothing of a platform.
  { of: ["http/"], may: [...STORES, "refusals.ts", "http/", "tailor/", "unpic/providers/ipx"] },
  {
    of: ["config/"],
    may: [
      "config/",
      "sizes/",
      "errors.ts",
      "store/s3/place.ts",
      "node:",
      "c12",
      "env-paths",
      "fastest-levenshtein",
      "valibot",
    ],
    types: ["store/store.ts", "tailor/"],
  },
  {
    of: ["create-tailor.ts", "get-info.ts", "index.ts", "server/"],
    may: [...PARTS, "node:", "pino"],
  },
  // What CloudFront runs: small, pure, and nothing that has to be loaded.
  {
    of: ["aws/edge/handler.ts", "aws/edge/edge-grammar.ts", "aws/edge/main"],
    may: [
      "sizes/",
      "refusals.ts",
      "http/url-path.ts",
      "http/explain.ts",
      "http/headers.ts",
      "http/snap-path.ts",
      "aws/edge/",
    ],
  },
  // The stack is a value, made of values.
  {
    of: "policies cloudformation delivery functions events template".split(" ").map((name) => `aws/stack/${name}.ts`),
    may: ["aws/stack/", "sizes/", "store/s3/place.ts", "errors.ts"],
  },
  { of: ["aws/stack/construct.ts"], may: [...PARTS, "aws/", "node:", "aws-cdk-lib", "constructs"] },
  { of: ["aws/package.ts"], may: [...PARTS, "aws/", "node:", "fflate"] },
  { of: ["aws/"], may: [...PARTS, "aws/", "node:", "aws4fetch"] },
  {
    of: ["cli/"],
    may: [...PARTS, "aws/edge/source.ts", "aws/package.ts", "aws/stack/", "cli/", "node:", "citty", "aws-cdk-lib"],
  },
]

const startsWithOneOf = (text: string, beginnings: readonly string[]): boolean =>
  beginnings.some((beginning) => text === beginning || text.startsWith(beginning))

const ruleOf = (file: string): Rule | undefined => RULES.find(({ of }) => startsWithOneOf(file, of))

const isForbidden = ({ from, to, isType }: Edge): boolean => {
  const rule = ruleOf(from)
  if (!rule) return true
  return !startsWithOneOf(to, rule.may) && !(isType && startsWithOneOf(to, rule.types ?? []))
}

const CLAUSE = String.raw`(?:type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?)`
const FROM = new RegExp(String.raw`^(?:import|export)\s+(${CLAUSE})\s*from\s*"([^"]+)"`, "gm")
const BARE = /^import\s+"([^"]+)"/gm
const DYNAMIC = /(typeof\s+)?\b(?:import|createRequire\(import\.meta\.url\))\(\s*"([^"]+)"\s*\)/g

/** True for a clause that names types only. */
const isTypeClause = (clause: string): boolean => {
  if (/^type\s/.test(clause)) return true
  const names = /^\{([^}]*)\}$/
    .exec(clause)?.[1]
    ?.split(",")
    .map((name) => name.trim()) ?? [""]
  return names.some((name) => name !== "") && names.every((name) => name === "" || name.startsWith("type "))
}

/** Every import in the text of a file. */
const edgesOf = (from: string, text: string): readonly Edge[] => {
  const target = (specifier: string): string =>
    specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : specifier
  return [
    ...Array.from(text.matchAll(FROM), ([, clause = "", specifier = ""]) => ({
      from,
      to: target(specifier),
      isType: isTypeClause(clause),
    })),
    ...Array.from(text.matchAll(BARE), ([, specifier = ""]) => ({ from, to: target(specifier), isType: false })),
    ...Array.from(text.matchAll(DYNAMIC), ([, typeOf, specifier = ""]) => ({
      from,
      to: target(specifier),
      isType: typeOf !== undefined,
    })),
  ]
}

/** What is left of a file without comments and without the contents of strings. */
const codeOf = (text: string): string =>
  text.replace(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/.*$/gm, (match) => (match.startsWith('"') ? '""' : ""))

/** Names that a platform gives, and that pure code does without. */
const PLATFORM = [
  "process Buffer global globalThis window self document navigator location require console fetch Request Response",
  "Headers URL URLSearchParams AbortController AbortSignal Date performance crypto setTimeout setInterval setImmediate",
  "queueMicrotask TextEncoder TextDecoder structuredClone random eval",
].flatMap((words) => words.split(" "))

/** Words that some folders never use. */
const WORDS: readonly { readonly of: readonly string[]; readonly never: readonly string[] }[] = [
  { of: ["sizes/"], never: PLATFORM },
  // Its clock is given to it; HTTP is others' business.
  { of: ["tailor/"], never: ["Date", "Request", "Response", "Headers", "URL", "process"] },
  { of: ["http/", "render/", "store/store.ts", "testing/"], never: ["process"] },
  {
    of: [
      "aws/edge/handler.ts",
      "aws/edge/edge-grammar.ts",
      "aws/edge/main",
      "http/url-path.ts",
      "http/explain.ts",
      "http/ipx.ts",
      "http/snap-path.ts",
      "refusals.ts",
    ],
    // Ours are plain values of that name.
    never: PLATFORM.filter((word) => word !== "Headers"),
  },
]

const wordsIn = (file: string, text: string): readonly string[] => {
  const never = WORDS.filter(({ of }) => startsWithOneOf(file, of)).flatMap((rule) => rule.never)
  const used = new Set(codeOf(text).match(/[\w$]+/g))
  return never.filter((word) => used.has(word))
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
const textOf = (file: string): string => readFileSync(join(SRC, file), "utf8")
const edges = files.flatMap((file) => edgesOf(file, textOf(file)))
const show = ({ from, to, isType }: Edge): string => `${from} → ${isType ? "type of " : ""}${to}`

describe("imports", () => {
  it("point upwards only", () => {
    expect(edges.filter(isForbidden).map(show)).toEqual([])
  })

  it("have a rule for every file", () => {
    expect(files.filter((file) => !ruleOf(file))).toEqual([])
  })

  it("lead to files that are there, in full", () => {
    const ours = edges.filter(
      ({ to }) => to.includes("/") && !/^(?:node:|@|aws-cdk-lib\/|unpic\/)/.test(to) && !to.startsWith("timers"),
    )
    const missing = ours.filter(({ to }) => !to.endsWith(".ts") || !existsSync(join(SRC, to)))
    expect(missing.map(show)).toEqual([])
  })

  it("have one place that loads the image library", () => {
    expect(edges.filter(({ to, isType }) => to === "sharp" && !isType).map(({ from }) => from)).toEqual([
      "render/sharp.ts",
    ])
  })

  it("have one that loads what reads others' addresses, and only when it is asked for", () => {
    expect(edges.filter(({ to }) => to.startsWith("unpic")).map(({ from }) => from)).toEqual(["http/handle.ts"])
    expect(textOf("http/handle.ts")).toContain('await import("unpic/providers/ipx")')
  })

  it("leave tests out of what is shipped", () => {
    expect(edges.filter(({ to }) => /\.test\.ts$|^vitest|^fast-check/.test(to)).map(show)).toEqual([])
  })

  it.each<[string, string, boolean]>([
    ["errors.ts", "sizes/key.ts", false],
    ["errors.ts", "sizes/key.ts", true],
    ["sizes/key.ts", "node:path", false],
    ["sizes/key.ts", "errors.ts", false],
    ["sizes/key.ts", "store/store.ts", true],
    ["store/store.ts", "store/folder.ts", true],
    ["store/memory.ts", "store/folder.ts", false],
    ["store/cached.ts", "store/memory.ts", false],
    ["store/folder-originals.ts", "render/sharp.ts", true],
    ["testing/store-contract.ts", "store/memory.ts", false],
    ["render/pipeline.ts", "tailor/make.ts", true],
    ["render/render.ts", "store/folder.ts", false],
    ["tailor/make.ts", "render/render.ts", false],
    ["tailor/make.ts", "store/folder.ts", true],
    ["tailor/make.ts", "node:fs", false],
    ["tailor/make.ts", "node:fs/promises", false],
    ["tailor/make.ts", "sharp", true],
    ["tailor/answer.ts", "http/answer.ts", true],
    ["http/handle.ts", "store/folder.ts", false],
    ["http/handle.ts", "render/render.ts", false],
    ["http/handle.ts", "node:http", true],
    ["config/load.ts", "server/node.ts", false],
    ["config/resolve.ts", "tailor/tailor.ts", false],
    ["server/node.ts", "cli/main.ts", true],
    ["index.ts", "cli/main.ts", false],
    ["aws/redirect.ts", "cli/main.ts", false],
    ["aws/lambda.ts", "sharp", false],
    ["aws/edge/handler.ts", "errors.ts", false],
    ["aws/edge/edge-grammar.ts", "node:fs/promises", false],
    ["server/node.ts", "aws/events.ts", false],
    ["aws/lambda.ts", "aws-cdk-lib", false],
    ["aws/stack/policies.ts", "node:fs", false],
    ["aws/stack/template.ts", "config/resolve.ts", false],
    ["aws/stack/stack.ts", "aws-cdk-lib", false],
    ["create-tailor.ts", "sharp", false],
    ["cli/demo.ts", "sharp", false],
    ["somewhere/new.ts", "sizes/key.ts", false],
  ])("are found out when they break a rule: %s → %s", (from, to, isType) => {
    expect(isForbidden({ from, to, isType })).toBe(true)
  })

  it("are found in every form", () => {
    const text = `
import { a } from "./a.ts"
import {
  type B,
  type C,
} from "../errors.ts"
import { type D, e } from "./e.ts"
import type { F } from "./f.ts"
import * as g from "node:g"
import h from "h"
import i, { type J } from "i"
import "./k.ts"
export { l } from "./l.ts"
export type * from "./m.ts"
export * from "./n.ts"
const o = await import("o")
type P = typeof import("p")
const q = createRequire(import.meta.url)("q")
export const r = 1
`
    expect(edgesOf("sizes/x.ts", text).map(show)).toEqual([
      "sizes/x.ts → sizes/a.ts",
      "sizes/x.ts → type of errors.ts",
      "sizes/x.ts → sizes/e.ts",
      "sizes/x.ts → type of sizes/f.ts",
      "sizes/x.ts → node:g",
      "sizes/x.ts → h",
      "sizes/x.ts → i",
      "sizes/x.ts → sizes/l.ts",
      "sizes/x.ts → type of sizes/m.ts",
      "sizes/x.ts → sizes/n.ts",
      "sizes/x.ts → sizes/k.ts",
      "sizes/x.ts → o",
      "sizes/x.ts → type of p",
      "sizes/x.ts → q",
    ])
  })

  it("are all found: as many as there are lines that have one", () => {
    const lines = (text: string): number =>
      text.match(/(?:^|[\s}])from "[^"]+"$|^import "|(?:\bimport|import\.meta\.url\))\("/gm)?.length ?? 0
    expect(files.filter((file) => edgesOf(file, textOf(file)).length !== lines(textOf(file)))).toEqual([])
  })
})

describe("words", () => {
  it("of a platform are used only where there is one", () => {
    expect(files.flatMap((file) => wordsIn(file, textOf(file)).map((word) => `${file}: ${word}`))).toEqual([])
  })

  it("process.env is read where settings are, by the command line for its terminal, and for what Amazon's programs share", () => {
    const readers = files.filter((file) => /\bprocess\s*\.\s*env\b/.test(codeOf(textOf(file))))
    expect(readers.filter((file) => !READERS.has(file) && !file.startsWith("cli/"))).toEqual([])
  })

  it("are found out when they break a rule, and not in comments and strings", () => {
    const text = `/** A Date. */\nconst url = "https://URL/process" // fetch\nconst now = Date.now() + Math.random()\n`
    expect(wordsIn("sizes/x.ts", text)).toEqual(["Date", "random"])
    expect(wordsIn("tailor/x.ts", text)).toEqual(["Date"])
    expect(wordsIn("server/x.ts", text)).toEqual([])
  })
})

describe("files", () => {
  it("begin by saying what they are for", () => {
    expect(
      files.filter((file) => !/^(?:#![^\n]*\n)?\/\*\* ?\S|^(?:#![^\n]*\n)?\/\*\*\n \* \S/.test(textOf(file))),
    ).toEqual([])
  })

  it("have names in kebab case", () => {
    expect(files.filter((file) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(file))).toEqual(
      [],
    )
  })
})

describe("package.json", () => {
  const { exports, bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
    readonly bin: Readonly<Record<string, string>>
  }
  const entries = Object.entries(exports).flatMap(([name, entry]) =>
    typeof entry === "string" ? [] : [{ name, ...entry }],
  )
  const built = [...entries.flatMap((entry) => [entry.types, entry.default]), ...Object.values(bin)]
  const sourceOf = (path: string): string => path.replace(/^(?:\.\/)?dist\//, "").replace(/(?:\.d\.ts|\.js)$/, ".ts")

  it("offers types beside every entry, from the same source", () => {
    expect(entries.length).toBeGreaterThan(4)
    expect(entries.filter((entry) => sourceOf(entry.types) !== sourceOf(entry.default))).toEqual([])
    expect(entries.filter((entry) => Object.keys(entry).join() !== "name,types,default")).toEqual([])
  })

  it("offers nothing that has no source", () => {
    expect(built.filter((path) => !files.includes(sourceOf(path)))).toEqual([])
  })

  it.skipIf(!existsSync(join(ROOT, "dist")))("offers nothing that is not built", () => {
    expect(built.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it("offers no internals", () => {
    const open = Object.entries(exports).filter(([name]) => name.includes("*"))
    expect(open).toEqual([])
    expect(Object.values(exports).filter((entry) => typeof entry === "string")).toEqual(["./package.json"])
  })
})
