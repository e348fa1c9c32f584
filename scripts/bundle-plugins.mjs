// Plugins of esbuild for the programs of the package: the command line and the render process.
import { readFileSync } from "node:fs"
import { dirname, relative, resolve } from "node:path"

/**
 * In a bundle, `import.meta.url` is that of the bundle. It becomes that of the module in dist/, where the files beside it are.
 * @param output folder of the bundle
 */
export const ownUrls = (output) => ({
  name: "URLs of modules",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8")
      if (!text.includes("import.meta.url")) return undefined
      const own = relative(resolve(output), resolve("dist", relative(resolve("src"), path))).replace(/\.ts$/, ".js")
      const url = `new URL(${JSON.stringify(own)}, import.meta.url).href`
      return { contents: text.replaceAll("import.meta.url", url), loader: "ts", resolveDir: dirname(path) }
    })
  },
})

/** Functions and classes that load their module when they are called. */
const lazySource = (module, names) => `
const lazy = (name) => {
  const load = () => require(${JSON.stringify(module)})[name]
  const call = function (...values) { return new.target ? Reflect.construct(load(), values) : load()(...values) }
  return Object.defineProperty(call, Symbol.hasInstance, { value: (value) => value instanceof load() })
}
${names.map((name) => `export const ${name} = /* @__PURE__ */ lazy(${JSON.stringify(name)})`).join("\n")}`

/** @param modules names of modules that are loaded at the first call */
export const lazyModules = (modules) => ({
  name: "modules that are loaded at the first call",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === "import-statement" && modules.has(path) ? { path, namespace: "lazy" } : undefined,
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
})

/** @param bundled names of the packages that become part of the bundle; all others are loaded from node_modules */
export const otherPackages = (bundled) => ({
  name: "packages that are not bundled",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point" || bundled.has(path) || path.startsWith("node:")) return undefined
      return { path, external: true }
    })
  },
})

/** Options for every program. Names stay, for stack traces. */
export const PROGRAM = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // CommonJS packages require Node's modules.
  banner: {
    js: `import { createRequire as requireFrom } from "node:module"\nconst require = requireFrom(import.meta.url)`,
  },
  allowOverwrite: true,
  minifyWhitespace: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
}
