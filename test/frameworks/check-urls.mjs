// Every address that a page names: each is fetched, and has to be what its place in the page says it is.
import sharp from "sharp"

/** Candidates of a `srcset`; no address of ours has a bare comma or space. `value` is undefined where there is no descriptor. */
export const parseSrcset = (text) =>
  Array.from(text.matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+)([wxh]))?\s*(?:,|$)/g), ([, url, value, unit]) => ({
    url,
    value: value === undefined ? undefined : Number(value),
    unit,
  }))

/**
 * Runs in the page: every set of pictures in a document, with where it stands. Both the document as it was sent and the one that scripts
 * have worked on are looked at.
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

/** Kept for all frameworks: they have the same pictures. */
/** A first rendition of a large photo, on a busy machine; longer is a fault. */
const ANSWER_MS = 60_000

const fetched = new Map()

const load = async (url) => {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
  const type = response.headers.get("content-type") ?? ""
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) return { error: `${response.status} ${bytes.toString("utf8", 0, 120)}` }
  if (!type.startsWith("image/")) return { error: type || "no content type" }
  if (type.startsWith("image/svg")) return { type }
  try {
    // All of it: a header proves no picture.
    const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    return { type, width: info.width, height: info.height }
  } catch (error) {
    return { error: `no picture: ${error.message}` }
  }
}

/** Of one address: { type, width, height } in decoded pixels, or { error }. */
export const factsOf = (url) => {
  if (!fetched.has(url))
    fetched.set(
      url,
      load(url).catch((error) => ({ error: error.cause?.message ?? error.message })),
    )
  return fetched.get(url)
}

const SLACK = 1.01

/** True where two heights differ by no more than rounding to whole pixels does, or where the page says none. */
const isRatio = (width, height, box) => {
  if (!box.width || !box.height) return true
  const off = Math.abs((box.height * width) / box.width - height)
  return off <= SLACK * Math.max(1, width / box.width)
}

/** The width that a candidate's descriptor promises; undefined where it promises none. */
const promised = async ({ value, unit }, candidates) => {
  if (unit === "w") return value
  const first = candidates.find((one) => one.unit !== "w" && (one.value ?? 1) === 1)
  return first && value !== undefined ? value * (await factsOf(first.url)).width : undefined
}

/** Two pictures of one photo may each be rounded by half a pixel; a `w` is a whole number. */
const slackOf = ({ unit, value }) => (unit === "x" ? value / 2 + 0.5 : 0)

const checkPicture = async (candidate, { set, candidates, one, parse }) => {
  const { url, unit, value } = candidate
  const facts = await factsOf(url)
  if (facts.error) return [{ expected: `200 and an image of ${url}`, got: facts.error }]
  const { type, width, height } = facts
  const due = (await promised(candidate, candidates)) ?? width
  const said = unit === "x" ? `x (${value})` : unit
  const rules = [
    [Math.abs(due - width) <= slackOf(candidate), `${due} pixels, by its ${said}, of ${url}`, width],
    [!set.type || set.type === type, `${set.type} of ${url}`, type],
    [
      isRatio(width, height, set),
      `the ratio ${set.width} × ${set.height}, as its attributes say, of ${url}`,
      `${width} × ${height}`,
    ],
    [!one || !parse || parse(url).some(({ original }) => original === one.key), `an address of ${one?.key}`, url],
  ]
  return rules.filter(([isMet]) => !isMet).map(([, expected, got]) => ({ expected, got: `${got}` }))
}

/** What HTML asks of a `srcset` as a whole. */
const checkSrcset = ({ srcset, sizes }) => {
  const said = parseSrcset(srcset).map(({ value = 1, unit = "x" }) => `${value}${unit}`)
  const twice = said.filter((one, at) => said.indexOf(one) < at)
  const rules = [
    [twice.length === 0, "each descriptor once", `${twice.join(", ")} again in ${srcset}`],
    [new Set(said.map((one) => one.at(-1))).size <= 1, "descriptors of one kind", srcset],
    [!said.some((one) => one.endsWith("w")) || sizes, "sizes, where there are widths", `none for ${srcset}`],
  ]
  return rules.filter(([isMet]) => !isMet).map(([, expected, got]) => ({ expected, got }))
}

/** A preload that says another thing than its picture fetches a second one. */
const checkPreload = (set, sets) =>
  sets.some(
    ({ tag, srcset, sizes, src }) =>
      tag !== "link" && srcset === set.srcset && (set.srcset ? sizes === set.sizes : src === set.src),
  )
    ? []
    : [{ expected: "a picture with the srcset and sizes of the preload", got: `${set.srcset || set.src} ${set.sizes}` }]

const candidatesOf = ({ srcset, src, base }) => {
  const listed = parseSrcset(srcset).map((one) => Object.assign(one, { url: new URL(one.url, base).href }))
  return src && !listed.some(({ url }) => url === src) ? [...listed, { url: src }] : listed
}

/**
 * @param page of a browser, at the page to be checked
 * @param cases with the `key` of their photo
 * @param parse of the client: what an address means; without, no address is compared with its case's photo
 * @returns how many addresses there are, and what is wrong with them
 */
export const checkUrls = async (page, { cases, parse }) => {
  const sent = await (await fetch(page.url(), { signal: AbortSignal.timeout(ANSWER_MS) })).text()
  const sets = [...(await page.evaluate(collect, sent)), ...(await page.evaluate(collect))].filter(
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
      found.push(...(await checkPicture(candidate, { set, candidates, one, parse })))
    }
    for (const failure of found) failures.set(JSON.stringify([set.id, failure]), { case: set.id, ...failure })
  }
  return { checked: urls.size, failures: [...failures.values()] }
}
