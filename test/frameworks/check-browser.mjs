// What a browser makes of a page, at every width of window and every pixel density: which picture it picks, whether anything moves, and
// whether it complains.
import { boxWidth, DPRS, VIEWPORTS } from "./cases.mjs"
import { factsOf, parseSrcset } from "./check-urls.mjs"

/** Device pixels per CSS pixel that pictures are sharp enough with. */
const ENOUGH = 2

/**
 * How many pixels wide the picture should be for a box, at least.
 *
 * Twice the box is enough, whatever the screen. A page has two ways to hold a browser to that: to offer nothing larger, which it can where
 * the width is fixed; and to say a smaller `sizes` for screens of 3×. Neither is there for a lazy picture whose width follows the window:
 * by `sizes="auto"` a browser multiplies the real width of the box by what the screen has, and a ladder that is long enough for a wide
 * window goes on above twice the width of a narrow one. Nor where the page's author gave `sizes` that name no resolution.
 */
export const neededWidth = ({ layout, sizes: given }, { cssWidth, sizes, dpr }) => {
  const isUnbounded = layout !== "fixed" && (/^auto\b/.test(sizes ?? "") || given !== undefined)
  return cssWidth * (isUnbounded ? dpr : Math.min(dpr, ENOUGH))
}

/** The smallest of some { url, width } that has as many pixels, else the largest. Browsers round boxes; half a pixel is none. */
export const expectedPick = (pictures, needed) => {
  const rising = pictures.toSorted((a, b) => a.width - b.width)
  return rising.find(({ width }) => width >= needed - 0.5) ?? rising.at(-1)
}

/** Runs in the page before all else: keeps what moves, and the size of each box over time. */
const watch = () => {
  const seen = { shifts: [], boxes: {} }
  globalThis.seenByHarness = seen
  const nameOf = (node) =>
    node?.closest?.("[data-case]")?.dataset.case ?? node?.querySelector?.("[data-case]")?.dataset.case
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      seen.shifts.push({ value: entry.value, id: entry.sources.map(({ node }) => nameOf(node)).find(Boolean) })
  }).observe({ type: "layout-shift", buffered: true })
  // What moves below the window is no shift to the browser, but it is one to a visitor who scrolled faster.
  const note = (element) => {
    const height = Math.round(element.getBoundingClientRect().height)
    const heights = (seen.boxes[element.dataset.case] ??= [])
    if (heights.at(-1) !== height) heights.push(height)
  }
  const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => note(target)))
  const known = new WeakSet()
  const look = () => {
    for (const element of document.querySelectorAll("[data-case]")) {
      if (known.has(element)) continue
      known.add(element)
      note(element)
      resized.observe(element)
    }
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true })
}

/** Runs in the page: goes down it, so that lazy pictures load, and waits for all. */
const scrollThrough = async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" })
    await frame()
  }
  const deadline = performance.now() + 15_000
  const isLoading = () =>
    [...document.querySelectorAll("[data-case]")].some(({ complete, currentSrc }) => !complete || !currentSrc)
  while (isLoading() && performance.now() < deadline) await new Promise((done) => setTimeout(done, 20))
  await frame()
}

/** Runs in the page: each picture as it is, and what it was chosen from. */
const read = () => {
  const isUsed = (source) =>
    (!source.type || /^image\/(?:avif|webp|jpeg|png|gif)$/.test(source.type)) &&
    (!source.media || matchMedia(source.media).matches)
  const pictures = [...document.querySelectorAll("[data-case]")].map((img) => {
    const from = [...(img.closest("picture")?.querySelectorAll("source") ?? [])].find(isUsed) ?? img
    return {
      id: img.dataset.case,
      currentSrc: img.currentSrc,
      isLoaded: img.complete && img.naturalWidth > 0,
      cssWidth: img.getBoundingClientRect().width,
      cssHeight: img.getBoundingClientRect().height,
      isCut: getComputedStyle(img).objectFit !== "fill",
      srcset: from.srcset,
      src: img.src,
      sizes: from.sizes,
      loading: img.loading,
      fetchPriority: img.fetchPriority,
      base: location.href,
    }
  })
  return { pictures, ...globalThis.seenByHarness }
}

const nameOf = (url) => decodeURI(url).split("/").slice(-2).join("/")

/** What the page offers may be too little: of all that is listed for a shape, something as good should be there. */
const checkOffer = ({ widths }, { cssWidth, dpr, got }) => {
  const needed = cssWidth * Math.min(dpr, ENOUGH)
  const best = expectedPick(
    widths.map((width) => ({ width })),
    needed,
  )
  return got.width >= best.width
    ? []
    : [{ expected: `${best.width} pixels, which are listed, for ${Math.round(needed)}`, got: `${got.width}` }]
}

const checkPick = async (one, shown, dpr) => {
  const listed = parseSrcset(shown.srcset).map(({ url }) => new URL(url, shown.base).href)
  const urls = listed.length > 0 ? listed : [shown.src]
  const pictures = await Promise.all(urls.map(async (url) => ({ url, width: (await factsOf(url)).width ?? 0 })))
  const needed = neededWidth(one, { ...shown, dpr })
  const expected = expectedPick(pictures, needed)
  const got = pictures.find(({ url }) => url === shown.currentSrc)
  if (got?.width !== expected.width) {
    const said = `${nameOf(expected.url)} (${expected.width} pixels, for ${Math.round(needed)})`
    return { failures: [{ expected: said, got: `${nameOf(shown.currentSrc)} (${got?.width ?? "not of its srcset"})` }] }
  }
  const isAbove = expected !== expectedPick(pictures, shown.cssWidth * Math.min(dpr, ENOUGH))
  return { failures: checkOffer(one, { ...shown, dpr, got }), isAbove }
}

/** A picture is whole pixels, and so may its attributes be: its ratio is off by part of one. */
const ONE_PIXEL = 1

const checkRatio = async ({ currentSrc, cssWidth, cssHeight, isCut }) => {
  const { width, height } = await factsOf(currentSrc)
  if (isCut || !width) return []
  const own = (cssWidth * height) / width
  const rounded = (0.5 * cssWidth) / width
  if (Math.abs(own - cssHeight) <= ONE_PIXEL + rounded) return []
  return [
    { expected: `${own.toFixed(1)} CSS pixels high, as the picture is (${width} × ${height})`, got: `${cssHeight}` },
  ]
}

/** What can be said of a picture without its pick. */
const checkShown = (one, shown, { viewport, heights }) => {
  const width = boxWidth(one, viewport)
  const moved = Math.max(...heights) - Math.min(...heights)
  const loading = one.priority ? "eager" : "lazy"
  const rules = [
    [shown.isLoaded, "a picture that is loaded", shown.currentSrc || "none"],
    [Math.abs(shown.cssWidth - width) <= ONE_PIXEL, `${width} CSS pixels wide`, shown.cssWidth],
    [!(moved > ONE_PIXEL), "a box that keeps its height", heights.join(", then ")],
    [shown.loading === loading, `loading="${loading}"`, shown.loading],
    [!one.priority || shown.fetchPriority === "high", `fetchpriority="high"`, shown.fetchPriority],
  ]
  return rules.filter(([isMet]) => !isMet).map(([, expected, got]) => ({ expected, got: `${got}` }))
}

/** Complaints of the page, as failures. A preload that nothing uses is told as a warning. */
const listen = (page) => {
  const failures = []
  const push = (expected, got) => failures.push({ expected, got })
  page.on("console", (message) => {
    const isPreload = message.type() === "warning" && /preload/.test(message.text())
    if (message.type() === "error" || isPreload)
      push("a quiet console", `${message.text()} ${message.location().url ?? ""}`)
  })
  page.on("pageerror", (error) => push("no error of a script", error.message))
  page.on("requestfailed", (request) =>
    push("every request answered", `${request.url()} ${request.failure()?.errorText}`),
  )
  page.on(
    "response",
    (response) => response.status() >= 400 && push("every request answered", `${response.status()} ${response.url()}`),
  )
  return failures
}

/** All that is to be said of one picture. */
const checkCase = async (one, shown, { viewport, dpr, heights }) => {
  if (!shown) return { failures: [{ expected: "an <img> with its data-case", got: "none" }] }
  const { failures, isAbove } = await checkPick(one, shown, dpr)
  const others = [...checkShown(one, shown, { viewport, heights }), ...(await checkRatio(shown))]
  return { failures: [...others, ...failures], isAbove }
}

const checkOnce = async (context, url, { cases, viewport, dpr }) => {
  const page = await context.newPage()
  const failures = listen(page)
  await page.addInitScript(watch)
  await page.goto(url, { waitUntil: "load" })
  await page.evaluate(scrollThrough)
  const { pictures, shifts, boxes } = await page.evaluate(read)
  const total = shifts.reduce((sum, { value }) => sum + value, 0)
  const first = shifts.find(({ id }) => id)?.id
  if (total > 0) failures.push({ case: first, expected: "nothing moves (layout shift 0)", got: total.toFixed(4) })
  let above = 0
  for (const one of cases) {
    const shown = pictures.find(({ id }) => id === one.id)
    const found = await checkCase(one, shown, { viewport, dpr, heights: boxes[one.id] ?? [] })
    if (found.isAbove) above++
    failures.push(...found.failures.map((failure) => Object.assign(failure, { case: one.id })))
  }
  return { failures: failures.map((failure) => Object.assign(failure, { viewport, dpr })), above }
}

/** A page takes a few seconds; one that hangs is a fault. */
const LOOK_MS = 120_000

/** In a context of its own: nothing is in its cache. */
const checkFresh = async (browser, url, { cases, viewport, dpr }) => {
  const context = await browser.newContext({ viewport: { width: viewport, height: 1000 }, deviceScaleFactor: dpr })
  // What still waits for the page then fails, and says for what.
  const alarm = setTimeout(() => void context.close(), LOOK_MS)
  try {
    return await checkOnce(context, url, { cases, viewport, dpr })
  } finally {
    clearTimeout(alarm)
    await context.close()
  }
}

/**
 * @param browser of Playwright
 * @param url of a page that shows the cases
 * @returns how many picks were looked at, how many of them took more than twice the width of their box (see neededWidth), and what is wrong
 */
export const checkBrowser = async (browser, url, { cases, viewports = VIEWPORTS, dprs = DPRS }) => {
  const results = []
  for (const viewport of viewports)
    results.push(...(await Promise.all(dprs.map((dpr) => checkFresh(browser, url, { cases, viewport, dpr })))))
  return {
    checked: results.length * cases.length,
    above: results.reduce((sum, { above }) => sum + above, 0),
    failures: results.flatMap(({ failures }) => failures),
  }
}
