// The pictures of docs/sizes.md: one generated photo in named sizes. A picture that looks the same is not written again, since encoders
// differ between processors.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import sharp from "sharp"

import { createRenderer } from "../dist/render/render.js"
import { parseSizeList } from "../dist/sizes/list.js"
import { DEFAULT_QUALITY, imageRecipe } from "../dist/sizes/recipe.js"

const DEMO = fileURLToPath(new URL("../dist/cli/demo-images.js", import.meta.url))

/** Mean difference of channels up to which two pictures look the same. */
const SAME = 2

const LOGO = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60">
  <rect width="120" height="60" rx="12" fill="#123c5a"/><circle cx="32" cy="30" r="16" fill="#fff"/>
  <rect x="58" y="20" width="50" height="8" fill="#fff"/><rect x="58" y="34" width="34" height="8" fill="#fff"/></svg>`)
const SVG = createHash("sha256").update(LOGO).digest("hex")

const box = { size: "150x150" }
const contain = { ...box, fit: "contain" }
const logo = { image: "logo.svg", digest: SVG }

/** A photo with the pot at its right edge, and the same with a border. */
const SIZES = {
  cover: box,
  contain: { ...contain, background: "#d8e4ea" },
  inside: { ...box, fit: "inside" },
  "gravity-west": { ...box, gravity: "west" },
  "gravity-east": { ...box, gravity: "east" },
  "gravity-entropy": { ...box, gravity: "entropy" },
  "gravity-attention": { ...box, gravity: "attention" },
  "gravity-smart": { ...box, gravity: "smart", focalPoint: [0.8, 0.5] },
  "background-transparent": { ...contain, background: "transparent", format: "png" },
  "background-dominant": { ...contain, background: "dominant" },
  "background-blur": { ...contain, background: "blur" },
  padding: { ...contain, background: "#d8e4ea", padding: "10%" },
  trim: { size: "150w", trim: true, original: "bordered" },
  "without-trim": { size: "150w", original: "bordered" },
  rotate: { size: "150w", rotate: 90 },
  flip: { size: "150w", flip: true },
  flop: { size: "150w", flop: true },
  blur: { size: "150w", blur: 4 },
  sharpen: { size: "150w", sharpen: 1.5 },
  grayscale: { size: "150w", grayscale: true },
  tint: { size: "150w", tint: "#704214" },
  round: { ...box, gravity: "east", round: 24, format: "png" },
  "round-circle": { ...box, gravity: "east", round: "circle", format: "png" },
  overlay: { size: "150w", overlay: { ...logo, gravity: "southwest", width: "30%", margin: "4%", opacity: 0.8 } },
  "overlay-tile": { size: "150w", overlay: { ...logo, width: "18%", margin: "6%", opacity: 0.35, tile: true } },
  quality: { size: "150w", quality: 15 },
  maxBytes: { size: "150w", maxBytes: 1500, minQuality: 5 },
}

const LIMITS = { pixels: 1e8, bytes: 1e9, animationPixels: 1e8, memoryBytes: 2e9 }
const SETTINGS = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 1e8 }

const readOriginals = async () => {
  const folder = mkdtempSync(join(tmpdir(), "imgtailor-pictures-"))
  try {
    execFileSync(process.execPath, [DEMO, folder])
    const bowl = readFileSync(join(folder, "bowl-2077", "front.jpg"))
    const plain = await sharp(bowl)
      .extract({ left: 0, top: 100, width: 1500, height: 1000 })
      .jpeg({ quality: 95 })
      .toBuffer()
    const bordered = await sharp(plain)
      .resize(600)
      .extend({ top: 60, bottom: 120, left: 150, right: 60, background: "#ffffff" })
      .png()
      .toBuffer()
    return { plain, bordered }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const renderOne = async (original, name, { focalPoint, ...options }) => {
  const [size] = parseSizeList([{ name: name.toLowerCase(), format: "jpeg", ...options }]).list
  const session = await createRenderer(LIMITS, () => LOGO).open(original)
  try {
    return await session.render(imageRecipe(size, size.format, SETTINGS, focalPoint))
  } finally {
    session.close()
  }
}

const looksSame = async (a, b) => {
  const [one, other] = await Promise.all(
    [a, b].map((bytes) => sharp(bytes).raw().toBuffer({ resolveWithObject: true })),
  )
  if (one.info.size !== other.info.size || one.info.width !== other.info.width) return false
  let sum = 0
  for (let at = 0; at < one.data.length; at++) sum += Math.abs(one.data[at] - other.data[at])
  return sum / one.data.length < SAME
}

/** Writes the pictures into a folder. */
export const writePictures = async (folder) => {
  mkdirSync(folder, { recursive: true })
  const originals = await readOriginals()
  for (const [name, { original = "plain", ...options }] of Object.entries(SIZES)) {
    const { bytes, format } = await renderOne(originals[original], name, options)
    const path = join(folder, `${name}.${format === "png" ? "png" : "jpg"}`)
    if (!existsSync(path) || !(await looksSame(readFileSync(path), bytes))) writeFileSync(path, bytes)
  }
}
