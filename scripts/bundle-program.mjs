// Bundles a program of the package: the command line, or the render process.
import { writeFileSync } from "node:fs"
import { relative, resolve } from "node:path"

import { rolldown } from "rolldown"

import { licencesOf } from "./licences.mjs"

// In a bundle, `import.meta.url` is that of the bundle. It becomes that of the module in dist/, where the files beside it are.
const ownUrls = (output) => ({
  name: "URLs of modules",
  transform: {
    filter: { id: /\/src\/.*\.ts$/, code: /import\.meta\.url/ },
    handler: (code, id) => {
      const own = relative(resolve(output), resolve("dist", relative(resolve("src"), id))).replace(/\.ts$/, ".js")
      return code.replaceAll("import.meta.url", `new URL(${JSON.stringify(own)}, import.meta.url).href`)
    },
  },
})

const loader = (name) =>
  name.startsWith("node:")
    ? "const load = process.getBuiltinModule"
    : `import { createRequire } from "node:module"\nconst load = (name) => createRequire(import.meta.url)(name)`

/** Functions and classes that load their module when they are called. */
const lateSource = (name, exports) => `${loader(name)}
const late = (name) => {
  const get = () => load(${JSON.stringify(name)})[name]
  const call = function (...values) { return new.target ? Reflect.construct(get(), values) : get()(...values) }
  return Object.defineProperty(call, Symbol.hasInstance, { value: (value) => value instanceof get() })
}
${Object.entries(exports)
  .filter(([key, value]) => key !== "default" && typeof value === "function")
  .map(([key]) => `export const ${key} = /* @__PURE__ */ late(${JSON.stringify(key)})`)
  .join("\n")}`

/** Exports of a Node module. An `import` evaluates all of them, even those for which Node loads more of its modules. */
const builtInSource = (name, exports) => `const all = process.getBuiltinModule(${JSON.stringify(name)})
export default all
${Object.keys(exports)
  .filter((key) => key !== "default")
  .map((key) => `export const ${key} = /* @__PURE__ */ (() => all.${key})()`)
  .join("\n")}`

/** Packages in CommonJS require Node's modules. */
const requiredSource = (name) => `module.exports = process.getBuiltinModule(${JSON.stringify(name)})`

const [IMPORTED, REQUIRED] = ["\0imported:", "\0required:"]

const outerModules = (late) => ({
  name: "modules outside the bundle",
  resolveId: (source, _, { kind }) => {
    if (kind === "import-statement" && (source.startsWith("node:") || late.has(source))) return IMPORTED + source
    if (kind !== "require-call" || !source.startsWith("node:")) return undefined
    return (late.has(source) ? IMPORTED : REQUIRED) + source
  },
  load: async (id) => {
    const name = id.replace(/^\0\w+:/, "")
    if (id.startsWith(REQUIRED)) return requiredSource(name)
    if (id.startsWith(IMPORTED)) return (late.has(name) ? lateSource : builtInSource)(name, await import(name))
    return undefined
  },
})

/**
 * Bundles a program, and writes the licences of its packages beside it.
 * @param options `input` by name; `output` folder; `bundled` names of the packages that become part of it, all others are loaded from
 * node_modules; `late` names of modules that are loaded when one of their functions is called; `codeSplitting` as rolldown's option, false for one file
 * @returns names of the written files
 */
export const bundleProgram = async ({ input, output: dir, bundled, late, codeSplitting }) => {
  const isExternal = (source) =>
    /^[^./\0]/.test(source) && !source.startsWith("node:") && !late.has(source) && !bundled.has(source)
  const bundle = await rolldown({
    input,
    platform: "node",
    external: isExternal,
    plugins: [ownUrls(dir), outerModules(late)],
    transform: { target: "node20.19" },
  })
  const { output } = await bundle.write({
    dir,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    hashCharacters: "base36",
    codeSplitting,
    // Names stay, for stack traces.
    minify: { compress: false, mangle: false },
    comments: false,
  })
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
  const inputs = Object.fromEntries(modules.map((path) => [relative(".", path), {}]))
  writeFileSync(`${dir}/LICENCES.txt`, licencesOf({ inputs }))
  return new Set(output.map(({ fileName }) => fileName))
}
