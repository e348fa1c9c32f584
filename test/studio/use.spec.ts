/** The studio in use: by keyboard alone, with drafts, comparisons, focal points and hostile names. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"

import { filesBelow } from "../support/folders.ts"
import { type Browser, openBrowser, faultsOf, openPage, type Page, until, untilSettled, type Visit } from "./browser.ts"
import { HOSTILE, MANY, PHOTO, TOO_LONG } from "./catalogue.ts"
import { startStudio, type StudioServer } from "./studio-server.ts"

let browser: Browser
let server: StudioServer
let visit: Visit
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  server = await startStudio({ flags: ["--studio", "--studio-write"] })
})
afterAll(async () => {
  await browser.close()
  await server.close()
})
beforeEach(async () => {
  visit = await openPage(browser, server.origin)
  ;({ page } = visit)
  await page.goto(server.studioUrl)
  await untilSettled(page)
})
afterEach(() => visit.context.close())

const open = async (view: string, values: Readonly<Record<string, string>> = {}): Promise<void> => {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}?${new URLSearchParams(values).toString()}`)}`)
  await until(page, `document.querySelector("h1")`)
  await untilSettled(page)
}
const focused = (): Promise<string> =>
  page.evaluate(`document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent.trim()`)
const stored = (): Promise<readonly string[]> => filesBelow(join(server.folder, "renditions", "files")).catch(() => [])
/** Without thumbnails, which may still arrive, and descriptions of photos. */
const storedLarge = async (): Promise<readonly string[]> =>
  (await stored()).filter((key) => !/\/(?:square|360x270|info)\//.test(key))
const press = async (...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key)
}
/** Presses Tab until an element has the focus. */
const tabTo = async (name: string): Promise<void> => {
  for (let tries = 0; tries < 60; tries++) {
    if ((await focused()) === name) return
    await press("Tab")
  }
  throw new Error(`Expected the Tab key to reach ${name}`)
}

describe("by keyboard alone", () => {
  it("the first stop skips to the content", async () => {
    await press("Tab")
    expect(await focused()).toBe("Skip to content")
    await press("Enter")
    expect(await page.evaluate("document.activeElement.id")).toBe("main")
  })

  it("a photo is opened from the grid, its parts are reached, and a dialog is closed by Escape", async () => {
    await open("photos", { prefix: "bowl-2077/" })
    await tabTo("front.jpg")
    await press("ArrowRight")
    expect(await focused()).toContain("portrait")
    await press("ArrowLeft", "Enter")
    await page.waitForSelector(".cells")
    expect(await page.textContent("h1")).toContain("front.jpg")
    await tabTo("Purge")
    await press("Enter")
    await page.waitForSelector("dialog[open]")
    await press("Escape")
    await until(page, `!document.querySelector("dialog")`)
    expect(await focused()).toBe("Purge")
    await tabTo("Compare")
    await press("Enter")
    await page.waitForSelector(".divider")
    await tabTo("Divider")
    await press("ArrowRight", "ArrowRight")
    expect(await page.evaluate(`document.activeElement.getAttribute("aria-valuenow")`)).toBe("54")
    await press("End")
    expect(await page.evaluate(`document.activeElement.getAttribute("aria-valuenow")`)).toBe("100")
  })

  it("the slash key moves to the filter, and typing filters", async () => {
    await press("/")
    expect(await page.evaluate("document.activeElement.id")).toBe("prefix")
    await page.keyboard.type("bowl-2077/por")
    await until(page, `document.querySelectorAll(".tile").length === 1`)
    expect(await page.textContent(".tile")).toContain("portrait")
  })

  it("the focus is always visible", async () => {
    for (let stop = 0; stop < 12; stop++) {
      await press("Tab")
      const isVisible = await page.evaluate(
        `(() => { const { outlineStyle } = getComputedStyle(document.activeElement); const next = document.activeElement.nextElementSibling; return outlineStyle !== "none" || (next !== null && getComputedStyle(next).outlineStyle !== "none") })()`,
      )
      expect({ stop: await focused(), isVisible }).toEqual({ stop: await focused(), isVisible: true })
    }
  })
})

describe("photos", () => {
  it("a long folder has pages, forwards and back", async () => {
    await open("photos", { prefix: "many/" })
    expect(await page.evaluate(`document.querySelectorAll(".tile").length`)).toBe(60)
    let pages = 1
    let seen = 60
    while (
      await page.evaluate(`[...document.querySelectorAll(".pager a")].some((link) => link.textContent === "Next page")`)
    ) {
      const first = await page.textContent(".tile .name")
      await page.evaluate(`[...document.querySelectorAll(".pager a")].at(-1).click()`)
      await until(page, `document.querySelector(".tile .name").textContent !== ${JSON.stringify(first)}`)
      pages += 1
      seen += await page.evaluate<number>(`document.querySelectorAll(".tile").length`)
    }
    expect([pages, seen]).toEqual([3, MANY])
    await page.evaluate(`document.querySelector(".pager a").click()`)
    await until(page, `document.querySelector(".tile .name").textContent === "0060.jpg"`)
  })

  it("hostile names are text: nothing runs, and invisible characters are written out", async () => {
    await open("photos", { prefix: "hostile/" })
    await page.waitForSelector(".tile img")
    const names = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll(".tile .name")].map((name) => name.textContent)`,
    )
    expect(names).toHaveLength(HOSTILE.length + 1)
    expect(names).toContain("exe⟨U+202E⟩gpj.jpg")
    expect(names.join()).not.toContain("line")
    expect(names).toContain(HOSTILE[0])
    expect(names).toContain("{{harm}}${harm}.jpg")
    for (const name of HOSTILE) {
      await open("photo", { key: `hostile/${name}` })
      await until(page, `document.querySelector(".cell .thumb img")`)
      await open("explain", { target: `hostile/${name}` })
      await until(page, `document.querySelector(".states")`)
    }
    await open("photo", { key: `hostile/${TOO_LONG}` })
    await until(page, `document.querySelector(".problem").textContent.includes("245 bytes")`)
    expect(await page.evaluate("window.harm")).toBeUndefined()
    expect(faultsOf(visit)).toEqual([])
  })

  it("excluded originals are never shown", async () => {
    await open("photos", { prefix: "secret/" })
    await page.waitForSelector(".empty")
    await open("photos")
    await page.waitForSelector(".folders")
    expect(await page.textContent("main")).not.toContain("secret")
  })
})

describe("one photo", () => {
  it("the contact sheet shows every size in every format, and renders one at a time", async () => {
    const before = server.output().length
    await open("photo", { key: PHOTO })
    await page.evaluate(
      `[...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Render all").click()`,
    )
    await until(page, `document.querySelectorAll(".cell .thumb img").length === 15`)
    expect(await stored()).toEqual(
      expect.arrayContaining(["bowl-2077/1280w/front.jpg.avif", "bowl-2077/square/front.jpg"]),
    )
    const lines = server.output().slice(before)
    expect(lines).not.toMatch(/"waitMs":[1-9]\d\d/)
    await page.click('button[aria-label="Copy the URL of 640w as WEBP"]')
    const copied = await page.evaluate("navigator.clipboard.readText()")
    expect(copied).toBe(`${server.origin}/bowl-2077/640w/front.jpg.webp`)
  })

  it("drafts have bytes, time and SSIM by quality, and nothing is stored", async () => {
    const before = await storedLarge()
    await open("photo", { key: PHOTO, tab: "quality", size: "480h", format: "webp" })
    await until(page, `document.querySelectorAll(".drafts tbody .link").length === 1`)
    await page.fill("input[type=range]", "20")
    await until(page, `document.querySelectorAll(".drafts tbody .link").length === 2`)
    const rows = await page.evaluate<readonly (readonly string[])[]>(
      `[...document.querySelectorAll(".drafts tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent.replaceAll("\\u00a0", " ")))`,
    )
    expect(rows.map(([quality]) => quality)).toEqual(["20", expect.stringContaining("configured")])
    const [low, high] = rows.map(([, bytes, , , ssim]) => ({
      bytes: Number.parseFloat(bytes ?? ""),
      ssim: Number(ssim),
    }))
    expect(low?.bytes).toBeLessThan(high?.bytes ?? 0)
    expect(low?.ssim).toBeLessThan(high?.ssim ?? 0)
    expect(high?.ssim).toBeGreaterThan(0.9)
    expect(await storedLarge()).toEqual(before)
  })

  it("a comparison is zoomed, and its divider stays in view", async () => {
    await open("photo", { key: PHOTO, tab: "compare", size: "1280w", format: "jpeg" })
    await until(page, `document.querySelectorAll(".pair img").length === 2`)
    await page.click("label:has-text('8:1')")
    expect(await page.evaluate(`document.querySelector(".pair").offsetWidth`)).toBe(8 * 1280)
    expect(await page.evaluate(`getComputedStyle(document.querySelector(".pair img")).imageRendering`)).toBe(
      "pixelated",
    )
    await page.evaluate(`document.querySelector(".stage").scrollTo(3000, 0)`)
    await until(
      page,
      `(() => { const stage = document.querySelector(".stage"); const clip = 10240 - parseFloat(document.querySelectorAll(".pair img")[1].style.clipPath.split(" ")[1]); return Math.abs(clip - (3000 + stage.clientWidth / 2)) < 2 })()`,
    )
  })

  it("the preview shows the candidate that the browser takes for a width and a density", async () => {
    await open("photo", { key: PHOTO, tab: "preview", size: "1280w" })
    const taken = (size: string): Promise<unknown> =>
      until(page, `document.querySelector(".taken strong")?.textContent === ${JSON.stringify(size)}`)
    await taken("1280w")
    const slide = (at: number, value: string): Promise<unknown> =>
      page.evaluate(
        `(() => { const slider = document.querySelectorAll("input[type=range]")[${at}]; slider.value = "${value}"; slider.dispatchEvent(new Event("input", { bubbles: true })) })()`,
      )
    await slide(1, "1")
    await taken("640w")
    await slide(0, "1000")
    await taken("1280w")
    expect(await page.evaluate(`document.querySelector("iframe").contentWindow.innerWidth`)).toBe(1000)
    expect(faultsOf(visit)).toEqual([])
  })

  it("code for every kind of project is shown and copied", async () => {
    await open("photo", { key: PHOTO, tab: "code" })
    await page.waitForSelector(".code")
    const titles = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll(".chips span")].map(({ textContent }) => textContent)`,
    )
    for (const title of ["React", "Nuxt", "Svelte", "Astro", "Eleventy", "PHP", "Python", "Ruby"])
      expect(titles.join()).toContain(title)
    await page.click("label:has-text('Python')")
    await page.click(".code button")
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await page.textContent(".code code"))
  })

  it("the focal point is dragged, its crops follow, and it is saved after a question", async () => {
    await open("photo", { key: PHOTO, tab: "focal" })
    await page.waitForSelector(".crops img")
    const before = await page.evaluate(`document.querySelector(".crops img").style.objectPosition`)
    const [x, y] = await page.evaluate<readonly [number, number]>(
      `(() => { const { left, top, width, height } = document.querySelector(".focal-picker").getBoundingClientRect(); return [left + width * 0.25, top + height * 0.5] })()`,
    )
    await page.mouse.move(x + 40, y)
    await page.mouse.down()
    await page.mouse.move(x, y)
    await page.mouse.up()
    expect(await page.evaluate(`document.querySelector(".crops img").style.objectPosition`)).not.toBe(before)
    await page.click("text=Save")
    await page.click("dialog .primary")
    await until(page, `document.querySelector(".message").textContent === "Saved the focal point"`)
    const saved = JSON.parse(await readFile(join(server.folder, "focal-points.json"), "utf8")) as Record<
      string,
      readonly number[]
    >
    expect(saved[PHOTO]?.[0]).toBeCloseTo(0.25, 1)
  })

  it("purge asks first, and deletes the renditions", async () => {
    await fetch(`${server.origin}/bowl-2077/640w/front.jpg`).then((response) => response.arrayBuffer())
    await open("photo", { key: PHOTO, tab: "code" })
    await page.waitForSelector(".code")
    await page.click("text=Purge")
    expect(await stored()).toContain("bowl-2077/640w/front.jpg")
    await page.click("dialog .primary")
    await until(page, `document.querySelector(".message").textContent.startsWith("Deleted")`)
    // The page then requests the description and the thumbnail again, which stores them.
    const isOfPhoto = (key: string): boolean => key.startsWith("bowl-2077/") && key.includes("/front.jpg")
    expect((await storedLarge()).filter(isOfPhoto)).toEqual([])
  })
})

describe("explain, live and settings", () => {
  it("the form explains a request, and its URL opens the same explanation", async () => {
    await open("explain")
    await page.fill("#target", "/bowl-2077/350x250/front.jpg")
    await press("Enter")
    await page.waitForSelector(".verdict")
    expect(await page.textContent("main")).toContain("360x270")
    expect(page.url()).toContain(encodeURIComponent("/bowl-2077/350x250/front.jpg"))
  })

  it("an unlisted size appears in the live view with the origin of its page, without a reload", async () => {
    await open("live")
    await page.waitForSelector(".tiles")
    const headers = { referer: "https://shop.example/secret?token=1" }
    await fetch(`${server.origin}/bowl-2077/777x777/front.jpg`, { headers })
    await until(page, `document.querySelector("section[aria-label='Unlisted sizes']").textContent.includes("777x777")`)
    const text = await page.textContent("main")
    expect(text).toContain("https://shop.example")
    expect(text).not.toContain("token=1")
    await until(page, `document.querySelectorAll("canvas").length === 4`)
  })

  it("settings are found by a word, and have their origin", async () => {
    await open("settings")
    await page.waitForSelector(".setting")
    await page.fill("#words", "focalPoints")
    await until(page, `document.querySelectorAll(".setting").length < 4`)
    const text = await page.textContent("main")
    expect(text).toContain("focal-points.json")
    expect(text).toContain("file")
  })

  it("a draft of the list has its number of renditions, bytes and a contact sheet, and nothing is stored", async () => {
    const before = await storedLarge()
    await open("settings", { tab: "list" })
    await page.fill("#sizes", "200x200, 300w")
    await page.click("text=Estimate")
    await until(page, `document.querySelectorAll(".cell .thumb img").length === 2`)
    expect(await page.textContent("main")).toContain("95 %")
    await page.fill("#sizes", "200x")
    await page.click("text=Estimate")
    await until(page, `document.querySelector("main").textContent.includes("not valid")`)
    expect(await storedLarge()).toEqual(before)
  })
})
