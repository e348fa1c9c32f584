// Checks all URLs in a page: each is fetched, and the image has to match its descriptors and attributes.
import sharp from "sharp"

/** Candidates of a `srcset`, whose URLs contain no unescaped comma or space. `value` is undefined without a descriptor. */
export const parseSrcset = (text) =>
  Array.from(text.matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+)([wxh]))?\s*(?:,|$)/g), ([, url, value, unit]) => ({
    url,
    value: value === undefined ? undefined : Number(value),
    unit,
  }))

/**
 * Runs in the page: all elements with image URLs, in the current document or in the given HTML. Both are checked, because scripts may have
 * changed the document.
 */
const collect = (html) => {
  const root = html === undefined ? document : new DOMParser().parseFromString(html, "text/html")
  const absolute = (url) => url && new URL(url, location.href).href
  const caseOf = (element) =>
    (element.dataset.case ? element : element.closest("picture")?.querySelector("[data-case]"))?.dataset.case
  const numberOf = (element, name) => Number(element.getAttribute(name)) || undefined
  const imgOf = (element) => element.closest("picture")?.querySelector("img") ?? element
  return [...root.querySelectorAll("img, picture > source, link[rel=preload][as=image], link[rel=icon]")].map(
    (element) => ({
      tag: element.localName,
      id: caseOf(element),
      src: absolute(element.getAttribute(element.localName === "link" ? "href" : "src")),
      srcset: element.getAttribute(element.localName === "link" ? "imagesrcset" : "srcset") ?? "",
      sizes: element.getAttribute(element.localName === "link" ? "imagesizes" : "sizes"),
      type: element.getAttribute("type"),
      isIcon: element.rel === "icon",
      width: numberOf(imgOf(element), "width"),
      height: numberOf(imgOf(element), "height"),
      base: location.href,
    }),
  )
}

/** Enough for the first rendition of a large photo on a busy machine. */
const RESPONSE_MS = 60_000

/** By URL. Shared by all frameworks, which display the same images. */
const fetched = new Map()

const load = async (url) => {
  const response = await fetch(url, { signal: AbortSignal.timeout(RESPONSE_MS) })
  const type = response.headers.get("content-type") ?? ""
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) return { error: `${response.status} ${bytes.toString("utf8", 0, 120)}` }
  if (!type.startsWith("image/")) return { error: type || "no content type" }
  if (type.startsWith("image/svg")) return { type }
  try {
    // Decodes all pixels: a valid header is not enough.
    const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    return { type, width: info.width, height: info.height }
  } catch (error) {
    return { error: `not an image: ${error.message}` }
  }
}

/** The image at a URL: { type, width, height } of the decoded image, or { error }. */
export const imageAt = (url) => {
  if (!fetched.has(url))
    fetched.set(
      url,
      load(url).catch((error) => ({ error: error.cause?.message ?? error.message })),
    )
  return fetched.get(url)
}

const SLACK = 1.01

/** True if the heights differ by no more than rounding to whole pixels, or if the page gives none. */
const isRatio = (width, height, box) => {
  if (!box.width || !box.height) return true
  const off = Math.abs((box.height * width) / box.width - height)
  return off <= SLACK * Math.max(1, width / box.width)
}

/** The width that a candidate's descriptor promises; undefined if it promises none. */
const promisedWidth = async ({ value, unit }, candidates) => {
  if (unit === "w") return value
  const first = candidates.find((one) => one.unit !== "w" && (one.value ?? 1) === 1)
  return first && value !== undefined ? value * (await imageAt(first.url)).width : undefined
}

/** Each of two renditions may be rounded by half a pixel. A `w` is exact. */
const slackOf = ({ unit, value }) => (unit === "x" ? value / 2 + 0.5 : 0)

/** For graphics, such as the logo, a lossless WebP may be lighter than an AVIF, and is sent in its place. */
const isTypeOf = ({ type: promised }, type, one) =>
  !promised || promised === type || (one?.photo === "logo" && type === "image/webp")

const checkImage = async (candidate, { set, candidates, one, parse }) => {
  const { url, unit, value } = candidate
  const image = await imageAt(url)
  if (image.error) return [{ expected: `200 and an image at ${url}`, got: image.error }]
  const { type, width, height } = image
  const due = (await promisedWidth(candidate, candidates)) ?? width
  const descriptor = unit === "x" ? `x (${value})` : unit
  const rules = [
    [Math.abs(due - width) <= slackOf(candidate), `${due} pixels, by its ${descriptor}, at ${url}`, width],
    [isTypeOf(set, type, one), `${set.type} at ${url}`, type],
    [
      isRatio(width, height, set),
      `the ratio of its attributes, ${set.width} × ${set.height}, at ${url}`,
      `${width} × ${height}`,
    ],
    [!one || !parse || parse(url).some(({ original }) => original === one.key), `a URL of ${one?.key}`, url],
  ]
  return rules.filter(([isMet]) => !isMet).map(([, expected, got]) => ({ expected, got: `${got}` }))
}

/** The rules of HTML for a `srcset`. */
const checkSrcset = ({ srcset, sizes }) => {
  const descriptors = parseSrcset(srcset).map(({ value = 1, unit = "x" }) => `${value}${unit}`)
  const repeated = descriptors.filter((one, at) => descriptors.indexOf(one) < at)
  const rules = [
    [repeated.length === 0, "each descriptor once", `${repeated.join(", ")} again in ${srcset}`],
    [new Set(descriptors.map((one) => one.at(-1))).size <= 1, "descriptors of one kind", srcset],
    [!descriptors.some((one) => one.endsWith("w")) || sizes, "sizes, because of the widths", `none for ${srcset}`],
  ]
  return rules.filter(([isMet]) => !isMet).map(([, expected, got]) => ({ expected, got }))
}

/** A preload that differs from its image fetches a second one. */
const checkPreload = (set, sets) =>
  sets.some(
    ({ tag, srcset, sizes, src }) =>
      tag !== "link" && srcset === set.srcset && (set.srcset ? sizes === set.sizes : src === set.src),
  )
    ? []
    : [{ expected: "an image with the srcset and sizes of the preload", got: `${set.srcset || set.src} ${set.sizes}` }]

const candidatesOf = ({ srcset, src, base }) => {
  const listed = parseSrcset(srcset).map((one) => Object.assign(one, { url: new URL(one.url, base).href }))
  return src && !listed.some(({ url }) => url === src) ? [...listed, { url: src }] : listed
}

/**
 * @param page of a browser, at the page to check
 * @param cases with the `key` of their photo
 * @param parse of the client. @default URLs are not compared with the photo of their case
 * @returns the number of URLs, and all failures
 */
export const checkUrls = async (page, { cases, parse }) => {
  const html = await (await fetch(page.url(), { signal: AbortSignal.timeout(RESPONSE_MS) })).text()
  const sets = [...(await page.evaluate(collect, html)), ...(await page.evaluate(collect))].filter(
    ({ isIcon }) => !isIcon,
  )
  const urls = new Set()
  const failures = new Map()
  for (const set of sets) {
    const candidates = candidatesOf(set)
    const one = cases.find(({ id }) => id === set.id)
    const found = [...checkSrcset(set), ...(set.tag === "link" ? checkPreload(set, sets) : [])]
    for (const candidate of candidates) {
      urls.add(candidate.url)
      found.push(...(await checkImage(candidate, { set, candidates, one, parse })))
    }
    for (const failure of found) failures.set(JSON.stringify([set.id, failure]), { case: set.id, ...failure })
  }
  return { checked: urls.size, failures: [...failures.values()] }
}
