/**
 * Responsible for the structure of the code: which folder may import which, import cycles, the names that pure code may use, and the
 * entries of package.json. Each rule also has a case that breaks it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

import { describe, expect, it } from "vitest"

import { SERVICE_NAMES } from "../src/compat/names.ts"
import { cyclesIn, identifiersOf, type Import, importsOf } from "./support/source-code.ts"

const ROOT = dirname(import.meta.dirname)
const SRC = join(ROOT, "src")

interface Rule {
  /** Prefixes of the files that the rule is for, relative to src. */
  readonly of: readonly string[]
  /** Prefixes of the files and packages that they may import. */
  readonly may: readonly string[]
  /** Prefixes that they may import types from. */
  readonly types?: readonly string[]
}

const STORES = [
  "store/store.ts",
  "store/key-order.ts",
  "sizes/",
  "error-codes.ts",
  "errors.ts",
  "abort.ts",
  "gate.ts",
  "lru.ts",
  "retry.ts",
]
/** Modules that all remote stores share. */
const REMOTE = [
  ...STORES,
  "store/scheme.ts",
  "store/notices.ts",
  "store/transport.ts",
  "store/content-encoding.ts",
  "store/bounded-call.ts",
  "store/witnesses.ts",
  "store/prefix.ts",
  "store/cache-tag.ts",
  "store/object-record.ts",
  "store/read-stream.ts",
  "store/remove-each.ts",
]
/** Files that may read the environment. */
const READERS: ReadonlySet<string> = new Set([
  "config/load.ts",
  "render/pool/child-connection.ts",
  "aws/function-config.ts",
  "aws/log.ts",
  "store/s3/credentials.ts",
  "store/s3/region.ts",
  "store/azure/credentials.ts",
])
const PARTS =
  "abort.ts changes.ts client/ compat/ config/ create-tailor.ts error-codes.ts errors.ts find-originals.ts gate.ts get-info.ts health.ts hooks.ts http/ keep-for.ts log-entry.ts metrics/ lru.ts open-changes.ts open-stores.ts request-reports.ts retry.ts reusable-memory.ts refusals.ts render/ server/ sizes/ store/ tailor-methods.ts tailor/ tracing/ webhook.ts".split(
    " ",
  )

/** Imports point upwards only: a folder imports those above it in this table. The first rule that matches a file applies. */
const RULES: readonly Rule[] = [
  { of: ["error-codes.ts", "abort.ts", "keep-for.ts", "refusals.ts"], may: ["refusals.ts"] },
  { of: ["errors.ts"], may: ["error-codes.ts", "refusals.ts"] },
  { of: ["lru.ts"], may: ["lru-cache"] },
  { of: ["reusable-memory.ts"], may: ["node:"] },
  { of: ["hooks.ts"], may: [], types: ["tailor/decision.ts"] },
  { of: ["health.ts"], may: [], types: ["error-codes.ts", "render/renderer.ts", "store/", "tailor/decision.ts"] },
  { of: ["log-entry.ts"], may: ["errors.ts", "hooks.ts"] },
  { of: ["gate.ts"], may: ["errors.ts"] },
  // Optional packages, loaded only where they are switched on.
  {
    of: ["metrics/"],
    may: ["errors.ts", "http/", "tailor/decision.ts", "metrics/", "prom-client"],
    types: ["health.ts", "hooks.ts", "store/observed.ts", "tailor/render-slots.ts"],
  },
  {
    of: ["tracing/"],
    may: ["errors.ts", "http/url-path.ts", "tailor/decision.ts", "tracing/", "@opentelemetry/api"],
    types: ["http/"],
  },
  { of: ["retry.ts"], may: ["node:timers/promises"] },
  { of: ["sizes/"], may: ["sizes/"] },
  // Runs in browsers, in 2 kB.
  { of: ["client/"], may: ["sizes/", "client/"] },
  // Adapters for frameworks, built on the client. They import only types of a framework.
  { of: ["integrations/"], may: ["sizes/", "client/", "integrations/", "react", "vue"], types: ["astro", "unpic"] },
  // The page of the studio runs in browsers. It shares only types with the server.
  {
    of: ["studio/page/"],
    may: ["studio/page/", "preact", "@preact/signals", "uplot", "ssim.js"],
    types: ["studio/api.ts", "sizes/"],
  },
  { of: ["store/store.ts", "store/key-order.ts"], may: ["sizes/", "errors.ts"] },
  // Stores do not import each other, except the wrappers around any store.
  { of: ["store/memory.ts", "store/observed.ts", "store/prefixed.ts"], may: STORES },
  { of: ["store/excluded.ts"], may: [...STORES, "picomatch"] },
  { of: ["store/focal-points.ts"], may: ["sizes/"] },
  { of: ["store/focal-file.ts"], may: ["errors.ts", "store/focal-points.ts", "node:fs"] },
  { of: ["store/focal-object.ts"], may: [...STORES, "store/focal-points.ts", "store/registry.ts", "store/scheme.ts"] },
  { of: ["store/focal-source.ts"], may: ["store/focal-", "store/registry.ts"] },
  { of: ["store/focal-originals.ts"], may: STORES },
  { of: ["store/extra-original.ts"], may: [...STORES, "node:crypto"] },
  { of: ["store/cached.ts", "store/rechecked.ts"], may: [...STORES, "lru-cache"] },
  {
    of: ["store/folder", "store/file-record.ts"],
    may: [
      ...STORES,
      "store/scheme.ts",
      "store/notices.ts",
      "store/meta-fields.ts",
      "reusable-memory.ts",
      "store/folder",
      "store/remove-each.ts",
      "store/file-record.ts",
      "node:",
    ],
    types: ["lru-cache"],
  },
  { of: ["store/scheme.ts", "store/lazy.ts", "store/notices.ts", "store/prefix.ts"], may: STORES },
  { of: ["store/cache-tag.ts"], may: [...STORES, "node:crypto"] },
  { of: ["store/unstorage/"], may: [...REMOTE, "store/meta-fields.ts", "store/unstorage/", "node:crypto"] },
  {
    of: ["store/meta-fields.ts", "store/object-record.ts", "store/read-stream.ts", "store/remove-each.ts"],
    may: STORES,
  },
  // Parts of the stores on other machines.
  { of: ["store/transport.ts", "store/content-encoding.ts"], may: [...STORES, "node:"] },
  { of: ["store/witnesses.ts"], may: STORES },
  { of: ["store/bounded-call.ts"], may: [...STORES, "store/transport.ts"] },
  // The table of schemes is loaded with the settings; a store, only when it is used.
  {
    of: ["store/registry.ts"],
    may: [
      ...STORES,
      "store/scheme.ts",
      "store/lazy.ts",
      "store/folder-scheme.ts",
      "store/s3/scheme.ts",
      "store/http/scheme.ts",
      "store/azure/scheme.ts",
      "store/google/scheme.ts",
    ],
  },
  {
    of: ["store/sources.ts"],
    may: [...STORES, "store/scheme.ts", "store/registry.ts", "store/prefixed.ts", "store/rechecked.ts"],
  },
  { of: ["store/s3/"], may: [...REMOTE, "store/s3/", "node:", "aws4fetch", "@rgrove/parse-xml"] },
  { of: ["store/azure/"], may: [...REMOTE, "store/azure/", "@azure/storage-blob"] },
  { of: ["store/google/"], may: [...REMOTE, "store/google/", "@google-cloud/storage"] },
  { of: ["store/http/"], may: [...REMOTE, "store/http/", "node:"] },
  // The contract of a store does not depend on any store.
  { of: ["testing/"], may: [...STORES, "testing/", "node:"] },
  { of: ["render/pool/"], may: [...STORES, "reusable-memory.ts", "render/", "node:", "valibot"] },
  { of: ["render/optional/"], may: [...STORES, "render/", "libheif-js/wasm-bundle", "node:"], types: ["sharp"] },
  {
    of: ["render/"],
    may: [...STORES, "render/", "sharp", "@rgrove/parse-xml", "exif-reader", "node:module", "node:crypto", "node:zlib"],
  },
  // Receives stores, a renderer and a clock. No files, no HTTP.
  {
    of: ["tailor/"],
    may: [...STORES, "tailor/", "node:crypto", "node:timers/promises"],
    types: ["render/", "lru-cache"],
  },
  // URLs of other services: pure parsers. Their names are also those of a setting.
  { of: ["compat/signature.ts"], may: ["sizes/", "node:crypto"] },
  { of: ["compat/"], may: ["sizes/", "compat/", "unpic/providers/"] },
  // Reading logs, and what commands compute from them and from a list.
  { of: ["logs/"], may: ["logs/", "node:"] },
  { of: ["units.ts"], may: [] },
  {
    of: ["migrate/"],
    may: ["migrate/", "logs/", "compat/", "http/compat.ts", "http/url-path.ts", "sizes/", "units.ts", "node:"],
  },
  // Checks of a machine, of servers and of pages.
  // Chromium is optional, and loaded for pages only.
  { of: ["doctor/"], may: [...PARTS, "doctor/", "logs/", "nginx/", "units.ts", "node:", "playwright-core"] },
  // Changes of the list: counts of stored renditions, the cost of a new list, and requested sizes.
  {
    of: ["redesign/"],
    may: [
      "redesign/",
      "compat/",
      "migrate/",
      "logs/",
      "http/url-path.ts",
      "sizes/",
      "store/store.ts",
      "abort.ts",
      "errors.ts",
    ],
    types: ["render/renderer.ts", "tailor/freshness.ts"],
  },
  { of: ["nginx/"], may: ["nginx/", "compat/", "http/headers.ts", "sizes/"] },
  // Plain values in and out, without platform APIs.
  {
    of: ["http/"],
    may: [...STORES, "keep-for.ts", "refusals.ts", "compat/", "http/", "tailor/"],
    types: ["health.ts"],
  },
  {
    of: ["config/"],
    may: [
      "config/",
      "compat/names.ts",
      "sizes/",
      "errors.ts",
      "store/registry.ts",
      "store/sources.ts",
      "store/s3/region.ts",
      "node:",
      "c12",
      "env-paths",
      "fastest-levenshtein",
      "valibot",
      "@rgrove/parse-xml",
    ],
    types: ["hooks.ts", "store/store.ts", "tailor/"],
  },
  {
    of: [
      "create-tailor.ts",
      "tailor-methods.ts",
      "open-stores.ts",
      "request-reports.ts",
      "open-changes.ts",
      "changes.ts",
      "webhook.ts",
      "get-info.ts",
      "find-originals.ts",

      "index.ts",
      "server/",
    ],
    may: [...PARTS, "node:"],
  },
  // Explanations use the functions that answer requests, and nothing of a server.
  {
    of: ["explain/"],
    may: [
      "error-codes.ts",
      "errors.ts",
      "explain/",
      "http/",
      "render/check-side.ts",
      "render/possible-formats.ts",
      "render/steps/plan.ts",
      "sizes/",
      "store/store.ts",
      "tailor/",
      "units.ts",
    ],
    types: ["compat/", "config/options.ts", "create-tailor.ts", "render/", "store/"],
  },
  {
    of: ["studio/api.ts", "studio/live-api.ts"],
    may: [],
    types: ["explain/explanation.ts", "sizes/", "studio/live-api.ts"],
  },
  // The page has only the types of the server.
  {
    of: ["studio/page/"],
    may: ["studio/page/", "client/", "sizes/", "preact", "@preact/", "uplot"],
    types: ["studio/api.ts"],
  },
  // Loaded only where it is switched on.
  { of: ["studio/"], may: [...PARTS, "explain/", "studio/", "node:"] },
  { of: ["aws/edge/source.ts"], may: [...PARTS, "aws/edge/", "node:"] },
  // Runs in CloudFront functions: small, pure, no dependencies.
  {
    of: ["aws/edge/"],
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
  // The CloudFormation template is a pure value.
  {
    of: "alarms buckets cloudformation delivery events functions lambda policies setup stack-options template"
      .split(" ")
      .map((name) => `aws/stack/${name}.ts`),
    may: ["aws/stack/", "sizes/", "store/s3/place.ts", "error-codes.ts", "errors.ts"],
  },
  { of: ["aws/stack/construct.ts"], may: [...PARTS, "aws/", "node:", "aws-cdk-lib", "constructs"] },
  { of: ["aws/package.ts"], may: [...PARTS, "aws/", "node:", "fflate"] },
  { of: ["aws/"], may: [...PARTS, "aws/", "node:", "aws4fetch", "@rgrove/parse-xml"] },
  {
    of: ["cli/"],
    may: [
      ...PARTS,
      "aws/",
      "cli/",
      "explain/",
      "studio/",
      "doctor/",
      "units.ts",
      "redesign/",
      "logs/",
      "migrate/",
      "nginx/",
      "node:",
      "commander",
      "aws-cdk-lib",
    ],
  },
]

const startsWithOneOf = (text: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => text.startsWith(prefix))

const ruleOf = (file: string): Rule | undefined => RULES.find(({ of }) => startsWithOneOf(file, of))

const isForbidden = ({ from, to, isType }: Import): boolean => {
  const rule = ruleOf(from)
  if (!rule) return true
  return !startsWithOneOf(to, rule.may) && !(isType && startsWithOneOf(to, rule.types ?? []))
}

/** Globals of browsers and of Node.js, which pure code does not use. */
const PLATFORM = [
  "process Buffer global globalThis window self document navigator location require console fetch Request Response",
  "Headers URL URLSearchParams AbortController AbortSignal Date performance crypto setTimeout setInterval setImmediate",
  "queueMicrotask TextEncoder TextDecoder structuredClone random eval",
].flatMap((words) => words.split(" "))

/** Names that some folders never use. */
const WORDS: readonly {
  readonly of: readonly string[]
  readonly except?: readonly string[]
  readonly never: readonly string[]
}[] = [
  { of: ["sizes/"], never: PLATFORM },
  // The clock is a parameter; HTTP belongs to http/.
  { of: ["tailor/"], never: ["Date", "Request", "Response", "Headers", "URL", "process"] },
  { of: ["http/", "render/", "store/store.ts", "testing/"], except: ["render/pool/"], never: ["process"] },
  {
    of: ["aws/edge/", "http/url-path.ts", "http/explain.ts", "http/compat.ts", "http/snap-path.ts", "refusals.ts"],
    except: ["aws/edge/source.ts"],
    // `Headers` is the name of a plain type of ours.
    never: PLATFORM.filter((word) => word !== "Headers"),
  },
]

const wordsIn = (file: string, text: string): readonly string[] => {
  const never = WORDS.filter(
    ({ of, except = [] }) => startsWithOneOf(file, of) && !startsWithOneOf(file, except),
  ).flatMap((rule) => rule.never)
  const used = identifiersOf(file, text)
  return never.filter((word) => used.has(word))
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file))
const textOf = (file: string): string => readFileSync(join(SRC, file), "utf8")
const imports = files.flatMap((file) => importsOf(file, textOf(file)))
const show = ({ from, to, isType }: Import): string => `${from} → ${isType ? "type of " : ""}${to}`

describe("imports", () => {
  it("imports point upwards only", () => {
    expect(imports.filter(isForbidden).map(show)).toEqual([])
  })

  it("every file has a rule for its imports", () => {
    expect(files.filter((file) => !ruleOf(file))).toEqual([])
  })

  it("every rule is for files that exist", () => {
    const named = [...RULES, ...WORDS].flatMap(({ of }) => of)
    expect(named.filter((start) => !files.some((file) => file.startsWith(start)))).toEqual([])
  })

  it("imports name existing files, with their extension", () => {
    const internal = imports.filter(
      ({ to }) =>
        to.includes("/") &&
        !/^(?:node:|@|aws-cdk-lib\/|libheif-js\/|preact\/|unpic\/)/.test(to) &&
        !to.startsWith("timers"),
    )
    const missing = internal.filter(({ to }) => !/\.tsx?$/.test(to) || !existsSync(join(SRC, to)))
    expect(missing.map(show)).toEqual([])
  })

  it("only render/sharp.ts imports sharp", () => {
    expect(imports.filter(({ to, isType }) => to === "sharp" && !isType).map(({ from }) => from)).toEqual([
      "render/sharp.ts",
    ])
  })

  it("each compat service is loaded only when it is needed, and only services import unpic", () => {
    const services = new Set(SERVICE_NAMES.map((name) => `compat/${name}.ts`))
    const users = imports.filter(({ to, isType }) => to.startsWith("unpic") && !isType).map(({ from }) => from)
    expect(users.length).toBeGreaterThan(0)
    expect(users.filter((from) => !services.has(from))).toEqual([])
    const table = textOf("compat/services.ts")
    expect(SERVICE_NAMES.filter((name) => !table.includes(`await import("./${name}.ts")`))).toEqual([])
    const others = imports.filter(({ from, to }) => services.has(to) && !from.startsWith("compat/"))
    expect(others.map(show)).toEqual([])
  })

  it("no shipped file imports a test or a test library", () => {
    expect(imports.filter(({ to }) => /\.test\.ts$|^vitest|^fast-check/.test(to)).map(show)).toEqual([])
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
    ["render/pipeline.ts", "tailor/miss.ts", true],
    ["render/render.ts", "store/folder.ts", false],
    ["tailor/miss.ts", "render/render.ts", false],
    ["tailor/miss.ts", "store/folder.ts", true],
    ["tailor/miss.ts", "node:fs", false],
    ["tailor/miss.ts", "node:fs/promises", false],
    ["tailor/miss.ts", "sharp", true],
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
    ["aws/edge/fast-path.ts", "node:fs/promises", false],
    ["server/node.ts", "aws/events.ts", false],
    ["aws/lambda.ts", "aws-cdk-lib", false],
    ["aws/stack/policies.ts", "node:fs", false],
    ["aws/stack/template.ts", "config/resolve.ts", false],
    ["aws/stack/stack.ts", "aws-cdk-lib", false],
    ["create-tailor.ts", "sharp", false],
    ["cli/demo.ts", "sharp", false],
    ["somewhere/new.ts", "sizes/key.ts", false],
  ])("an import that breaks a rule is found: %s → %s", (from, to, isType) => {
    expect(isForbidden({ from, to, isType })).toBe(true)
  })

  it("imports are found in every form", () => {
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
export { type s, type t } from "./s.ts"
export const r = 1
`
    expect(importsOf("sizes/x.ts", text).map(show)).toEqual([
      "sizes/x.ts → sizes/a.ts",
      "sizes/x.ts → type of errors.ts",
      "sizes/x.ts → sizes/e.ts",
      "sizes/x.ts → type of sizes/f.ts",
      "sizes/x.ts → node:g",
      "sizes/x.ts → h",
      "sizes/x.ts → i",
      "sizes/x.ts → sizes/k.ts",
      "sizes/x.ts → sizes/l.ts",
      "sizes/x.ts → type of sizes/m.ts",
      "sizes/x.ts → sizes/n.ts",
      "sizes/x.ts → o",
      "sizes/x.ts → type of p",
      "sizes/x.ts → q",
      "sizes/x.ts → type of sizes/s.ts",
    ])
  })

  it("no imports form a cycle, type imports included", () => {
    expect(cyclesIn(imports)).toEqual([])
  })

  it("a cycle is found wherever it starts, and two imports of one file are not a cycle", () => {
    const toImport = (text: string): Import => {
      const [from = "", to = ""] = text.split(" ")
      return { from, to, isType: true }
    }
    expect(cyclesIn(["a b", "b c", "c d", "d b"].map(toImport))).toEqual(["b → c → d → b"])
    expect(cyclesIn(["a b", "b a", "c c"].map(toImport))).toEqual(["a → b → a", "c → c"])
    expect(cyclesIn(["a b", "a c", "b d", "c d"].map(toImport))).toEqual([])
  })
})

describe("names", () => {
  it("pure code uses no globals of a platform", () => {
    expect(files.flatMap((file) => wordsIn(file, textOf(file)).map((word) => `${file}: ${word}`))).toEqual([])
  })

  it("process.env is read only for settings, for the terminal and for the AWS SDK's variables", () => {
    const readers = files.filter((file) => identifiersOf(file, textOf(file)).has("process.env"))
    expect(readers.filter((file) => !READERS.has(file) && !file.startsWith("cli/"))).toEqual([])
  })

  it("a forbidden name is found, but not in comments and strings", () => {
    const text = `/** A Date. */\nconst url = "https://URL/process" // fetch\nconst now = Date.now() + Math.random() + \`a URL\`\n`
    expect(wordsIn("sizes/x.ts", text)).toEqual(["Date", "random"])
    expect(wordsIn("tailor/x.ts", text)).toEqual(["Date"])
    expect(wordsIn("server/x.ts", text)).toEqual([])
  })
})

describe("files", () => {
  it("every file begins with a head comment", () => {
    expect(
      files.filter((file) => !/^(?:#![^\n]*\n)?\/\*\* ?\S|^(?:#![^\n]*\n)?\/\*\*\n \* \S/.test(textOf(file))),
    ).toEqual([])
  })

  it("file names are in kebab case", () => {
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
  // The component for Svelte is compiled by the project that uses it.
  const entries = Object.entries(exports).flatMap(([name, entry]) =>
    typeof entry === "string" || entry.default.endsWith(".svelte") ? [] : [{ name, ...entry }],
  )
  const built = [...entries.flatMap((entry) => [entry.types, entry.default]), ...Object.values(bin)]
  const sourceOf = (path: string): string => path.replace(/^(?:\.\/)?dist\//, "").replace(/(?:\.d\.ts|\.js)$/, ".ts")

  it("every entry of package.json has types from the same source", () => {
    expect(entries.length).toBeGreaterThan(4)
    expect(entries.filter((entry) => sourceOf(entry.types) !== sourceOf(entry.default))).toEqual([])
    expect(entries.filter((entry) => Object.keys(entry).join() !== "name,types,default")).toEqual([])
  })

  it("every entry of package.json has a source file", () => {
    expect(built.filter((path) => !files.includes(sourceOf(path)))).toEqual([])
  })

  it.skipIf(!existsSync(join(ROOT, "dist")))("every entry of package.json is built", () => {
    expect(built.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it("package.json exports no internals", () => {
    const open = Object.entries(exports).filter(([name]) => name.includes("*"))
    expect(open).toEqual([])
    expect(Object.values(exports).filter((entry) => typeof entry === "string")).toEqual(["./package.json"])
  })
})
