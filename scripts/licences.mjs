// The notices of the licences of bundled packages, which the licences require.
import { readdirSync, readFileSync } from "node:fs"

/** All notices as one text, from the metafile of esbuild. */
export const licencesOf = (metafile) => {
  const folders = Object.keys(metafile.inputs).map((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .toSorted((a, b) => a.localeCompare(b))
    .map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
      if (!file) throw new Error(`Expected a licence in ${folder}`)
      return `${folder.slice("node_modules/".length)}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`
    })
    .join(`\n${"-".repeat(80)}\n\n`)
}
