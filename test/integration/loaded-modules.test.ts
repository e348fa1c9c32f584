/** Tests that a store's modules and packages are loaded only by a program that uses the store. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { expect, it } from "vitest"

import { launch, PACKAGE } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"

/** Prints the URL of every module that is loaded. */
const HOOKS = `
import { writeSync } from "node:fs"
export const load = (url, context, next) => {
  writeSync(1, "loaded " + url + "\\n")
  return next(url, context)
}`
const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`
const REGISTER = dataUrl(`import { register } from "node:module"; register(${JSON.stringify(dataUrl(HOOKS))})`)

const PROGRAM = `
import { createTailor } from ${JSON.stringify(pathToFileURL(join(PACKAGE, "dist/index.js")).href)}
const [originals, renditions] = process.argv.slice(1)
const tailor = createTailor({ originals, renditions, sizes: ["320w"], isolation: "none" })
const { status } = await tailor.fetch(new Request("http://localhost/320w/a.jpg"))
console.log("status " + status)
await tailor.close()
`

/** The status of a response for an original in a store, and the modules that were loaded for it. */
const loadedFor = async (originals: string, renditions: string): Promise<readonly [string, readonly string[]]> => {
  const args = ["--import", REGISTER, "--input-type=module", "-e", PROGRAM, originals, renditions]
  const run = launch(process.execPath, args, { cwd: PACKAGE })
  expect(await run.ended).toBe(0)
  const lines = run.stdout().split("\n")
  const urls = lines
    .filter((line) => line.startsWith("loaded file:"))
    .map((line) => line.slice("loaded file://".length))
  return [lines.find((line) => line.startsWith("status ")) ?? "", urls]
}

it("a tailor with folders loads no store of another machine, no optional package and no framework", async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, "photos"))
  const [status, urls] = await loadedFor(join(folder, "photos"), join(folder, "renditions"))
  expect(status).toBe("status 404")
  const stores = urls.filter((url) => /dist\/store\/(?:s3|http|azure|google|unstorage)\//.test(url))
  // Each scheme of a URL has a small module that recognises it.
  expect(stores.filter((url) => !/\/(?:scheme|place|region)\.js$/.test(url))).toEqual([])
  const packages = urls.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]).filter(Boolean)
  expect(
    packages.filter((name) =>
      /azure|google|unstorage|react|vue|svelte|opentelemetry|prom-client|sharp/.test(`${name}`),
    ),
  ).toEqual([])
})

it("a tailor with originals on a web server loads that store, and no other", async () => {
  const folder = await temporaryFolder()
  const [status, urls] = await loadedFor("http://127.0.0.1:9/photos/", join(folder, "renditions"))
  expect(status).toBe("status 502")
  expect(urls.some((url) => url.endsWith("dist/store/http/originals.js"))).toBe(true)
  expect(urls.filter((url) => /node_modules\/@(?:azure|google)/.test(url))).toEqual([])
})
