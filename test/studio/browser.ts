/** Responsible for Chromium, as far as the tests of the studio use it. Expressions for `evaluate` are texts: this project has no DOM types. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { setTimeout as sleep } from "node:timers/promises"

import { needTools } from "../support/tools.ts"

export interface Viewport {
  readonly width: number
  readonly height: number
}

interface ConsoleMessage {
  readonly type: () => string
  readonly text: () => string
}

interface PageRequest {
  readonly url: () => string
}

/** What the tests use of Playwright's page. */
export interface Page {
  readonly goto: (url: string, options?: object) => Promise<unknown>
  readonly evaluate: <T>(expression: string) => Promise<T>
  readonly waitForSelector: (selector: string) => Promise<unknown>
  readonly click: (selector: string) => Promise<void>
  readonly fill: (selector: string, text: string) => Promise<void>
  readonly selectOption: (selector: string, value: string) => Promise<unknown>
  readonly textContent: (selector: string) => Promise<string | null>
  readonly setViewportSize: (viewport: Viewport) => Promise<void>
  readonly emulateMedia: (options: { readonly colorScheme: "light" | "dark" }) => Promise<void>
  readonly screenshot: (options: object) => Promise<Buffer>
  readonly keyboard: { readonly press: (key: string) => Promise<void>; readonly type: (text: string) => Promise<void> }
  readonly mouse: {
    readonly move: (x: number, y: number) => Promise<void>
    readonly down: () => Promise<void>
    readonly up: () => Promise<void>
  }
  readonly on: ((event: "console", listen: (message: ConsoleMessage) => void) => void) &
    ((event: "pageerror", listen: (error: Error) => void) => void) &
    ((event: "request", listen: (request: PageRequest) => void) => void)
  readonly url: () => string
  readonly close: () => Promise<void>
}

interface Context {
  readonly newPage: () => Promise<Page>
  readonly cookies: () => Promise<
    readonly { readonly name: string; readonly httpOnly: boolean; readonly sameSite: string }[]
  >
  readonly close: () => Promise<void>
}

export interface Browser {
  readonly newContext: (options: object) => Promise<Context>
  readonly close: () => Promise<void>
}

const require = createRequire(new URL("../tools/package.json", import.meta.url))

/** Starts Chromium. The caller closes it. */
export const openBrowser = async (): Promise<Browser> => {
  const { chromium: executablePath } = needTools("chromium", "playwright-core")
  const { chromium } = require("playwright-core") as { chromium: { launch: (options: object) => Promise<Browser> } }
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--font-render-hinting=none"] })
}

/** A page, and what went wrong in it. */
export interface Visit {
  readonly page: Page
  readonly context: Context
  /** Messages of the console, uncaught errors, and requests to other hosts. */
  readonly faults: string[]
}

/** Faults besides the line that a browser prints for every response of 400 or more, such as that of a photo that cannot be rendered. */
export const faultsOf = ({ faults }: Visit): readonly string[] =>
  faults.filter((fault) => !fault.startsWith("error: Failed to load resource"))

/** Opens a page in its own context: with its own cookies and cache. */
export const openPage = async (browser: Browser, origin: string, options: object = {}): Promise<Visit> => {
  const permissions = ["clipboard-read", "clipboard-write"]
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, permissions, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on("console", (message) => faults.push(`${message.type()}: ${message.text()}`))
  page.on("pageerror", (error) => faults.push(error.message))
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !/^(?:data|blob|about):/.test(request.url()))
      faults.push(`requested ${request.url()}`)
  })
  return { page, context, faults }
}

const POLL_MS = 50
const LIMIT_MS = 30_000

/** Waits until an expression is true. The policy of the page forbids the code that Playwright's own function would add to it. */
export const until = async (page: Page, expression: string): Promise<void> => {
  for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += POLL_MS) {
    if (await page.evaluate<unknown>(`Boolean(${expression})`)) return
    await sleep(POLL_MS)
  }
  throw new Error(
    `Expected this to become true in ${page.url()}: ${expression}\n${(await page.textContent("body")) ?? ""}`,
  )
}

/** Waits until the page has a view that loads nothing. */
export const untilSettled = (page: Page): Promise<void> =>
  until(page, `document.querySelector("h1") && !document.querySelector("[aria-busy=true]")`)

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8")
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[]
}

/** Violations of WCAG 2.2 A and AA in the current view, as text. */
export const violationsIn = async (page: Page): Promise<readonly string[]> => {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(`${AXE};undefined`)
  const found = await page.evaluate<readonly Violation[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ["violations"] }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) })))`,
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
  )
}
