// Bundles the page of the studio into dist/studio/page: one script, further ones for charts and for
// the worker that compares pictures, one style sheet. Names have a hash of the
// content, so that browsers keep them; index.html refers to the current ones. All URLs are relative, so any base path works.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename } from "node:path"

import { build } from "esbuild"

import { licencesOf } from "./licences.mjs"

const SOURCE = "src/studio/page"
const OUTPUT = "dist/studio/page"

const bundle = async (entryPoints, define = {}) => {
  const { metafile } = await build({
    entryPoints,
    define,
    outdir: OUTPUT,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  })
  return metafile
}

/** Replaces `dist/studio/page`. */
export const bundleStudio = async () => {
  rmSync(OUTPUT, { recursive: true, force: true })
  mkdirSync(OUTPUT, { recursive: true })
  const worker = await bundle({ worker: `${SOURCE}/photo/ssim-worker.ts` })
  const page = await bundle(
    { studio: `${SOURCE}/main.tsx`, style: `${SOURCE}/studio.css` },
    { SSIM_WORKER: JSON.stringify(`./${basename(Object.keys(worker.outputs)[0] ?? "")}`) },
  )
  const nameOf = (entry) =>
    basename(Object.keys(page.outputs).find((path) => page.outputs[path].entryPoint === entry) ?? entry)
  // The browser finds shared code only after the script; named here, both arrive together.
  const [, script] =
    Object.entries(page.outputs).find(([, { entryPoint }]) => entryPoint === `${SOURCE}/main.tsx`) ?? []
  const shared = (script?.imports ?? []).filter(({ kind }) => kind === "import-statement")
  const preloads = shared.map(({ path }) => `<link rel="modulepreload" href="${basename(path)}" />\n    `).join("")
  const html = readFileSync(`${SOURCE}/index.html`, "utf8")
    .replace("studio.css", nameOf(`${SOURCE}/studio.css`))
    .replace("main.tsx", nameOf(`${SOURCE}/main.tsx`))
    .replace("<script", `${preloads}<script`)
  writeFileSync(`${OUTPUT}/index.html`, html)
  copyFileSync(`${SOURCE}/icon.svg`, `${OUTPUT}/icon.svg`)
  writeFileSync(`${OUTPUT}/LICENCES.txt`, licencesOf({ inputs: { ...worker.inputs, ...page.inputs } }))
}
