// npm run test:frameworks [-- name …] [-- --write] [-- --lock name]: tests images in pages of real frameworks, in a real browser.
//
// The example of each framework is installed with this package, as for publishing. It builds a page with all cases of cases.mjs, which is
// served next to `imgtailor serve`. All URLs in the page are fetched, and Chromium displays it at all viewports and pixel densities.
// Prints a line for each failure, and a table at the end. Exits with 1 if there are failures. --write updates the table in
// docs/frameworks.md. --lock regenerates the lock file of an example.
import { execFileSync } from "node:child_process"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"

import { buildSync } from "esbuild"

import { CASES, cssOf, FORMATS, SIZES, widthsOf } from "./cases.mjs"
import { checkBrowser } from "./check-browser.mjs"
import { checkUrls } from "./check-urls.mjs"
import { keyOf, makePhotos, PHOTOS } from "./photos.mjs"
import { CACHE, lock, openProject, pack, start } from "./project.mjs"

/**
 * @typedef {object} Framework
 * @property {string} name its folder in examples/, and its file here
 * @property {string} title its name in the table
 * @property {20 | 24} node
 * @property {string=} package the package whose version is in the table
 * @property {(one: object) => string | undefined} cannot the reason why it cannot express a case, if so
 * @property {(tools: object) => Promise<void>} build builds the page from `tools.cases`; see openProject for the other tools
 * @property {(tools: object) => Promise<string>} serve serves the page, and returns its URL
 * @property {boolean=} hydrates the page sets `data-hydrated` on its root element when its scripts have taken over the images
 * @property {string=} example the URL of the example's own page, relative to that page: its URLs are checked too
 */

/** The minimum number of cases for each framework. */
const MIN_CASES = 60
/** The maximum number of failures printed for each framework. */
const MAX_PRINTED = 40

const ROOT = resolve(import.meta.dirname, "../..")
const DOCS = "docs/frameworks.md"

const fail = (text, code = 2) => {
  console.error(text)
  process.exit(code)
}

/** test/support/tools.ts, bundled into the same folder, because it finds files relative to itself. */
const loadTools = async () => {
  const bundle = join(ROOT, `test/support/.tools-${process.pid}.mjs`)
  try {
    buildSync({
      entryPoints: ["test/support/tools.ts"],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
    })
    return await import(bundle)
  } finally {
    await rm(bundle, { force: true })
  }
}

/** The programs that the run needs. If one is missing, the run ends, with a failure only in CI. */
const needPrograms = async () => {
  const { needTools } = await loadTools()
  try {
    const { chromium: executablePath, node24 } = needTools("chromium", "node24", "playwright-core")
    const { chromium } = createRequire(join(ROOT, "test/tools/package.json"))("playwright-core")
    return {
      node24,
      launch: () =>
        chromium.launch({ executablePath, args: ["--no-sandbox"], handleSIGINT: false, handleSIGTERM: false }),
    }
  } catch (error) {
    return process.env["CI"] ? fail(error.message, 1) : fail(`Skipped: ${error.message}`, 0)
  }
}

const frameworkNames = async () =>
  (await readdir(join(import.meta.dirname, "frameworks"))).map((file) => file.replace(/\.mjs$/, "")).toSorted()

const load = async (name) => Object.values(await import(`./frameworks/${name}.mjs`))[0]

/** Starts imgtailor with the photos. @returns its URL, and a client that parses its URLs */
const serveImages = async (stops) => {
  const photos = join(CACHE, "photos")
  await makePhotos(photos, CASES)
  const args = ["serve", photos, "--renditions", join(CACHE, "renditions"), "--port", "0", "--json"]
  const list = ["--sizes", SIZES.join(","), "--formats", FORMATS.join(",")]
  const [, line] = await start(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args, ...list], {
    cwd: CACHE,
    ready: /^(\{"url".*\})$/m,
    stops,
  })
  const { createClient } = await import(join(ROOT, "dist/client/client.js"))
  const baseUrl = new URL(JSON.parse(line).url).origin
  return { baseUrl, client: createClient({ baseUrl, sizes: SIZES, formats: FORMATS }) }
}

/** Adds the key, the widths and, unless the page has none, the info of the photo to each case. */
const withInfo = (cases, client) =>
  Promise.all(
    cases.map(async (one) => {
      const key = keyOf(one)
      const info = await client.info(key)
      const { width, height } = PHOTOS[one.photo]
      if (info.width !== width || info.height !== height)
        fail(`Expected ${key} to be ${width} × ${height}. Delete ${CACHE}.`, 1)
      return { ...one, key, widths: widthsOf(one), info: one.withoutInfo ? undefined : info }
    }),
  )

const versionOf = async ({ name, package: installed }) => {
  if (!installed) return "–"
  return JSON.parse(await readFile(join(CACHE, name, "node_modules", installed, "package.json"), "utf8")).version
}

const tryFramework = async (framework, { cases: all, images, tarball, programs, browser, stops }) => {
  const reasons = all.map((one) => [one, framework.cannot(one)])
  const cases = reasons.filter(([, reason]) => reason === undefined).map(([one]) => one)
  const skipped = reasons.filter(([, reason]) => reason !== undefined)
  const settings = { baseUrl: images.baseUrl, sizes: SIZES, formats: FORMATS, css: cssOf(cases), cases }
  const node = framework.node === 24 ? programs.node24 : process.execPath
  const failures = cases.length < MIN_CASES ? [{ expected: `${MIN_CASES} cases or more`, got: `${cases.length}` }] : []
  const { tools, stop } = await openProject(framework, { tarball, node, settings })
  stops.push(stop)
  try {
    await framework.build(tools)
    const url = await framework.serve(tools)
    const page = await browser.newPage()
    if (framework.example) {
      await page.goto(new URL(framework.example, url).href, { waitUntil: "load" })
      const { checked, failures: found } = await checkUrls(page, { cases: [] })
      failures.push(...(checked > 0 ? found : [{ expected: `images in ${page.url()}`, got: "none" }]))
    }
    await page.goto(url, { waitUntil: "load" })
    const urls = await checkUrls(page, { cases, parse: images.client.parse })
    await page.close()
    const picks = await checkBrowser(browser, url, { cases, hydrates: framework.hydrates })
    failures.push(...urls.failures, ...picks.failures)
    return { cases: cases.length, skipped, urls: urls.checked, picks: picks.checked, above: picks.above, failures }
  } finally {
    await stop()
  }
}

const place = ({ viewport, dpr }) => (viewport ? `${viewport} px @${dpr}x` : "")
const toLine = (name, failure) =>
  `  ${[name, failure.case ?? "page", place(failure)].filter(Boolean).join("  ")}: expected ${failure.expected}, got ${failure.got}`

const report = (framework, result, seconds) => {
  const { failures, skipped, cases, urls, picks } = result
  console.log(
    `${framework.title}: ${cases} cases, ${urls} URLs, ${picks} picks, ${failures.length} failures, ${seconds.toFixed(0)} s`,
  )
  for (const reason of new Set(skipped.map(([, why]) => why))) {
    const ids = skipped.filter(([, why]) => why === reason).map(([one]) => one.id)
    console.log(`  left out (${ids.length}): ${reason}: ${ids.join(", ")}`)
  }
  for (const failure of failures.slice(0, MAX_PRINTED)) console.log(toLine(framework.name, failure))
  if (failures.length > MAX_PRINTED) console.log(`  … and ${failures.length - MAX_PRINTED} more`)
}

const HEAD = ["Framework", "Version", "Node", "Cases", "URLs", "Picks", "Above 2×", "Failures"]
const toRow = ({ framework, version, result: { cases, skipped, urls, picks, above, failures } }) => [
  framework.title,
  version,
  framework.node,
  skipped.length > 0 ? `${cases} of ${cases + skipped.length}` : cases,
  urls,
  picks,
  above,
  failures.length,
]
const toTable = (rows) =>
  [HEAD, HEAD.map((_, at) => (at < 2 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`)

const MARKED = /(?<=<!-- results -->\n)[\s\S]*(?=<!-- \/results -->)/

/** Rows of frameworks that did not run are kept. */
const writeTable = async (rows) => {
  const text = await readFile(DOCS, "utf8")
  const old = (MARKED.exec(text)?.[0] ?? "")
    .split("\n")
    .slice(1)
    .filter((line) => line.startsWith("| ") && !/^\| [-F]/.test(line))
  const cells = old.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const all = new Map([...cells, ...rows].map((row) => [row[0], row]))
  await writeFile(
    DOCS,
    text.replace(MARKED, () => `\n${toTable([...all.values()]).join("\n")}\n\n`),
  )
  execFileSync("npx", ["oxfmt", DOCS])
}

const readArguments = async () => {
  const { values, positionals } = parseArgs({
    options: { write: { type: "boolean" }, lock: { type: "string" } },
    allowPositionals: true,
  })
  const names = await frameworkNames()
  const unknown = [...positionals, ...(values.lock ? [values.lock] : [])].filter((name) => !names.includes(name))
  if (unknown.length > 0) fail(`Expected some of ${names.join(", ")}, got ${unknown.join(", ")}.`)
  return { ...values, names: positionals.length > 0 ? positionals : names }
}

const tryAll = async (names, { stops, programs }) => {
  const images = await serveImages(stops)
  const cases = await withInfo(CASES, images.client)
  const tarball = await pack()
  const browser = await programs.launch()
  stops.push(() => browser.close())
  const results = []
  for (const name of names) {
    const started = performance.now()
    const framework = await load(name)
    const nothing = { cases: 0, skipped: [], urls: 0, picks: 0, above: 0 }
    const result = await tryFramework(framework, { cases, images, tarball, programs, browser, stops }).catch(
      (error) => ({
        ...nothing,
        failures: [{ expected: "a page", got: error.message }],
      }),
    )
    report(framework, result, (performance.now() - started) / 1000)
    results.push({ framework, version: await versionOf(framework).catch(() => "?"), result })
  }
  return results
}

process.chdir(ROOT)
const { write, lock: toLock, names } = await readArguments()
const programs = await needPrograms()
if (toLock) {
  const { node } = await load(toLock)
  const first = node === 24 ? programs.node24 : process.execPath
  await lock(toLock, { ...process.env, PATH: `${join(first, "..")}:${process.env["PATH"]}` })
  process.exit()
}
const stops = []
const stopAll = async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stopAll().finally(() => process.exit(130)))
let results
try {
  results = await tryAll(names, { stops, programs })
} finally {
  await stopAll()
}
const rows = results.map(toRow)
console.log(`\n${toTable(rows).join("\n")}`)
if (write) await writeTable(rows)
process.exit(results.some(({ result }) => result.failures.length > 0) ? 1 : 0)
