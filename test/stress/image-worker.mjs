// A process that answers for one picture after another, as the built package does: who sends { bytes, addresses } is told what each
// address was answered with, and how much memory that took. It may be killed by what it is sent.
import { readFileSync, writeFileSync } from "node:fs"

import sharp from "sharp"

import { createTailor } from "../../dist/index.js"
import { createRenderer } from "../../dist/render/render.js"
import { memoryOriginals } from "../../dist/store/memory.js"

const KEY = "photo"
/** Less than the patience of who asks: what takes longer is answered 503. */
const DEADLINE_MS = 20_000
const LIMITS = { pixels: 100_000_000, animationPixels: 100_000_000 }

const originals = memoryOriginals()
/** Keeps nothing: every request is a miss. */
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
  limits: { deadlineMs: DEADLINE_MS, cacheBytes: 0, ...LIMITS },
})

const memory = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "latin1"))[1]) * 1024

/** Why a picture that was answered is none, if it is none. */
const faultOf = async (bytes) => {
  try {
    await sharp(bytes, { failOn: "warning", pages: -1 }).raw().toBuffer()
    return undefined
  } catch (error) {
    return `an answer that does not decode: ${error.message}`
  }
}

const ask = async (address) => {
  const response = await tailor.fetch(new Request(`http://localhost${address}`))
  const bytes = Buffer.from(await response.arrayBuffer())
  const type = response.headers.get("content-type") ?? ""
  if (response.status !== 200) return { status: response.status, text: bytes.toString().slice(0, 200) }
  if (type === "application/json") return { status: 200, fault: JSON.parse(bytes).placeholder ? undefined : "no facts" }
  return { status: 200, fault: await faultOf(bytes) }
}

const BOXES = [{ width: 24, height: 18 }, { width: 16 }, { height: 40 }]

/** What admission reckons with for each address, in bytes: of the hungriest that may be asked for. */
const estimate = async (bytes) => {
  const renderer = createRenderer(LIMITS)
  try {
    const original = await renderer.inspect(bytes)
    return Math.max(...BOXES.map((box) => renderer.estimatePeak(original, { kind: "image", box, format: "avif" })))
  } catch {
    return 0
  }
}

const answer = async ({ bytes, addresses }) => {
  // Forgets the peak until now: proc(5), /proc/pid/clear_refs.
  writeFileSync("/proc/self/clear_refs", "5")
  const before = memory("VmRSS")
  originals.set(KEY, bytes)
  const start = performance.now()
  const answers = await Promise.all(addresses.map(ask))
  const ms = performance.now() - start
  await tailor.idle()
  const [rss, peak] = [memory("VmRSS"), memory("VmHWM") - before]
  return { answers, ms, rss, peak, ...(peak > 2e8 && { estimate: addresses.length * (await estimate(bytes)) }) }
}

process.on("message", (question) => void answer(question).then((answered) => process.send(answered)))
