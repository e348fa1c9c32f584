/** Every view of the studio: at three widths, in both colours, on a folder and on a bucket, for people who see it and who do not. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { PACKAGE } from "../support/command.ts"
import {
  type Browser,
  openBrowser,
  faultsOf,
  openPage,
  type Page,
  until,
  untilSettled,
  violationsIn,
} from "./browser.ts"
import { PHOTO } from "./catalogue.ts"
import { startStudio, type StudioServer } from "./studio-server.ts"

const WIDTHS = [360, 1024, 1920] as const
const SCHEMES = ["light", "dark"] as const
const HEIGHTS: Readonly<Record<number, number>> = { 360: 740, 1024: 768, 1920: 1080 }

interface View {
  readonly name: string
  readonly hash: string
  /** Expression that is true once the view is complete. @default nothing more than a settled page */
  readonly until?: string
  /** Colours of the screenshot for the docs. @default none is taken */
  readonly shot?: "light" | "dark"
  /** Expression that runs before the screenshot, and one that is true when it may be taken. */
  readonly prepare?: { readonly run: string; readonly until: string }
}

const photo = (tab: string, values: Readonly<Record<string, string>> = {}): string =>
  `#/photo?${new URLSearchParams({ key: PHOTO, tab, ...values }).toString()}`
const explain = (target: string, accept = ""): string =>
  `#/explain?${new URLSearchParams({ target, accept }).toString()}`
const has = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}) !== null`
const shows = (text: string): string => `document.querySelector("main").textContent.includes(${JSON.stringify(text)})`

const VIEWS: readonly View[] = [
  { name: "photos", hash: "#/photos", until: has(".cover img"), shot: "light" },
  { name: "folder", hash: "#/photos?prefix=bowl-2077/", until: has(".tile img") },
  { name: "hostile names", hash: "#/photos?prefix=hostile/", until: has(".tile img") },
  { name: "page of many", hash: "#/photos?prefix=many/", until: has(".pager") },
  { name: "no photos", hash: "#/photos?prefix=nothing/", until: has(".empty") },
  {
    name: "photo",
    hash: photo("sizes"),
    until: `document.querySelectorAll(".cell .thumb img").length > 2`,
    shot: "light",
    prepare: { run: "undefined", until: `!document.querySelector(".blank-text:not(:empty)")` },
  },
  {
    name: "compare",
    hash: photo("compare", { size: "640w", format: "webp" }),
    until: `/SSIM 0\\.\\d{4}/.test(document.body.textContent)`,
    shot: "dark",
  },
  {
    name: "quality",
    hash: photo("quality", { size: "640w", format: "webp" }),
    until: has(".drafts .link"),
    shot: "light",
    prepare: {
      run: `(() => { const slider = document.querySelector("input[type=range]"); slider.value = "40"; slider.dispatchEvent(new Event("input", { bubbles: true })) })()`,
      until: `document.querySelectorAll(".drafts .link").length === 2`,
    },
  },
  { name: "code", hash: photo("code"), until: has(".code code"), shot: "light" },
  { name: "preview", hash: photo("preview", { size: "1280w" }), until: shows("currentSrc"), shot: "dark" },
  { name: "focal", hash: photo("focal"), until: has(".crops img"), shot: "light" },
  { name: "no photo", hash: "#/photo?key=missing.jpg", until: has(".problem") },
  { name: "nothing to explain", hash: "#/explain" },
  {
    name: "explain",
    hash: explain(`/bowl-2077/360x270/front.jpg`, "image/avif,image/webp,*/*"),
    until: has(".verdict"),
    shot: "light",
  },
  { name: "rejected", hash: explain("/bowl-2077/999x999/front.jpg"), until: has(".verdict .badge.bad") },
  { name: "original", hash: explain(PHOTO), until: has(".states") },
  { name: "live", hash: "#/live", until: has(".requests tbody tr"), shot: "dark" },
  { name: "settings", hash: "#/settings", until: has(".setting"), shot: "light" },
  { name: "draft list", hash: "#/settings?tab=list" },
]

/** Views with a screenshot of a narrow screen. */
const ON_PHONES: ReadonlySet<string> = new Set(["compare", "live"])

const untilComplete = async (page: Page, view: View): Promise<void> => {
  if (view.until) await until(page, view.until)
  await untilSettled(page)
}

const show = async (page: Page, view: View): Promise<void> => {
  await page.evaluate(`location.hash = ${JSON.stringify(view.hash)}`)
  await untilComplete(page, view)
}

/** Pixels by which the page is wider than the screen. */
const OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

const checkView = async (page: Page, view: View): Promise<readonly string[]> => {
  await show(page, view)
  const found: string[] = []
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHTS[width] ?? 0 })
    const overflow = await page.evaluate<number>(OVERFLOW)
    if (overflow > 0) found.push(`${view.name} at ${width} px is ${overflow} px too wide`)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      found.push(...(await violationsIn(page)).map((text) => `${view.name} at ${width} px, ${colorScheme}: ${text}`))
    }
  }
  return found
}

let browser: Browser

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

/** Requests of pages in front, so that the live view has something to show. */
const visit = async ({ origin }: StudioServer): Promise<void> => {
  const targets = [
    "/bowl-2077/640w/front.jpg",
    "/bowl-2077/640w/front.jpg",
    "/vase-1042/360x270/front.jpg",
    "/mug-3310/999x999/front.jpg",
    "/faults/360x270/broken.jpg",
    "/bowl-2077/200w/front.jpg",
  ]
  for (const target of targets)
    await fetch(origin + target, { headers: { referer: "https://shop.example/products?id=1" } }).then((response) =>
      response.arrayBuffer(),
    )
}

describe.each(["folder", "bucket"] as const)("on a %s", (store) => {
  let server: StudioServer

  beforeAll(async () => {
    server = await startStudio({ store })
    await visit(server)
  })
  afterAll(() => server.close())

  it("every view fits at three widths, and axe finds no violation of WCAG 2.2 A or AA in light or dark", async () => {
    const opened = await openPage(browser, server.origin)
    const { page, context } = opened
    await page.goto(server.studioUrl)
    await untilSettled(page)
    const found: string[] = []
    for (const view of VIEWS) found.push(...(await checkView(page, view)))
    await context.close()
    expect(found).toEqual([])
    expect(faultsOf(opened)).toEqual([])
  })
})

describe("in a new browser", () => {
  let server: StudioServer

  beforeAll(async () => {
    server = await startStudio()
    await visit(server)
  })
  afterAll(() => server.close())

  it("no view moves while it loads", async () => {
    const moved: string[] = []
    const { page: first, context } = await openPage(browser, server.origin)
    await first.goto(server.studioUrl)
    await untilSettled(first)
    for (const view of VIEWS) {
      const page = await context.newPage()
      await page.goto(server.studioUrl.replace(/#.*/, view.hash))
      await untilComplete(page, view)
      const shift = await page.evaluate<number>(
        `new Promise((done) => { new PerformanceObserver((list) => done(list.getEntries().reduce((sum, { value }) => sum + value, 0))).observe({ type: "layout-shift", buffered: true }); setTimeout(() => done(0), 200) })`,
      )
      // 0.1 is a good value: https://web.dev/articles/cls
      if (shift >= 0.1) moved.push(`${view.name}: ${shift.toFixed(3)}`)
      await page.close()
    }
    await context.close()
    expect(moved).toEqual([])
  })

  it("screenshots of the views are written into docs/studio", async () => {
    const plain = await startStudio({ photos: "pottery" })
    await visit(plain)
    const folder = join(PACKAGE, "docs/studio")
    await mkdir(folder, { recursive: true })
    const large = await openPage(browser, plain.origin, {
      viewport: { width: 1280, height: 800 },
      deviceScaleFactor: 1.5,
    })
    const small = await openPage(browser, plain.origin, {
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 1.5,
    })
    const written: string[] = []
    for (const { page, context } of [large, small]) {
      await page.goto(plain.studioUrl)
      await untilSettled(page)
      const isSmall = page === small.page
      for (const view of VIEWS.filter(({ name, shot }) => shot && (!isSmall || ON_PHONES.has(name)))) {
        await page.emulateMedia({ colorScheme: view.shot ?? "light" })
        await show(page, view)
        if (view.prepare && !isSmall) {
          await page.evaluate(view.prepare.run)
          await until(page, view.prepare.until)
        }
        await until(page, `[...document.images].every((image) => image.complete)`)
        const picture = await page.screenshot({ type: "png" })
        const name = `${view.name}${isSmall ? "-360" : ""}.webp`
        await writeFile(join(folder, name), await sharp(picture).webp({ quality: 80, effort: 6 }).toBuffer())
        written.push(name)
      }
      await context.close()
    }
    await plain.close()
    expect(written.length).toBeGreaterThan(8)
  })
})
