// Bundles the command line, since loading a hundred modules takes two thirds of the start of `serve`. Each command is a file of its own,
// and so is the code that several of them share.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, relative, resolve } from "node:path"

import { build } from "esbuild"

import { licencesOf } from "./licences.mjs"

/** Packages that every start needs. All others are loaded from node_modules when they are used. */
const BUNDLED = new Set(["commander", "env-paths", "fastest-levenshtein", "is-safe-filename", "lru-cache", "valibot"])

const OUTPUT = "dist/cli"

// In a bundle, `import.meta.url` is that of the bundle. It becomes that of the module in dist/, where the files beside it are.
const ownUrls = {
  name: "URLs of modules",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8")
      if (!text.includes("import.meta.url")) return undefined
      const own = relative(resolve(OUTPUT), resolve("dist", relative(resolve("src"), path))).replace(/\.ts$/, ".js")
      const url = `new URL(${JSON.stringify(own)}, import.meta.url).href`
      return { contents: text.replaceAll("import.meta.url", url), loader: "ts", resolveDir: dirname(path) }
    })
  },
}

/** Modules that a server needs after its first requests, if at all: loading them takes as long as 20 modules of our own. */
const LAZY = new Set(["node:crypto", "node:https", "@rgrove/parse-xml"])

/** Functions and classes that load their module when they are called. */
const lazySource = (module, names) => `
const lazy = (name) => {
  const load = () => require(${JSON.stringify(module)})[name]
  const call = function (...values) { return new.target ? Reflect.construct(load(), values) : load()(...values) }
  return Object.defineProperty(call, Symbol.hasInstance, { value: (value) => value instanceof load() })
}
${names.map((name) => `export const ${name} = /* @__PURE__ */ lazy(${JSON.stringify(name)})`).join("\n")}`

const lazyModules = {
  name: "modules that are loaded at the first call",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === "import-statement" && LAZY.has(path) ? { path, namespace: "lazy" } : undefined,
    )
    onLoad({ filter: /.*/, namespace: "lazy" }, async ({ path }) => {
      const exports = Object.entries(await import(path)).filter(
        ([name, value]) => name !== "default" && typeof value === "function",
      )
      return {
        contents: lazySource(
          path,
          exports.map(([name]) => name),
        ),
      }
    })
  },
}

const otherPackages = {
  name: "packages that are not bundled",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point" || BUNDLED.has(path) || path.startsWith("node:")) return undefined
      return { path, external: true }
    })
  },
}

/** Replaces the compiled modules of `dist/cli`, apart from the programs that commands start. */
export const bundleCli = async () => {
  const { metafile } = await build({
    entryPoints: { main: "src/cli/main.ts" },
    outdir: OUTPUT,
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    plugins: [ownUrls, lazyModules, otherPackages],
    // Commander is a CommonJS package that requires Node's modules.
    banner: {
      js: `import { createRequire as requireFrom } from "node:module"\nconst require = requireFrom(import.meta.url)`,
    },
    allowOverwrite: true,
    // Names stay, for stack traces.
    minifyWhitespace: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  })
  const written = new Set(Object.keys(metafile.outputs))
  for (const name of readdirSync(OUTPUT, { recursive: true, encoding: "utf8" }))
    if (/\.(?:js|js\.map)$/.test(name) && !written.has(`${OUTPUT}/${name}`) && !name.startsWith("demo-images."))
      rmSync(`${OUTPUT}/${name}`)
  writeFileSync(`${OUTPUT}/LICENCES.txt`, licencesOf(metafile))
}
