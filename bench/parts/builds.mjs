// Cold renders of this build over those of another checkout (--against FOLDER, built): CPU in interleaved pairs, without render processes.
// A control compares two processes of this build.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

import sharp from "sharp"

import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { startServer } from "../lib/servers.mjs"
import { srgbProfile, withProfile } from "../lib/srgb-profile.mjs"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const OURS = here("../..")
const SIZES = ["360x270", "640w", "1280w"]
const FORMATS = ["", ".webp", ".avif"]
/** Pairs for each row. */
const PAIRS = { short: 15, long: 60 }

const makeOriginals = async (folder) => {
  const jpeg = await photo(folder, "plain", 4000, 3000)
  await photo(folder, "plain", 4000, 3000, "png")
  const bytes = readFileSync(jpeg)
  writeFileSync(join(folder, "v4.jpg"), withProfile(bytes, srgbProfile()))
  const image = () => sharp(bytes, { limitInputPixels: false })
  const { icc } = await sharp(await image().resize(8).withIccProfile("srgb").jpeg().toBuffer()).metadata()
  writeFileSync(join(folder, "v2.jpg"), withProfile(bytes, icc))
  await image().withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toFile(join(folder, "portrait.jpg"))
}

const plain = (name, what) =>
  SIZES.flatMap((size) => FORMATS.map((format) => ({ what, name, path: [size, format], goal: 1.03 })))

const CASES = [
  ...plain("plain.jpg", "JPEG"),
  ...plain("plain.png", "PNG"),
  { what: "JPEG with an sRGB profile (v4)", name: "v4.jpg", path: ["1280w", ".webp"], goal: 0.7 },
  { what: "JPEG with an sRGB profile (v4)", name: "v4.jpg", path: ["1280w", ".avif"], goal: 0.7 },
  { what: "JPEG with an sRGB profile (v2)", name: "v2.jpg", path: ["1280w", ".webp"], goal: 0.85 },
  { what: "portrait JPEG", name: "portrait.jpg", path: ["360x270", ""], goal: 0.95 },
  { what: "portrait JPEG", name: "portrait.jpg", path: ["1280w", ".webp"], goal: 0.95 },
]

/** Starts a build. `render` renders a copy of a photo for the first time, and returns the CPU milliseconds. */
const startBuild = async (checkout, photos, folder) => {
  const originals = join(folder, "originals")
  mkdirSync(originals, { recursive: true })
  const server = await startServer(here("../limits/build-renders.mjs"), [
    checkout,
    originals,
    join(folder, "renditions"),
    SIZES.join(","),
  ])
  let count = 0
  const render = async ({ name, path: [size, format] }) => {
    const copy = `${count++}-${name}`
    linkSync(join(photos, name), join(originals, copy))
    const { status, body } = await server.get(`/${size}/${copy}${format}`)
    rmSync(join(originals, copy))
    if (status !== 200) throw new Error(`${checkout}: ${size} of ${name}${format} has status ${status}`)
    return Number(body)
  }
  return { render, stop: server.stop }
}

/** The median ratio, and the median milliseconds of both. */
const compare = async (ours, other, shape, pairs) => {
  const [mine, theirs] = [[], []]
  for (let pair = -1; pair < pairs; pair++) {
    const isFirst = pair % 2 === 0
    const first = await (isFirst ? ours : other).render(shape)
    const second = await (isFirst ? other : ours).render(shape)
    if (pair < 0) continue
    mine.push(isFirst ? first : second)
    theirs.push(isFirst ? second : first)
  }
  const ratio = median(mine.map((ms, at) => ms / theirs[at]))
  return { ratio, detail: `${median(mine).toFixed(1)} and ${median(theirs).toFixed(1)} ms` }
}

export const builds = async ({ folder, isShort, against, skip }) => {
  if (against === undefined || !existsSync(join(against, "dist/index.js"))) {
    skip("needs another checkout that is built: --only builds --against ../other")
    return []
  }
  const photos = join(folder, "build-photos")
  await makeOriginals(photos)
  const start = (name, checkout) => startBuild(checkout, photos, join(folder, `build-${name}`))
  const [ours, same, other] = await Promise.all([
    start("ours", OURS),
    start("same", OURS),
    start("other", resolve(against)),
  ])
  const pairs = isShort ? PAIRS.short : PAIRS.long
  const results = []
  for (const shape of CASES) {
    const { what, path, goal } = shape
    const { ratio, detail } = await compare(ours, other, shape, pairs)
    const rendition = `${path[0]} ${path[1].slice(1) || "own format"}`
    results.push({
      id: "builds",
      what: `${what}, ${rendition}: CPU over the other build's`,
      value: ratio,
      goal,
      isAtMost: true,
      detail,
    })
  }
  const { ratio, detail } = await compare(ours, same, CASES[0], pairs)
  results.push({ id: "builds", what: "control: two processes of this build", value: ratio, detail })
  await Promise.all([ours, same, other].map((build) => build.stop()))
  return results
}
