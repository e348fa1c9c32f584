// Compiles src/ into an empty dist/: a file that was removed from src/ must not stay in the package. Then each function for AWS becomes
// one file of its own, as `imgtailor package` puts it into a zip: readable, since it may be read in the console's editor.
import { execFileSync } from "node:child_process"
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"

import { transform } from "@swc/core"
import { build } from "esbuild"

rmSync("dist", { recursive: true, force: true })
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" })
chmodSync("dist/cli/main.js", 0o755)

/** Modules of Node's that only some calls need, and of which functions alone are imported. */
const LATE = new Set(["node:crypto", "node:fs/promises", "node:timers/promises", "node:util"])

const lateFunctions = (path, names) =>
  names
    .filter((name) => /^[a-z]/.test(name))
    .map((name) => `export const ${name} = (...values) => require(${JSON.stringify(path)}).${name}(...values)\n`)
    .join("")

/** Marked as pure, so that what nobody imports is never looked at. */
const exportsOf = (path, names) =>
  [
    `const all = require(${JSON.stringify(path)})`,
    "export default all",
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ (() => all.${name})()`),
  ].join("\n")

// `import` of a module of Node's evaluates everything that it exports, however lazily Node would have made it: of node:http that is all
// of `fetch`, 30 ms of a cold start on Node 24. `require` does not.
const requireBuiltins = {
  name: "modules of Node's by require",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "built in" } : { external: true },
    )
    onLoad({ filter: /^/, namespace: "built in" }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== "default")
      return { contents: LATE.has(path) ? lateFunctions(path, names) : exportsOf(path, names) }
    })
  },
}

// Of the classes of `fetch`, the signer of requests uses one: as much of it as it does, in place of the 20 to 30 ms that Node takes to
// make them all.
const ownHeaders = {
  name: "headers without fetch",
  setup: ({ onLoad }) => {
    onLoad({ filter: /aws4fetch\.esm\.mjs$/ }, ({ path }) => ({ contents: `${HEADERS}${readFileSync(path, "utf8")}` }))
  },
}
const HEADERS = `class Headers extends Map {
  constructor(values) { super(Object.entries(values)) }
  has(name) { return super.has(name.toLowerCase()) }
  get(name) { return super.get(name.toLowerCase()) ?? null }
  set(name, value) { return super.set(name.toLowerCase(), String(value).trim()) }
  delete(name) { return super.delete(name.toLowerCase()) }
}
`

// Where folders of renditions are by default, which a function never keeps: it would load much of Node to find out.
const noHome = {
  name: "no home",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^env-paths$/ }, () => ({ path: "env-paths", namespace: "no-home" }))
    onLoad({ filter: /^/, namespace: "no-home" }, () => ({ contents: `export default () => ({ cache: "/tmp" })` }))
  },
}

const { metafile } = await build({
  entryPoints: {
    redirect: "src/aws/redirect.ts",
    direct: "src/aws/lambda.ts",
    sync: "src/aws/sync.ts",
    batch: "src/aws/batch.ts",
  },
  outdir: "dist/functions",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Loaded by the command line alone.
  external: ["c12"],
  plugins: [requireBuiltins, ownHeaders, noHome],
  banner: {
    js: `import { createRequire as requireFrom } from "node:module"\nconst require = requireFrom(import.meta.url)`,
  },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
})

// CloudFront's runtime 2.0 has ES5.1 and a little more (CloudFront Developer Guide, "JavaScript runtime 2.0 features"), and takes 10 KB.
const edge = await build({
  entryPoints: ["src/aws/edge/main.ts"],
  bundle: true,
  format: "esm",
  platform: "neutral",
  legalComments: "none",
  write: false,
  logLevel: "warning",
})
const { code } = await transform(edge.outputFiles[0].text, {
  configFile: false,
  swcrc: false,
  env: {
    targets: "ie 11",
    exclude: ["transform-arrow-functions", "transform-block-scoping", "transform-template-literals"],
  },
  jsc: {
    externalHelpers: true,
    assumptions: {
      arrayLikeIsIterable: true,
      iterableIsArray: true,
      objectRestNoSymbols: true,
      pureGetters: true,
      setSpreadProperties: true,
    },
    minify: { compress: { passes: 3, toplevel: true }, mangle: { toplevel: true, reserved: ["handler"] } },
  },
  minify: true,
})
// A function is found by its name; there are no modules. Of the compiler's helpers it needs one, which CloudFront has under another name.
const bare = code
  .replace(/import\{_ as (\w+)\}from"@swc\/helpers\/_\/_extends";/, "let $1=Object.assign;")
  .replace(/export\{handler\};$/, "")
if (/\b(?:import|export)\b/.test(bare))
  throw new Error(
    `Expected the edge function to be a script with one helper, got ${bare.slice(0, 400)} … ${bare.slice(-100)}`,
  )
writeFileSync("dist/functions/edge.js", `${bare}\n`)

// Their authors ask to be named wherever their code goes.
const packages = new Set(
  Object.keys(metafile.inputs).map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]),
)
packages.delete(undefined)
const licences = [...packages]
  .toSorted((a, b) => a.localeCompare(b))
  .map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
    if (!file) throw new Error(`Expected a licence in ${folder}`)
    return `${folder.slice("node_modules/".length)}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`
  })
writeFileSync("dist/functions/LICENCES.txt", licences.join(`\n${"-".repeat(80)}\n\n`))
