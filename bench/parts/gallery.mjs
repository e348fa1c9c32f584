// A gallery: 20 photos × 6 sizes × 2 formats from empty, eight at a time, and once more. The same load can be pointed at another server:
// --only gallery --adapter FILE, where FILE exports `start(photos)` like the one below.
import { copyFileSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

import { wholeCpuMs } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { client, imgtailor } from "../lib/servers.mjs"

const PHOTOS = 20
const AT_ONCE = 8
const SIZES = [
  { width: 360, height: 270 },
  { height: 480 },
  { width: 320 },
  { width: 640 },
  { width: 960 },
  { width: 1280 },
]
const FORMATS = ["jpeg", "webp"]

/**
 * What an adapter exports.
 * @param photos folder of photo0.jpg … photo19.jpg, which the server must serve
 * @returns origin: where it listens; address: the path of a rendition (a crop where both sides are given); pid where its CPU can be read
 */
const startImgtailor = async (photos) => {
  const server = await imgtailor(photos, join(photos, "..", "gallery-renditions"))
  const sizeName = ({ width, height }) => (width && height ? `${width}x${height}` : width ? `${width}w` : `${height}h`)
  return {
    origin: `http://127.0.0.1:${server.port}`,
    pid: server.pid,
    address: ({ name, size, format }) => `/${sizeName(size)}/${name}.jpg${format === "jpeg" ? "" : `.${format}`}`,
    stop: server.stop,
  }
}

const pass = async (get, addresses) => {
  const queue = addresses.values()
  const start = performance.now()
  const visit = async () => {
    for (const address of queue) {
      const { status } = await get(address)
      if (status !== 200) throw new Error(`${address}: ${status}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, visit))
  return performance.now() - start
}

export const gallery = async ({ folder, adapter }) => {
  const photos = join(folder, "gallery")
  mkdirSync(photos, { recursive: true })
  const sources = [
    await photo(join(folder, "photos"), "p12", 4000, 3000),
    await photo(join(folder, "photos"), "p5", 2560, 1920),
  ]
  for (let at = 0; at < PHOTOS; at++) copyFileSync(sources[at % sources.length], join(photos, `photo${at}.jpg`))
  await new Promise((done) => setTimeout(done, 2100))
  const { start } = adapter ? await import(pathToFileURL(resolve(adapter)).href) : { start: startImgtailor }
  const server = await start(photos)
  const { get, close } = client(Number(new URL(server.origin).port))
  const addresses = Array.from({ length: PHOTOS }, (_, at) => `photo${at}`).flatMap((name) =>
    SIZES.flatMap((size) => FORMATS.map((format) => server.address({ name, size, format }))),
  )
  const before = server.pid ? wholeCpuMs(server.pid) : 0
  const first = await pass(get, addresses)
  const cpu = server.pid ? wholeCpuMs(server.pid) - before : 0
  const second = await pass(get, addresses)
  close()
  await server.stop?.()
  const row = (what, value, detail = "") => ({
    id: "G12",
    what: `a gallery of ${addresses.length} renditions: ${what}`,
    value,
    detail,
  })
  return [
    row("seconds from empty", first / 1000, cpu > 0 ? `${(cpu / 1000).toFixed(1)} CPU seconds` : ""),
    row("times faster when all is stored", first / second, `${Math.round(second)} ms`),
  ]
}
