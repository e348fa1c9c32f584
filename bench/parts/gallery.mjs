// A gallery: 20 photos × 6 sizes × 2 formats from empty, eight at a time, and the same again when all is stored. Another server can get
// the same load: --only gallery --adapter FILE, where FILE exports `start(photos)` like `startImgtailor` below.
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
 * The interface of an adapter.
 * @param photos folder of photo0.jpg … photo19.jpg, which the server must serve
 * @returns `origin`, the URL of the server; `path`, the URL path of a rendition (a crop if both sides are given); `pid`, if its CPU time can
 * be read
 */
const startImgtailor = async (photos) => {
  const server = await imgtailor(photos, join(photos, "..", "gallery-renditions"))
  const sizeName = ({ width, height }) => (width && height ? `${width}x${height}` : width ? `${width}w` : `${height}h`)
  return {
    origin: `http://127.0.0.1:${server.port}`,
    pid: server.pid,
    path: ({ name, size, format }) => `/${sizeName(size)}/${name}.jpg${format === "jpeg" ? "" : `.${format}`}`,
    stop: server.stop,
  }
}

const pass = async (get, paths) => {
  const queue = paths.values()
  const start = performance.now()
  const visit = async () => {
    for (const path of queue) {
      const { status } = await get(path)
      if (status !== 200) throw new Error(`${path}: ${status}`)
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
  const paths = Array.from({ length: PHOTOS }, (_, at) => `photo${at}`).flatMap((name) =>
    SIZES.flatMap((size) => FORMATS.map((format) => server.path({ name, size, format }))),
  )
  const before = server.pid ? wholeCpuMs(server.pid) : 0
  const first = await pass(get, paths)
  const cpu = server.pid ? wholeCpuMs(server.pid) - before : 0
  const second = await pass(get, paths)
  close()
  await server.stop?.()
  const row = (what, value, detail = "") => ({
    id: "G12",
    what: `a gallery of ${paths.length} renditions: ${what}`,
    value,
    detail,
  })
  return [
    row("seconds from empty", first / 1000, cpu > 0 ? `${(cpu / 1000).toFixed(1)} CPU seconds` : ""),
    row("times faster when all is stored", first / second, `${Math.round(second)} ms`),
  ]
}
