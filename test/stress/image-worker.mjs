// A process that renders one picture after another with the built package. A message { bytes, paths } gets the responses for these URL
// paths and the memory that they took. A picture may kill it.
import { readFileSync, writeFileSync } from "node:fs"

import sharp from "sharp"

import { createTailor } from "../../dist/index.js"
import { createRenderer } from "../../dist/render/render.js"
import { memoryOriginals } from "../../dist/store/memory.js"

const KEY = "photo"
/** Shorter than the time limit of the caller: slower requests get 503. */
const DEADLINE_MS = 20_000
const LIMITS = { pixels: 100_000_000, animationPixels: 100_000_000 }

const originals = memoryOriginals()
/** Stores nothing: every request is a miss. */
const renditions = {
  name: "nowhere",
  keyLimits: { segment: 1024, key: 1024 },
  head: async () => undefined,
  get: async () => undefined,
  put: async () => undefined,
  delete: async () => 0,
}
const tailor = createTailor({
  originals,
  renditions,
  sizes: ["24x18", "16w", "40h"],
  formats: ["avif", "webp", "jpeg", "png"],
  // The memory and the faults of this process are measured.
  isolation: "none",
  limits: { deadlineMs: DEADLINE_MS, cacheBytes: 0, ...LIMITS },
})

const memory = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "latin1"))[1]) * 1024

/** The fault of a rendered picture, if it has one. */
const faultOf = async (bytes) => {
  try {
    await sharp(bytes, { failOn: "warning", pages: -1 }).raw().toBuffer()
    return undefined
  } catch (error) {
    return `a response that does not decode: ${error.message}`
  }
}

const request = async (path) => {
  const response = await tailor.fetch(new Request(`http://localhost${path}`))
  const bytes = Buffer.from(await response.arrayBuffer())
  const type = response.headers.get("content-type") ?? ""
  if (response.status !== 200) return { status: response.status, text: bytes.toString().slice(0, 200) }
  if (type === "application/json") return { status: 200, fault: JSON.parse(bytes).placeholder ? undefined : "no info" }
  return { status: 200, fault: await faultOf(bytes) }
}

const BOXES = [{ width: 24, height: 18 }, { width: 16 }, { height: 40 }]

/** The largest estimate of any URL path, in bytes. */
const estimate = async (bytes) => {
  const renderer = createRenderer(LIMITS)
  try {
    const session = await renderer.open(bytes)
    return Math.max(...BOXES.map((box) => session.estimate({ kind: "image", box, format: "avif" })))
  } catch {
    return 0
  }
}

const respond = async ({ bytes, paths }) => {
  // Resets the peak: proc(5), /proc/pid/clear_refs.
  writeFileSync("/proc/self/clear_refs", "5")
  const before = memory("VmRSS")
  originals.set(KEY, bytes)
  const start = performance.now()
  const answers = await Promise.all(paths.map(request))
  const ms = performance.now() - start
  await tailor.idle()
  const [rss, peak] = [memory("VmRSS"), memory("VmHWM") - before]
  return { answers, ms, rss, peak, ...(peak > 2e8 && { estimate: paths.length * (await estimate(bytes)) }) }
}

process.on("message", (message) => void respond(message).then((response) => process.send(response)))
