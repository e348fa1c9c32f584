// Checks a page in a browser, at all viewports and pixel densities: which renditions it loads, whether the layout shifts, and whether it
// reports errors.
import { boxWidth, DPRS, VIEWPORTS } from "./cases.mjs"
import { imageAt, parseSrcset } from "./check-urls.mjs"

/** Device pixels per CSS pixel that are sharp enough. */
const SUFFICIENT_DPR = 2

/**
 * The minimum width in pixels of the rendition for a box.
 *
 * Twice the box is sufficient on any screen. A page can limit a browser to that in two ways: it offers nothing larger, if the width is
 * fixed, or it gives a smaller `sizes` for 3× screens. Neither works for a lazy image whose width depends on the viewport: with
 * `sizes="auto"` a browser multiplies the real width of the box by the screen's density, and the candidates for a wide viewport include
 * more than twice the width of a narrow one. It does not work either if the author of the page gave `sizes` without a resolution.
 */
export const neededWidth = ({ layout, sizes: sizesOfPage }, { cssWidth, sizes, dpr }) => {
  const isUnbounded = layout !== "fixed" && (/^auto\b/.test(sizes ?? "") || sizesOfPage !== undefined)
  return cssWidth * (isUnbounded ? dpr : Math.min(dpr, SUFFICIENT_DPR))
}

/** The smallest of some { url, width } that has enough pixels, or else the largest. Half a pixel is ignored, as browsers round boxes. */
export const expectedPick = (images, needed) => {
  const rising = images.toSorted((a, b) => a.width - b.width)
  return rising.find(({ width }) => width >= needed - 0.5) ?? rising.at(-1)
}

/** Runs in the page before any other script: records layout shifts, and the height of each box over time. */
const watch = () => {
  const seen = { shifts: [], boxes: {} }
  globalThis.seenByHarness = seen
  const nameOf = (node) =>
    node?.closest?.("[data-case]")?.dataset.case ?? node?.querySelector?.("[data-case]")?.dataset.case
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      seen.shifts.push({ value: entry.value, id: entry.sources.map(({ node }) => nameOf(node)).find(Boolean) })
  }).observe({ type: "layout-shift", buffered: true })
  // Browsers do not count movement below the viewport, but visitors who scroll faster see it.
  const recordHeight = (element) => {
    const height = Math.round(element.getBoundingClientRect().height)
    const heights = (seen.boxes[element.dataset.case] ??= [])
    if (heights.at(-1) !== height) heights.push(height)
  }
  const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => recordHeight(target)))
  const observed = new WeakSet()
  const observeNew = () => {
    for (const element of document.querySelectorAll("[data-case]")) {
      if (observed.has(element)) continue
      observed.add(element)
      recordHeight(element)
      resized.observe(element)
    }
  }
  new MutationObserver(observeNew).observe(document, { childList: true, subtree: true })
}

/** Runs in the page: scrolls to the end, so that lazy images load, and waits for all of them. */
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

/** Runs in the page: the state of each image, and the candidates it was chosen from. */
const read = () => {
  const isUsed = (source) =>
    (!source.type || /^image\/(?:avif|webp|jpeg|png|gif)$/.test(source.type)) &&
    (!source.media || matchMedia(source.media).matches)
  const images = [...document.querySelectorAll("[data-case]")].map((img) => {
    const from = [...(img.closest("picture")?.querySelectorAll("source") ?? [])].find(isUsed) ?? img
    return {
      id: img.dataset.case,
      currentSrc: img.currentSrc,
      isLoaded: img.complete && img.naturalWidth > 0,
      cssWidth: img.getBoundingClientRect().width,
      cssHeight: img.getBoundingClientRect().height,
      isCropped: getComputedStyle(img).objectFit !== "fill",
      srcset: from.srcset,
      src: img.src,
      sizes: from.sizes,
      loading: img.loading,
      fetchPriority: img.fetchPriority,
      base: location.href,
    }
  })
  return { images, ...globalThis.seenByHarness }
}

const nameOf = (url) => decodeURI(url).split("/").slice(-2).join("/")

/** Fails if the page offers no rendition that is as good as the best listed size of the shape. */
const checkOffer = ({ widths }, { cssWidth, dpr, got }) => {
  const needed = cssWidth * Math.min(dpr, SUFFICIENT_DPR)
  const best = expectedPick(
    widths.map((width) => ({ width })),
    needed,
  )
  return got.width >= best.width
    ? []
    : [{ expected: `${best.width} pixels, a listed width, for ${Math.round(needed)}`, got: `${got.width}` }]
}

const checkPick = async (one, image, dpr) => {
  const listed = parseSrcset(image.srcset).map(({ url }) => new URL(url, image.base).href)
  const urls = listed.length > 0 ? listed : [image.src]
  const candidates = await Promise.all(urls.map(async (url) => ({ url, width: (await imageAt(url)).width ?? 0 })))
  const needed = neededWidth(one, { ...image, dpr })
  const expected = expectedPick(candidates, needed)
  const got = candidates.find(({ url }) => url === image.currentSrc)
  if (got?.width !== expected.width) {
    const text = `${nameOf(expected.url)} (${expected.width} pixels, for ${Math.round(needed)})`
    return { failures: [{ expected: text, got: `${nameOf(image.currentSrc)} (${got?.width ?? "not in its srcset"})` }] }
  }
  const isAbove = expected !== expectedPick(candidates, image.cssWidth * Math.min(dpr, SUFFICIENT_DPR))
  return { failures: checkOffer(one, { ...image, dpr, got }), isAbove }
}

/** Dimensions of images and attributes are whole pixels, so a ratio can differ by part of one. */
const ONE_PIXEL = 1

const checkRatio = async ({ currentSrc, cssWidth, cssHeight, isCropped }) => {
  const { width, height } = await imageAt(currentSrc)
  if (isCropped || !width) return []
  const due = (cssWidth * height) / width
  const rounded = (0.5 * cssWidth) / width
  if (Math.abs(due - cssHeight) <= ONE_PIXEL + rounded) return []
  return [
    {
      expected: `${due.toFixed(1)} CSS pixels high, in the ratio of the image (${width} × ${height})`,
      got: `${cssHeight}`,
    },
  ]
}

/** Checks everything about an image except which rendition was loaded. */
const checkDisplay = (one, image, { viewport, heights }) => {
  const width = boxWidth(one, viewport)
  const moved = Math.max(...heights) - Math.min(...heights)
  const loading = one.priority ? "eager" : "lazy"
  const rules = [
    [image.isLoaded, "a loaded image", image.currentSrc || "none"],
    [Math.abs(image.cssWidth - width) <= ONE_PIXEL, `${width} CSS pixels wide`, image.cssWidth],
    [!(moved > ONE_PIXEL), "a box of constant height", heights.join(", then ")],
    [image.loading === loading, `loading="${loading}"`, image.loading],
    [!one.priority || image.fetchPriority === "high", `fetchpriority="high"`, image.fetchPriority],
  ]
  return rules.filter(([isMet]) => !isMet).map(([, expected, got]) => ({ expected, got: `${got}` }))
}

/** Warnings that count: Chromium's about unused preloads, and those of frameworks, which include attributes that hydration would change. */
const WARNING = /preload|hydrat|\[Vue warn\]|svelte\.dev|\bNG0\d/

/**
 * Messages of Angular about the page of cases, and not about its images: the largest image is lazy (NG02955), which is true of any page that
 * is scrolled through, and ratios of dimensions that Chromium rounded (NG02952), which are checked below.
 */
const EXPECTED = /\bNG0295[25]\b/

/** Errors of the page, as failures. */
const listen = (page) => {
  const failures = []
  const push = (expected, got) => failures.push({ expected, got })
  page.on("console", (message) => {
    if (EXPECTED.test(message.text())) return
    if (message.type() === "error" || (message.type() === "warning" && WARNING.test(message.text())))
      push("an empty console", `${message.text()} ${message.location().url ?? ""}`)
  })
  page.on("pageerror", (error) => push("no error in a script", error.message))
  page.on("requestfailed", (request) =>
    push("a response to every request", `${request.url()} ${request.failure()?.errorText}`),
  )
  page.on(
    "response",
    (response) =>
      response.status() >= 400 && push("a response to every request", `${response.status()} ${response.url()}`),
  )
  return failures
}

/** Checks one image. */
const checkCase = async (one, image, { viewport, dpr, heights }) => {
  if (!image) return { failures: [{ expected: "an <img> with its data-case", got: "none" }] }
  const { failures, isAbove } = await checkPick(one, image, dpr)
  const others = [...checkDisplay(one, image, { viewport, heights }), ...(await checkRatio(image))]
  return { failures: [...others, ...failures], isAbove }
}

/** Fails if the scripts of a page never take over. */
const waitUntilHydrated = async (page) => {
  const isHydrated = () => document.documentElement.dataset.hydrated !== undefined
  const found = await page.waitForFunction(isHydrated, undefined, { timeout: 15_000 }).catch(() => undefined)
  return found ? [] : [{ expected: "a hydrated page", got: "the page of the server" }]
}

const checkOnce = async (context, url, { cases, hydrates, viewport, dpr }) => {
  const page = await context.newPage()
  const failures = listen(page)
  await page.addInitScript(watch)
  await page.goto(url, { waitUntil: "load" })
  if (hydrates) failures.push(...(await waitUntilHydrated(page)))
  await page.evaluate(scrollThrough)
  const { images, shifts, boxes } = await page.evaluate(read)
  const total = shifts.reduce((sum, { value }) => sum + value, 0)
  const first = shifts.find(({ id }) => id)?.id
  if (total > 0) failures.push({ case: first, expected: "a layout shift of 0", got: total.toFixed(4) })
  let above = 0
  for (const one of cases) {
    const image = images.find(({ id }) => id === one.id)
    const found = await checkCase(one, image, { viewport, dpr, heights: boxes[one.id] ?? [] })
    if (found.isAbove) above++
    failures.push(...found.failures.map((failure) => Object.assign(failure, { case: one.id })))
  }
  return { failures: failures.map((failure) => Object.assign(failure, { viewport, dpr })), above }
}

/** A page takes a few seconds. */
const PAGE_MS = 120_000

/** In a new context, with an empty cache. */
const checkFresh = async (browser, url, { viewport, dpr, ...page }) => {
  const context = await browser.newContext({ viewport: { width: viewport, height: 1000 }, deviceScaleFactor: dpr })
  // Pending calls then fail with a message.
  const alarm = setTimeout(() => void context.close(), PAGE_MS)
  try {
    return await checkOnce(context, url, { ...page, viewport, dpr })
  } finally {
    clearTimeout(alarm)
    await context.close()
  }
}

/**
 * @param browser of Playwright
 * @param url of a page with the cases; `hydrates` if its scripts take over the images
 * @returns how many loaded renditions were checked, how many of them have more than twice the width of their box (see neededWidth), and
 * all failures
 */
export const checkBrowser = async (browser, url, { cases, hydrates = false, viewports = VIEWPORTS, dprs = DPRS }) => {
  const results = []
  for (const viewport of viewports)
    results.push(
      ...(await Promise.all(dprs.map((dpr) => checkFresh(browser, url, { cases, hydrates, viewport, dpr })))),
    )
  return {
    checked: results.length * cases.length,
    above: results.reduce((sum, { above }) => sum + above, 0),
    failures: results.flatMap(({ failures }) => failures),
  }
}
