/** Attacks on the studio from a browser: without a token, from foreign pages, in frames, by injected code. And a server without a studio. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { send } from "../support/server.ts"
import { type Browser, openBrowser, openPage, untilSettled } from "./browser.ts"
import { EXCLUDED, PHOTO } from "./catalogue.ts"
import { startStudio, type StudioServer } from "./studio-server.ts"

const API = [
  "catalogue",
  "photos",
  `photo?key=${PHOTO}`,
  `explain?target=${PHOTO}`,
  `snippets?key=${PHOTO}&size=640w`,
  "settings",
  "live",
]

let browser: Browser

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

describe("attacks", () => {
  let server: StudioServer
  /** A page of another origin, with any content. */
  let foreign: Server
  let content = ""
  let foreignUrl = ""
  let port = 0

  beforeAll(async () => {
    server = await startStudio()
    port = Number(new URL(server.origin).port)
    foreign = createServer((_, response) => response.setHeader("content-type", "text/html").end(content))
    await new Promise<void>((done) => foreign.listen(0, "127.0.0.1", done))
    foreignUrl = `http://localhost:${(foreign.address() as AddressInfo).port}/`
  })
  afterAll(async () => {
    foreign.closeAllConnections()
    await new Promise((done) => foreign.close(done))
    await server.close()
  })

  it("without a token the API answers 401, and the page shows a field for it", async () => {
    const answers = API.map(async (route) => (await fetch(`${server.origin}/_studio/api/${route}`)).status)
    expect(new Set(await Promise.all(answers))).toEqual(new Set([401]))
    const { page, context } = await openPage(browser, server.origin)
    await page.goto(`${server.origin}/_studio/`)
    await page.waitForSelector(".sign-in")
    await page.fill("#token", "wrong")
    await page.keyboard.press("Enter")
    await page.waitForSelector(".sign-in .problem")
    await page.fill("#token", server.studioUrl)
    await page.keyboard.press("Enter")
    await page.waitForSelector(".folders")
    await context.close()
  })

  it("the live view of a server that was started again shows the field for the new token, and connects with it", async () => {
    const first = await startStudio({ photos: "pottery" })
    const { page, context } = await openPage(browser, first.origin)
    await page.goto(first.studioUrl)
    await untilSettled(page)
    await page.goto(`${first.origin}/_studio/#/live`)
    await page.waitForSelector(".badge.good")
    await first.close()
    const flags = ["--studio", "--port", new URL(first.origin).port]
    const second = await startStudio({ photos: "pottery", flags })
    await page.waitForSelector(".sign-in")
    await page.fill("#token", second.studioUrl)
    await page.keyboard.press("Enter")
    await page.waitForSelector(".badge.good")
    expect(await page.textContent(".badge.good")).toBe("Connected")
    await context.close()
    await second.close()
  })

  it("the token leaves the URL at once, becomes a cookie that no script reads, and is in no log line", async () => {
    const { page, context } = await openPage(browser, server.origin)
    await page.goto(server.studioUrl)
    await untilSettled(page)
    const token = new URL(server.studioUrl).hash.slice(1)
    expect(page.url()).not.toContain(token)
    expect(await page.evaluate("document.cookie")).toBe("")
    expect(await page.evaluate("document.documentElement.outerHTML")).not.toContain(token)
    const cookies = await context.cookies()
    expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
      { httpOnly: true, sameSite: "Strict" },
    ])
    expect(server.output().split(token)).toHaveLength(2)
    await context.close()
  })

  it("a foreign host name gets nothing, with the session's cookie too", async () => {
    for (const target of ["/_studio/", "/_studio/api/catalogue"])
      expect((await send(port, target, { headers: { host: "attacker.example" } })).status).toBe(403)
  })

  it("a page of another origin cannot read the API, change anything or show the studio in a frame", async () => {
    const { page, context } = await openPage(browser, server.origin)
    await page.goto(server.studioUrl)
    await untilSettled(page)
    const to = `${server.origin.replace("127.0.0.1", "localhost")}/_studio/`
    content = `<!doctype html><title>attack</title><iframe src="${server.origin}/_studio/"></iframe><iframe src="${to}"></iframe>`
    await page.goto(foreignUrl)
    const attempt = (url: string, options: object): Promise<string> =>
      page.evaluate(
        `fetch(${JSON.stringify(url)}, ${JSON.stringify(options)}).then((response) => response.text(), () => "failed")`,
      )
    const json = { "content-type": "application/json" }
    for (const base of [`${server.origin}/_studio/`, to]) {
      expect(await attempt(`${base}api/catalogue`, { credentials: "include" })).toBe("failed")
      const purge = { method: "POST", credentials: "include", body: JSON.stringify({ key: PHOTO }) }
      expect(await attempt(`${base}api/purge`, purge)).toBe("failed")
      expect(await attempt(`${base}api/purge`, { ...purge, headers: json })).toBe("failed")
    }
    const frames = await page.evaluate<number>(
      `[...document.querySelectorAll("iframe")].filter((frame) => { try { return frame.contentDocument !== null } catch { return false } }).length`,
    )
    expect(frames).toBe(0)
    await context.close()
  })

  it("a change without the page's origin, or without JSON, is rejected", async () => {
    const { page, context } = await openPage(browser, server.origin)
    await page.goto(server.studioUrl)
    await untilSettled(page)
    const [cookie] = (await context.cookies()) as unknown as readonly {
      readonly name: string
      readonly value: string
    }[]
    const withSession = { cookie: `${cookie?.name}=${cookie?.value}`, host: new URL(server.origin).host }
    const json = { "content-type": "application/json", "content-length": "2" }
    const attempt = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await send(port, "/_studio/api/purge", { method: "POST", headers: { ...withSession, ...headers } })).status
    expect(await attempt({ ...json, origin: "https://attacker.example" })).toBe(403)
    expect(await attempt({ ...json, origin: "null" })).toBe(403)
    expect(await attempt({ "content-type": "text/plain", origin: server.origin })).toBeGreaterThanOrEqual(400)
    await context.close()
  })

  it("injected code and styles do not run under the policy of the page", async () => {
    const { page, context } = await openPage(browser, server.origin)
    await page.goto(server.studioUrl)
    await untilSettled(page)
    await page.evaluate(
      `document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.harm=1'><iframe srcdoc='<script>parent.harm=1</scr" + "ipt>'></iframe><style>body{display:none}</style>"); document.body.append(Object.assign(document.createElement("script"), { textContent: "window.harm=1" }))`,
    )
    await page.evaluate("new Promise((done) => setTimeout(done, 300))")
    expect(await page.evaluate("window.harm")).toBeUndefined()
    expect(await page.evaluate("getComputedStyle(document.body).display")).not.toBe("none")
    await context.close()
  })

  it("excluded originals and focal points stay out of reach of a session without the permission", async () => {
    const { page, context } = await openPage(browser, server.origin)
    await page.goto(server.studioUrl)
    await untilSettled(page)
    const status = (path: string, options: object = {}): Promise<number> =>
      page.evaluate(`fetch(${JSON.stringify(`api/${path}`)}, ${JSON.stringify(options)}).then(({ status }) => status)`)
    const change = (method: string, body: object): object => ({
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
    expect(await status(`photo?key=${EXCLUDED}`)).toBe(404)
    expect(await status("draft", change("POST", { key: EXCLUDED, size: "640w" }))).toBe(404)
    expect(await status("reference", change("POST", { key: EXCLUDED, size: "640w" }))).toBe(404)
    expect(await status("focal-point", change("PUT", { key: PHOTO, point: [0.1, 0.1] }))).toBe(403)
    await context.close()
  })
})

describe("a server without a studio", () => {
  it("none of its URLs exists, and the root explains the grammar of URLs", async () => {
    const server = await startStudio({ flags: [] })
    try {
      const paths = ["", "index.html", "icon.svg", "LICENCES.txt", ...API.map((route) => `api/${route}`)]
      const answers = paths.map(async (path) => {
        const [studio, other] = [
          await fetch(`${server.origin}/_studio/${path}`),
          await fetch(`${server.origin}/_other/${path}`),
        ]
        return { studio: studio.status, other: other.status, isPage: (await studio.text()).includes("<script") }
      })
      for (const { studio, other, isPage } of await Promise.all(answers)) {
        expect(studio).toBe(other)
        expect(studio).toBeGreaterThanOrEqual(400)
        expect(isPage).toBe(false)
      }
      const post = await fetch(`${server.origin}/_studio/api/session`, { method: "POST", body: "{}" })
      expect(post.status).toBe(405)
      const root = await fetch(`${server.origin}/`, { redirect: "manual" })
      expect(root.status).toBe(404)
      expect(await root.text()).toContain("360x270")
    } finally {
      await server.close()
    }
  })
})
