// Compiles src/ into an empty dist/: a file that was removed from src/ must not stay in the package. Then each function for AWS becomes
// one file of its own, as `imgtailor package` puts it into a zip: readable, since it may be read in the console's editor.
import { execFileSync } from "node:child_process"
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"

import { transform } from "@swc/core"
import { build } from "esbuild"

rmSync("dist", { recursive: true, force: true })
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" })
chmodSync("dist/cli/main.js", 0o755)

// `require` finds packages in a layer (by NODE_PATH), which `import` does not: sharp may lie there or beside the function.
const sharpBeside = {
  name: "sharp beside or in a layer",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^sharp$/ }, () => ({ path: "sharp", namespace: "beside" }))
    onLoad({ filter: /^/, namespace: "beside" }, () => ({
      contents: `import { createRequire } from "node:module"\nexport default createRequire(import.meta.url)("sharp")\n`,
    }))
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
  plugins: [sharpBeside],
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
// A function is found by its name; there are no modules.
const bare = code.replace(/export\{handler\};$/, "")
if (bare === code) throw new Error(`Expected the edge function to end in its export, got ${code.slice(-100)}`)
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
