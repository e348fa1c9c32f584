// Compiles src/ into an empty dist/, so that no removed file stays in the package. Bundles the command line, the render process and the
// page of the studio, and each AWS function into one file, as `imgtailor package` zips it. Bundles stay readable for the editor of AWS's
// console and for stack traces.
import { execFileSync } from "node:child_process"
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs"

import { transform } from "@swc/core"
import { build } from "esbuild"

import { bundleChild } from "./bundle-child.mjs"
import { bundleCli } from "./bundle-cli.mjs"
import { bundleStudio } from "./bundle-studio.mjs"
import { licencesOf } from "./licences.mjs"

rmSync("dist", { recursive: true, force: true })
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" })
await bundleCli()
await bundleChild()
await bundleStudio()
chmodSync("dist/cli/main.js", 0o755)
// Svelte's own compiler compiles the component, in the project that uses it.
const component = readFileSync("src/integrations/photo.svelte", "utf8")
writeFileSync("dist/integrations/photo.svelte", component.replace(/(from "\.\.?\/.*)\.ts"/, '$1.js"'))
copyFileSync("src/integrations/photo.svelte.d.ts", "dist/integrations/photo.svelte.d.ts")

/** Node's modules that only some calls need, and whose exports we use are functions: each function loads its module when called. */
const LATE = new Set(["node:crypto", "node:fs/promises", "node:timers/promises", "node:util"])

const lateFunctions = (path, names) =>
  names
    .filter((name) => /^[a-z]/.test(name))
    .map((name) => `export const ${name} = (...values) => require(${JSON.stringify(path)}).${name}(...values)\n`)
    .join("")

/** Marked as pure, so that the bundler drops unused exports. */
const exportsOf = (path, names) =>
  [
    `const all = require(${JSON.stringify(path)})`,
    "export default all",
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ (() => all.${name})()`),
  ].join("\n")

// An `import` of a Node module evaluates all its exports, even lazy ones. For node:http that includes `fetch`, 30 ms of a cold start on
// Node 24. `require` does not. See docs/decisions/012-cold-starts.md.
const requireBuiltins = {
  name: "require Node's modules",
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

// The signer of requests uses only `Headers` of the classes of `fetch`. This replaces it by the part that is used, because Node takes 20 to
// 30 ms to create all of them.
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

// A function never uses the default folder of renditions. Finding it would load many of Node's modules.
const noHome = {
  name: "no home folder",
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
    setup: "src/aws/setup.ts",
  },
  outdir: "dist/functions",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Used by the command line, by custom servers and by stores that functions do not use.
  external: ["@azure/storage-blob", "@google-cloud/storage", "@opentelemetry/api", "c12", "unpic/providers/*"],
  plugins: [requireBuiltins, ownHeaders, noHome],
  banner: {
    js: `import { createRequire as requireFrom } from "node:module"\nconst require = requireFrom(import.meta.url)`,
  },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
})

// CloudFront's runtime 2.0 supports ES5.1 and some later features (CloudFront Developer Guide, "JavaScript runtime 2.0 features"), and
// accepts 10 KB.
const bundleEdge = async (entry, output) => {
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "neutral",
    legalComments: "none",
    write: false,
    logLevel: "warning",
  })
  const { code } = await transform(bundle.outputFiles[0].text, {
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
  // CloudFront calls `handler` by its name and has no modules. The code needs one helper of the compiler, which equals Object.assign.
  const bare = code
    .replace(/import\{_ as (\w+)\}from"@swc\/helpers\/_\/_extends";/, "let $1=Object.assign;")
    .replace(/export\{handler\};$/, "")
  if (/\b(?:import|export)\b/.test(bare))
    throw new Error(
      `Expected the edge function to be a script with one helper, got ${bare.slice(0, 400)} … ${bare.slice(-100)}`,
    )
  writeFileSync(output, `${bare}\n`)
}
await bundleEdge("src/aws/edge/main.ts", "dist/functions/edge.js")
await bundleEdge("src/aws/edge/main-snapping.ts", "dist/functions/edge-snapping.js")

writeFileSync("dist/functions/LICENCES.txt", licencesOf(metafile))
