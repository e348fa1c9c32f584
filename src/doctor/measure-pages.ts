/**
 * Responsible for measuring the images of pages in Chromium: their attributes, and how they are displayed on several screens. Needs the
 * package playwright-core and an installed Chromium.
 *
 * Invariants:
 * - Nothing is clicked, sent or stored: a page is loaded and measured.
 * - The browser is ended, also after an error.
 */
import { existsSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

import type { Browser, BrowserContext, Page } from "playwright-core"

import { badConfig, describeError, notInstalled } from "../errors.ts"
import type { Candidate, Display, MeasuredPage, PageImage, Screen } from "./measured-page.ts"
import { READ_IMAGES, READ_WIDTHS, type ShownImage } from "./page-scripts.ts"

/** A laptop, a screen with two pixels to a point, and a phone. */
export const SCREENS: readonly Screen[] = [
  { name: "laptop", width: 1366, height: 768, dpr: 1 },
  { name: "laptop, 2x", width: 1440, height: 900, dpr: 2 },
  { name: "phone", width: 390, height: 844, dpr: 3 },
]

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
const LOAD_MS = 30_000
/** Time for late layouts and the last paint. */
const SETTLE_MS = 300

/** Path of an installed Chromium; undefined leaves the choice to playwright. */
const findChromium = (env: Readonly<Record<string, string | undefined>>): string | undefined => {
  if (env["CHROMIUM"]) return env["CHROMIUM"]
  const folders = (env["PATH"] ?? "").split(delimiter).filter(Boolean)
  return folders.flatMap((folder) => PROGRAMS.map((name) => join(folder, name))).find((path) => existsSync(path))
}

const launch = async (env: Readonly<Record<string, string | undefined>>): Promise<Browser> => {
  const loaded = await import("playwright-core").catch(() => {
    throw notInstalled("The package playwright-core", "playwright-core")
  })
  const executablePath = findChromium(env)
  try {
    // The sandbox of Chromium does not start for root.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : []
    return await loaded.chromium.launch({ ...(executablePath !== undefined && { executablePath }), args })
  } catch (error) {
    throw badConfig([
      `--page: Chromium does not start (${describeError(error).split("\n")[0]}). Install it, or set CHROMIUM to its path.`,
    ])
  }
}

/** The URL of a page that was named by a URL or a file. */
const toPageUrl = (page: string): string => (/^https?:\/\//i.test(page) ? page : pathToFileURL(resolve(page)).href)

/** A screen with its own cache and cookies. */
interface OpenScreen {
  readonly screen: Screen
  readonly context: BrowserContext
}

interface Measured {
  readonly images: readonly ShownImage[]
  readonly widths: readonly (readonly (number | undefined)[])[]
}

/** @throws {bad-config} the page cannot be loaded */
const load = async (page: Page, url: string): Promise<void> => {
  try {
    await page.goto(url, { waitUntil: "load", timeout: LOAD_MS })
  } catch (error) {
    throw badConfig([`--page: Expected a page that loads, got ${url}: ${describeError(error).split("\n")[0]}.`])
  }
}

const measureOn = async (context: BrowserContext, url: string, isFirst: boolean): Promise<Measured> => {
  const page = await context.newPage()
  try {
    await load(page, url)
    await page.waitForTimeout(SETTLE_MS)
    const images = await page.evaluate<readonly ShownImage[]>(READ_IMAGES)
    const widths = isFirst ? await page.evaluate<Measured["widths"]>(READ_WIDTHS) : []
    return { images, widths }
  } finally {
    await page.close()
  }
}

const toDisplay = ({ display }: ShownImage, screen: string, dpr: number): Display => ({ screen, dpr, ...display })

const toImage = (
  image: ShownImage,
  widths: readonly (number | undefined)[],
  displays: readonly Display[],
): PageImage => {
  const { display: _, candidates, ...attributes } = image
  const toCandidate = ({ url, descriptor }: (typeof candidates)[number], at: number): Candidate => ({
    url,
    descriptor,
    naturalWidth: widths[at],
  })
  return { ...attributes, candidates: candidates.map(toCandidate), displays }
}

const measurePage = async (contexts: readonly OpenScreen[], page: string): Promise<MeasuredPage> => {
  const url = toPageUrl(page)
  const all = await Promise.all(
    contexts.map(async ({ screen, context }, at) => ({ screen, measured: await measureOn(context, url, at === 0) })),
  )
  const [first] = all
  const images = first?.measured.images.map((image, at): PageImage => {
    const widths = first.measured.widths[at] ?? []
    const displays = all.flatMap(({ screen: { name, dpr }, measured }) => {
      const shown = measured.images[at]
      return shown ? [toDisplay(shown, name, dpr)] : []
    })
    return toImage(image, widths, displays)
  })
  return { url, images: images ?? [] }
}

/**
 * Measures the images of pages.
 * @param pages URLs, or files
 * @param env environment variables, for `CHROMIUM` and `PATH`
 * @throws {bad-config} there is no Chromium, or no playwright-core, or a page cannot be loaded
 */
export const measurePages = async (
  pages: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly MeasuredPage[]> => {
  const browser = await launch(env)
  try {
    const contexts: OpenScreen[] = []
    for (const screen of SCREENS) {
      const { width, height, dpr: deviceScaleFactor } = screen
      contexts.push({ screen, context: await browser.newContext({ viewport: { width, height }, deviceScaleFactor }) })
    }
    const measured: MeasuredPage[] = []
    for (const page of pages) measured.push(await measurePage(contexts, page))
    return measured
  } finally {
    await browser.close()
  }
}
