/** Tests of the checks for frameworks: they report images and pages with one mistake each, and none of the correct ones. Needs Chromium. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { flat } from "../support/photos.ts"
import { findTools } from "../support/tools.ts"

interface Failure {
  readonly case?: string
  readonly viewport?: number
  readonly dpr?: number
  readonly expected: string
  readonly got: string
}

interface Page {
  readonly goto: (url: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

interface Browser {
  readonly newPage: () => Promise<Page>
  readonly close: () => Promise<void>
}

interface Found {
  readonly failures: readonly Failure[]
}

interface Harness {
  readonly checkUrls: (page: Page, options: object) => Promise<Found>
  readonly checkBrowser: (browser: Browser, url: string, options: object) => Promise<Found>
}

const load = async (file: string): Promise<unknown> => import(new URL(file, import.meta.url).href)
const { checkUrls } = (await load("check-urls.mjs")) as Pick<Harness, "checkUrls">
const { checkBrowser } = (await load("check-browser.mjs")) as Pick<Harness, "checkBrowser">

const SCREEN = { viewports: [768], dprs: [2] }

const candidatesOf = (id: string): string => `/${id}/200.jpg 200w, /${id}/400.jpg 400w, /${id}/800.jpg 800w`

type Attributes = Readonly<Record<string, string | undefined>>

/** A correct image, with changed attributes. */
const img = (id: string, changes: Attributes = {}): string => {
  const size = { sizes: "auto, 200px", width: "200", height: "150", loading: "lazy" }
  const attributes = Object.entries({ src: `/${id}/200.jpg`, srcset: candidatesOf(id), ...size, ...changes })
  const given = attributes.filter(([, value]) => value !== undefined)
  return `<img data-case="${id}" ${given.map(([name, value]) => `${name}="${value}"`).join(" ")}>`
}

interface Mistake {
  readonly id: string
  readonly html: string
  /** The failure that has to be reported. */
  readonly report: RegExp
}

const NO_DIMENSIONS = { width: undefined, height: undefined, sizes: "200px" }

/** Incorrect images, named after their mistake. */
const IMAGES: Readonly<Record<string, readonly [attributes: Attributes, report: RegExp]>> = {
  "moves-in-the-viewport": [
    { ...NO_DIMENSIONS, loading: "eager", src: "/slow/200.jpg", srcset: "" },
    /height, got 0, then 150/,
  ],
  "moves-below": [NO_DIMENSIONS, /expected a box of constant height, got 0, then 150/],
  "wrong-w": [{ srcset: candidatesOf("wrong-w").replace("400w", "500w") }, /expected 500 pixels, by its w,.*got 400/],
  "wrong-x": [
    { srcset: "/wrong-x/200.jpg 1x, /wrong-x/800.jpg 2x", sizes: undefined },
    /expected 400 pixels, by its x \(2\),.*got 800/,
  ],
  "wrong-ratio": [{ height: "100" }, /expected the ratio of its attributes, 200 × 100/],
  stretched: [
    { style: "height: 100px" },
    /expected 150\.0 CSS pixels high, in the ratio of the image \(400 × 300\), got 100/,
  ],
  "too-small": [{ sizes: "50px" }, /expected too-small\/400\.jpg .*got too-small\/200\.jpg/],
  "too-large": [{ sizes: "300px" }, /expected too-large\/400\.jpg .*got too-large\/800\.jpg/],
  "too-few": [{ srcset: "/too-few/200.jpg 200w" }, /expected 400 pixels, a listed width, for 400, got 200/],
  "not-the-box": [{ style: "width: 100px" }, /expected 200 CSS pixels wide, got 100/],
  absent: [
    { srcset: candidatesOf("absent").replace("/800", "/none") },
    /expected 200 and an image at .*none\.jpg, got 404/,
  ],
  "other-photo": [{ src: "/cup/200.jpg" }, /expected a URL of other-photo, got .*\/cup\/200\.jpg/],
  twice: [{ srcset: candidatesOf("twice").replace("400w", "200w") }, /expected each descriptor once, got 200w again/],
  "no-sizes": [{ sizes: undefined }, /expected sizes, because of the widths, got none/],
  eager: [{ loading: "eager" }, /expected loading="lazy", got eager/],
}

const MISTAKES: readonly Mistake[] = [
  ...Object.entries(IMAGES).map(([id, [attributes, report]]) => ({ id, html: img(id, attributes), report })),
  {
    id: "other-type",
    html: `<picture><source type="image/webp" srcset="${candidatesOf("other-type")}" sizes="auto, 200px">${img("other-type")}</picture>`,
    report: /expected image\/webp at .*got image\/jpeg/,
  },
  { id: "none", html: "<p>Nothing", report: /expected an <img> with its data-case, got none/ },
]

/** Mistakes of the page as a whole. */
const PAGE_MISTAKES: Readonly<Record<string, readonly [html: string, report: RegExp]>> = {
  "a request that fails": [
    `<link rel="stylesheet" href="/absent.css">`,
    /^page 768@2: expected a response to every request, got 404/m,
  ],
  "a script that logs an error": [
    `<script>console.error("Hydration failed")</script>`,
    /expected an empty console, got Hydration/,
  ],
  "a warning about hydration": [
    `<script>console.warn("https://svelte.dev/e/hydration_attribute_changed")</script>`,
    /expected an empty console, got .*hydration_attribute_changed/,
  ],
  "a script that throws": [
    `<script>setTimeout(() => { throw new Error("lost") })</script>`,
    /no error in a script, got lost/,
  ],
  "a preload of another image": [
    `<link rel="preload" as="image" imagesrcset="/preloaded/800.jpg 800w" imagesizes="100vw">`,
    /^page: expected an image with the srcset and sizes of the preload/m,
  ],
  "a layout shift": ["", /768@2: expected a layout shift of 0/],
}

const HEAD = `<!doctype html><link rel="icon" href="data:,"><style>
  body { margin: 0 } div { width: 200px } img { display: block; width: 100%; height: auto }
</style>`
const CORRECT = ["correct", "correct-too"]
const boxed = (html: string): string => `<div>${html}</div>`
const PAGES: Readonly<Record<string, string>> = {
  "/correct": HEAD + CORRECT.map((id) => boxed(img(id))).join(""),
  "/faulty":
    HEAD +
    MISTAKES.map(({ html }) => boxed(html)).join("") +
    boxed(img("correct")) +
    Object.values(PAGE_MISTAKES)
      .map(([html]) => html)
      .join(""),
}

const respond = async (path: string): Promise<readonly [status: number, type: string, body: Buffer | string]> => {
  const page = PAGES[path]
  if (page) return [200, "text/html", page]
  const width = Number(/(\d+)\.jpg$/.exec(path)?.[1])
  if (path.includes("slow")) await new Promise((done) => setTimeout(done, 300))
  return width ? [200, "image/jpeg", await flat({ width, height: width * 0.75 })] : [404, "text/plain", "Not there"]
}

const programs = findTools("chromium", "playwright-core")

describe.skipIf(!programs)("the checks for frameworks", () => {
  let server: Server
  let browser: Browser
  /** The failures reported for each page. */
  let reports: Readonly<Record<"correct" | "faulty", string>>

  const reportOf = async (url: string, ids: readonly string[]): Promise<string> => {
    const cases = ids.map((id) => ({ id, key: id, layout: "fixed", width: 200, widths: [200, 400, 800] }))
    const page = await browser.newPage()
    await page.goto(url)
    const parse = (link: string): readonly object[] => [{ original: new URL(link).pathname.split("/")[1] }]
    const urls = await checkUrls(page, { cases, parse })
    await page.close()
    const picks = await checkBrowser(browser, url, { cases, ...SCREEN })
    const failures = [...urls.failures, ...picks.failures]
    const place = ({ viewport, dpr }: Failure): string => (viewport ? ` ${viewport}@${dpr}` : "")
    return failures
      .map((one) => `${one.case ?? "page"}${place(one)}: expected ${one.expected}, got ${one.got}`)
      .join("\n")
  }

  beforeAll(async () => {
    const require = createRequire(new URL("../tools/package.json", import.meta.url))
    const { chromium } = require("playwright-core") as { chromium: { launch: (options: object) => Promise<Browser> } }
    browser = await chromium.launch({ executablePath: programs?.chromium, args: ["--no-sandbox"] })
    server = createServer((request, response) => {
      void respond(request.url ?? "").then(([status, type, body]) =>
        response.writeHead(status, { "content-type": type }).end(body),
      )
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    reports = {
      correct: await reportOf(`${url}/correct`, CORRECT),
      faulty: await reportOf(`${url}/faulty`, ["correct", ...MISTAKES.map(({ id }) => id)]),
    }
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    server.close()
    server.closeAllConnections()
  })

  it("the checks report no failure of a correct page, or of a correct image among others", () => {
    expect(reports.correct).toBe("")
    expect(reports.faulty).not.toMatch(/^correct/m)
  })

  it.each(MISTAKES)("the checks report an image: $id", ({ id, report }) => {
    const lines = reports.faulty.split("\n").filter((line) => line.startsWith(`${id}:`) || line.startsWith(`${id} `))
    expect(lines.join("\n")).toMatch(report)
  })

  it.each(Object.entries(PAGE_MISTAKES))("the checks report a page: %s", (_, [, report]) => {
    expect(reports.faulty).toMatch(report)
  })
})
