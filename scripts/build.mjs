// Compiles src/ into an empty dist/: a file that was removed from src/ must not stay in the package. Then each function for AWS becomes
// one file of its own, as `imgtailor package` puts it into a zip: readable, since it may be read in the console's editor.
import { execFileSync } from "node:child_process"
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"

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
