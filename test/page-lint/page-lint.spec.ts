/** Page lint: pages with one known fault each, measured in Chromium, and pages without one. */
import { writeFile } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { join } from "node:path"

import { describe, expect, it, onTestFinished } from "vitest"

import { createTailor } from "../../src/create-tailor.ts"
import type { CheckResult } from "../../src/doctor/check.ts"
import { PAGE_CHECKS } from "../../src/doctor/checks.ts"
import { measurePages } from "../../src/doctor/measure-pages.ts"
import { runChecks } from "../../src/doctor/run-checks.ts"
import { closeServer, createNodeServer } from "../../src/server/node.ts"
import { parseSizeList } from "../../src/sizes/list.ts"
import { runCommand } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { noise } from "../support/photos.ts"
import { createPhotos } from "../support/server.ts"
import { findTools } from "../support/tools.ts"

const tools = findTools("chromium")

const SIZES = ["100w", "200w", "400w", "800w", "1600w", "360x270", "720x540"]

/** A server with one large photo, and its URLs. */
const startImages = async (): Promise<(size: string) => string> => {
  const photos = await createPhotos()
  await photos.write("shop/mug.jpg", await noise({ width: 2000, height: 1500, format: "jpeg" }))
  const tailor = createTailor({
    originals: photos.folder,
    renditions: await temporaryFolder(),
    sizes: SIZES,
    formats: [],
    isolation: "none",
  })
  const server = createNodeServer(tailor)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => closeServer(server, 1000))
  const { port } = server.address() as AddressInfo
  return (size) => `http://127.0.0.1:${port}/shop/${size}/mug.jpg`
}

const SRCSET = (url: (size: string) => string): string =>
  ["200w", "400w", "800w", "1600w"].map((size) => `${url(size)} ${size}`).join(", ")

/** An image of a width of 400 CSS pixels without a fault. */
const good = (url: (size: string) => string, changes: Readonly<Record<string, string | undefined>> = {}): string => {
  const attributes: Readonly<Record<string, string | undefined>> = {
    src: url("400w"),
    srcset: SRCSET(url),
    sizes: "(max-width: 400px) 100vw, 400px",
    width: "400",
    height: "300",
    alt: "",
    style: "width: 100%; max-width: 400px; height: auto; display: block",
    ...changes,
  }
  const text = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  )
  return `<!doctype html><meta name="viewport" content="width=device-width"><body style="margin: 0"><p>A mug</p><img ${text.join(" ")}>`
}

type MakePage = (url: (size: string) => string) => string

/** One fault each, by the check that must find it. */
const FAULTS: readonly (readonly [check: string, fault: string, page: MakePage])[] = [
  [
    "page-descriptors",
    "a descriptor that is not the width",
    (url) => good(url, { srcset: `${url("200w")} 400w, ${url("800w")} 800w, ${url("1600w")} 1600w` }),
  ],
  ["page-unlisted", "a size that is not listed", (url) => good(url, { srcset: `${SRCSET(url)}, ${url("640w")} 640w` })],
  ["page-lazy", "a lazy largest image", (url) => good(url, { loading: "lazy" })],
  ["page-dimensions", "missing dimensions", (url) => good(url, { width: undefined, height: undefined })],
  ["page-density", "one pixel for each point", (url) => good(url, { srcset: undefined, sizes: undefined })],
  ["page-sizes", "no sizes", (url) => good(url, { sizes: undefined })],
  ["page-sizes", "sizes for another layout", (url) => good(url, { sizes: "200px" })],
  [
    "page-waste",
    "a large picture in a small place",
    (url) => good(url, { src: url("1600w"), srcset: undefined, sizes: undefined, style: "width: 200px; height: auto" }),
  ],
  [
    "page-broken",
    "a photo that does not exist",
    (url) => good(url, { src: url("400w").replace("mug", "cup"), srcset: undefined, sizes: undefined }),
  ],
  ["page-ratio", "dimensions of another crop", (url) => good(url, { height: "400" })],
]

const list = parseSizeList(SIZES)
const sizes = "list" in list ? list.list : []

const check = async (folder: string, pages: readonly string[]): Promise<readonly (readonly CheckResult[])[]> => {
  const paths: string[] = []
  for (const [at, text] of pages.entries()) {
    paths.push(join(folder, `${at}.html`))
    await writeFile(join(folder, `${at}.html`), text)
  }
  const results: (readonly CheckResult[])[] = []
  for (const page of await measurePages(paths, { ...process.env, CHROMIUM: tools?.chromium }))
    results.push(await runChecks(PAGE_CHECKS, { ...page, sizes }))
  return results
}

const problemsOf = (results: readonly CheckResult[]): readonly string[] =>
  results.filter(({ state }) => state === "failure" || state === "warning").map(({ name }) => name)

describe.skipIf(!tools)("page lint", () => {
  it("page lint finds each of ten faults by its name, and none on pages without a fault", async () => {
    const url = await startImages()
    const folder = await temporaryFolder()
    const pages = FAULTS.map(([, , page]) => page(url))
    const crops = `<!doctype html><meta name="viewport" content="width=device-width"><img src="${url("360x270")}" srcset="${url("360x270")} 1x, ${url("720x540")} 2x" width="360" height="270" alt="">`
    const results = await check(folder, [...pages, good(url), crops])
    const found = FAULTS.map(([name, fault], at) => [
      fault,
      (results[at] ?? []).filter((result) => problemsOf([result]).includes(name)).length,
    ])
    expect(found).toEqual(FAULTS.map(([, fault]) => [fault, 1]))
    expect(results.slice(FAULTS.length).map(problemsOf)).toEqual([[], []])
  }, 120_000)

  it("page lint reads a srcset without spaces, invalid URLs and malformed escapes", async () => {
    const url = await startImages()
    const srcset = `${url("200w")} 200w,${url("800w")} 640w`
    const broken = `<!doctype html><img src="/100%.jpg" srcset="http://[ 2x" alt="" width="4" height="3">`
    const [first, second] = await check(await temporaryFolder(), [good(url, { srcset }), broken])
    const observationOf = (results: readonly CheckResult[] | undefined, name: string): string | undefined =>
      results?.find((result) => result.name === name)?.observation
    expect(observationOf(first, "page-descriptors")).toContain("640w")
    expect(observationOf(second, "page-broken")).toContain("100%.jpg")
  }, 60_000)

  it("page lint reads sizes as the browser does", async () => {
    const url = await startImages()
    const right = [
      { sizes: "(min-width: 60rem) calc((100px + 700px) / 2), 100vw" },
      { sizes: "min(100vw, calc(100px + 300px))" },
      { sizes: "not (max-width: 600px) 400px, 100vw" },
      { sizes: "auto, 200px", loading: "lazy" },
    ]
    // A media type is not allowed in sizes: browsers ignore such an entry.
    const wrong = [
      { sizes: "auto, 200px" },
      { sizes: "screen and (min-width: 60rem) 400px, 100vw" },
      { sizes: "(min-width: 60rem) calc((100px + 700px) / 4), 25vw" },
    ]
    const pages = [...right, ...wrong].map((changes) => good(url, changes))
    const results = await check(await temporaryFolder(), pages)
    const found = results.map((one) => problemsOf(one).includes("page-sizes"))
    expect(found).toEqual([...right.map(() => false), ...wrong.map(() => true)])
  }, 60_000)

  it("doctor --page names a page that cannot be loaded", async () => {
    const env = { CHROMIUM: tools?.chromium ?? "" }
    const { code, stderr } = await runCommand(["doctor", "--page", "none.html"], { cwd: await temporaryFolder(), env })
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/--page: Expected a page that loads, got file:.*none\.html/),
    ])
  }, 60_000)

  it("doctor --page reads the list of the server of the images, and exits with 1 for a fault", async () => {
    const url = await startImages()
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, "page.html"), good(url, { srcset: `${SRCSET(url)}, ${url("640w")} 640w` }))
    const { code, stdout } = await runCommand(["doctor", "--page", "page.html"], {
      cwd,
      env: { CHROMIUM: tools?.chromium ?? "" },
    })
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^FAIL page-unlisted {2}.*\n {5}640w: not on the list/m)])
  }, 60_000)

  it("sizes suggest finds the widths at which a page displays its images", async () => {
    const url = await startImages()
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, "page.html"), good(url))
    const { code, stdout } = await runCommand(["sizes", "suggest", "page.html", "--waste", "0%", "--json"], {
      cwd,
      env: { CHROMIUM: tools?.chromium ?? "" },
    })
    // 400 points on the laptops, with one and two pixels each; 390 on the phone, with three.
    const suggested = JSON.parse(stdout) as { readonly sizes: readonly { readonly size: string }[] }
    expect([code, suggested.sizes.map(({ size }) => size)]).toEqual([0, ["400w", "800w", "1170w"]])
  }, 60_000)
})
