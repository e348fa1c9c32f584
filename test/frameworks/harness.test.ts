/** That the frameworks' harness finds what it is for: pictures and pages with one fault each, and none in those without. Needs Chromium. */
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

const WINDOW = { viewports: [768], dprs: [2] }

const candidatesOf = (id: string): string => `/${id}/200.jpg 200w, /${id}/400.jpg 400w, /${id}/800.jpg 800w`

type Attributes = Readonly<Record<string, string | undefined>>

/** A sound picture, with attributes of its own. */
const img = (id: string, more: Attributes = {}): string => {
  const size = { sizes: "auto, 200px", width: "200", height: "150", loading: "lazy" }
  const attributes = Object.entries({ src: `/${id}/200.jpg`, srcset: candidatesOf(id), ...size, ...more })
  const given = attributes.filter(([, value]) => value !== undefined)
  return `<img data-case="${id}" ${given.map(([name, value]) => `${name}="${value}"`).join(" ")}>`
}

interface Fault {
  readonly id: string
  readonly html: string
  /** What has to be told of it. */
  readonly told: RegExp
}

const NO_DIMENSIONS = { width: undefined, height: undefined, sizes: "200px" }

/** Of pictures: the name is what is wrong with it. */
const PICTURES: Readonly<Record<string, readonly [attributes: Attributes, told: RegExp]>> = {
  "moves-in-the-window": [
    { ...NO_DIMENSIONS, loading: "eager", src: "/slow/200.jpg", srcset: "" },
    /height, got 0, then 150/,
  ],
  "moves-below": [NO_DIMENSIONS, /expected a box that keeps its height, got 0, then 150/],
  "w-lies": [{ srcset: candidatesOf("w-lies").replace("400w", "500w") }, /expected 500 pixels, by its w,.*got 400/],
  "x-lies": [
    { srcset: "/x-lies/200.jpg 1x, /x-lies/800.jpg 2x", sizes: undefined },
    /expected 400 pixels, by its x \(2\),.*got 800/,
  ],
  "ratio-lies": [{ height: "100" }, /expected the ratio 200 × 100/],
  stretched: [{ style: "height: 100px" }, /expected 150\.0 CSS pixels high, as the picture is \(400 × 300\), got 100/],
  "too-small": [{ sizes: "50px" }, /expected too-small\/400\.jpg .*got too-small\/200\.jpg/],
  "too-large": [{ sizes: "300px" }, /expected too-large\/400\.jpg .*got too-large\/800\.jpg/],
  "too-few": [{ srcset: "/too-few/200.jpg 200w" }, /expected 400 pixels, which are listed, for 400, got 200/],
  "not-the-box": [{ style: "width: 100px" }, /expected 200 CSS pixels wide, got 100/],
  absent: [
    { srcset: candidatesOf("absent").replace("/800", "/none") },
    /expected 200 and an image of .*none\.jpg, got 404/,
  ],
  "other-photo": [{ src: "/cup/200.jpg" }, /expected an address of other-photo, got .*\/cup\/200\.jpg/],
  twice: [{ srcset: candidatesOf("twice").replace("400w", "200w") }, /expected each descriptor once, got 200w again/],
  "no-sizes": [{ sizes: undefined }, /expected sizes, where there are widths, got none/],
  eager: [{ loading: "eager" }, /expected loading="lazy", got eager/],
}

const FAULTS: readonly Fault[] = [
  ...Object.entries(PICTURES).map(([id, [attributes, told]]) => ({ id, html: img(id, attributes), told })),
  {
    id: "other-type",
    html: `<picture><source type="image/webp" srcset="${candidatesOf("other-type")}" sizes="auto, 200px">${img("other-type")}</picture>`,
    told: /expected image\/webp of .*got image\/jpeg/,
  },
  { id: "none", html: "<p>Nothing", told: /expected an <img> with its data-case, got none/ },
]

/** Of the page as a whole. */
const PAGE_FAULTS: Readonly<Record<string, readonly [html: string, told: RegExp]>> = {
  "a request that fails": [
    `<link rel="stylesheet" href="/absent.css">`,
    /^page 768@2: expected every request answered, got 404/m,
  ],
  "a script that complains": [
    `<script>console.error("Hydration failed")</script>`,
    /expected a quiet console, got Hydration/,
  ],
  "a script that throws": [
    `<script>setTimeout(() => { throw new Error("lost") })</script>`,
    /no error of a script, got lost/,
  ],
  "a preload of another picture": [
    `<link rel="preload" as="image" imagesrcset="/sound/800.jpg 800w" imagesizes="100vw">`,
    /^page: expected a picture with the srcset and sizes of the preload/m,
  ],
  "what moves": ["", /768@2: expected nothing moves \(layout shift 0\)/],
}

const HEAD = `<!doctype html><link rel="icon" href="data:,"><style>
  body { margin: 0 } div { width: 200px } img { display: block; width: 100%; height: auto }
</style>`
const SOUND = ["sound", "sound-too"]
const boxed = (html: string): string => `<div>${html}</div>`
const PAGES: Readonly<Record<string, string>> = {
  "/sound": HEAD + SOUND.map((id) => boxed(img(id))).join(""),
  "/faulty":
    HEAD +
    FAULTS.map(({ html }) => boxed(html)).join("") +
    boxed(img("sound")) +
    Object.values(PAGE_FAULTS)
      .map(([html]) => html)
      .join(""),
}

const answer = async (path: string): Promise<readonly [status: number, type: string, body: Buffer | string]> => {
  const page = PAGES[path]
  if (page) return [200, "text/html", page]
  const width = Number(/(\d+)\.jpg$/.exec(path)?.[1])
  if (path.includes("slow")) await new Promise((done) => setTimeout(done, 300))
  return width ? [200, "image/jpeg", await flat({ width, height: width * 0.75 })] : [404, "text/plain", "Not there"]
}

const programs = findTools("chromium", "playwright-core")

describe.skipIf(!programs)("the harness", () => {
  let server: Server
  let browser: Browser
  /** What it tells of each page. */
  let told: Readonly<Record<"sound" | "faulty", string>>

  const tellOf = async (url: string, ids: readonly string[]): Promise<string> => {
    const cases = ids.map((id) => ({ id, key: id, layout: "fixed", width: 200, widths: [200, 400, 800] }))
    const page = await browser.newPage()
    await page.goto(url)
    const parse = (of: string): readonly object[] => [{ original: new URL(of).pathname.split("/")[1] }]
    const urls = await checkUrls(page, { cases, parse })
    await page.close()
    const picks = await checkBrowser(browser, url, { cases, ...WINDOW })
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
      void answer(request.url ?? "").then(([status, type, body]) =>
        response.writeHead(status, { "content-type": type }).end(body),
      )
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    told = {
      sound: await tellOf(`${url}/sound`, SOUND),
      faulty: await tellOf(`${url}/faulty`, ["sound", ...FAULTS.map(({ id }) => id)]),
    }
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    server.close()
    server.closeAllConnections()
  })

  it("tells nothing of a sound page, nor of a sound picture among others", () => {
    expect(told.sound).toBe("")
    expect(told.faulty).not.toMatch(/^sound/m)
  })

  it.each(FAULTS)("tells of a picture: $id", ({ id, told: expected }) => {
    const lines = told.faulty.split("\n").filter((line) => line.startsWith(`${id}:`) || line.startsWith(`${id} `))
    expect(lines.join("\n")).toMatch(expected)
  })

  it.each(Object.entries(PAGE_FAULTS))("tells of a page: %s", (_, [, expected]) => {
    expect(told.faulty).toMatch(expected)
  })
})
