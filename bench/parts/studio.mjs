// Cost and speed of the studio: CPU per hit of a server with --studio compared with one without, and the first page
// of 100 000 photos in a folder and in a bucket, by a server that has just started.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { hitCostOf } from "../lib/hit-cost.mjs"
import { median } from "../lib/measure.mjs"
import { program } from "../lib/programs.mjs"
import { ROOT, startS3 } from "../lib/s3.mjs"
import { MAIN, startServer } from "../lib/servers.mjs"

const PHOTOS = 100_000
const STARTS = 5

/** Exchanges the printed token for a cookie. */
const openSession = async (server) => {
  const origin = `http://127.0.0.1:${server.port}`
  const token = /_studio\/#([\w-]+)/.exec(server.output())?.[1]
  const response = await fetch(`${origin}/_studio/api/session`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: JSON.stringify({ token }),
  })
  const cookie = response.headers.getSetCookie()[0].split(";")[0]
  return (path) => server.get(`/_studio/${path}`, { cookie })
}

/** Milliseconds of the first page of photos, and of everything that the page loads before it shows them. */
const firstPageOf = async (server) => {
  try {
    const get = await openSession(server)
    const startMs = performance.now()
    const page = await get("api/photos?limit=60")
    const pageMs = performance.now() - startMs
    const { photos } = JSON.parse(page.body.toString())
    if (photos.length !== 60) throw new Error(`Expected 60 photos, got ${photos.length}`)
    const html = await get("")
    const files = html.body.toString().match(/(?<=(?:src|href)=")\.?\/?[\w.-]+\.(?:js|css)/g) ?? []
    await Promise.all([...files.map((file) => get(file.replace(/^\.?\//, ""))), get("api/catalogue")])
    return { pageMs, usableMs: performance.now() - startMs }
  } finally {
    await server.stop()
  }
}

/** The median of several servers, each just started. */
const measureStarts = async (start) => {
  const results = []
  for (let at = 0; at < STARTS; at++) results.push(await firstPageOf(await start(at)))
  const of = (name) => median(results.map((result) => result[name]))
  return { pageMs: of("pageMs"), usableMs: of("usableMs") }
}

const writePhotos = (folder) => {
  mkdirSync(folder, { recursive: true })
  for (let at = 0; at < PHOTOS; at++) writeFileSync(join(folder, `photo-${String(at).padStart(6, "0")}.jpg`), "x")
}

const SIZES = ["--sizes", "360x270,640w", "--port", "0", "--json", "--studio"]

const inBucket = async (folder, versitygw) => {
  const s3 = await startS3(versitygw, join(folder, "s3"))
  try {
    await s3.put("photos")
    writePhotos(join(folder, "s3", "data", "photos"))
    process.env.AWS_ACCESS_KEY_ID = ROOT.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = ROOT.secretAccessKey
    const options = ["--s3-endpoint", s3.endpoint, "--s3-region", "us-east-1", ...SIZES]
    const start = (at) => serve("s3://photos", join(folder, `bucket-renditions-${at}`), options)
    return await measureStarts(start)
  } finally {
    await s3.stop()
  }
}

const serve = (originals, renditions, options) =>
  startServer(MAIN, ["serve", originals, "--renditions", renditions, ...options])

const rowsOf = (place, { pageMs, usableMs }) => [
  {
    id: `studio-first-page-${place}`,
    what: `first page of 100 000 photos in a ${place}, ms`,
    value: pageMs,
    goal: 300,
    isAtMost: true,
  },
  {
    id: `studio-usable-${place}`,
    what: `the same with the page's files and the catalogue, one after the other, ms`,
    value: usableMs,
    goal: 1000,
    isAtMost: true,
  },
]

export const studio = async ({ folder, isShort }) => {
  const ratio = await hitCostOf("--studio", join(folder, "studio"), isShort)
  const flat = join(folder, "studio-flat")
  if (!existsSync(flat) || readdirSync(flat).length < PHOTOS) writePhotos(flat)
  const inFolder = await measureStarts((at) => serve(flat, join(folder, `flat-renditions-${at}`), SIZES))
  const versitygw = program("versitygw")
  return [
    { id: "studio-hit", what: "hit with --studio, CPU over a hit without", value: ratio, goal: 1.05, isAtMost: true },
    ...rowsOf("folder", inFolder),
    ...(versitygw === undefined ? [] : rowsOf("bucket", await inBucket(folder, versitygw))),
  ]
}
