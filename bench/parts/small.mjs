// Small originals, where everything but the pixels counts most: CPU over one bare sharp call, and bytes over those of the original.
import { copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import sharp from "sharp"

import { interleave } from "../lib/measure.mjs"
import { pixels } from "../lib/photos.mjs"
import { bareSharp, imgtailor } from "../lib/servers.mjs"

/** A photo of 48 kB. */
const makePhoto = async (folder) => {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, "p48.jpg")
  const raw = { width: 800, height: 600, channels: 3 }
  writeFileSync(
    path,
    await sharp(await pixels(800, 600), { raw })
      .jpeg({ quality: 45 })
      .toBuffer(),
  )
  return path
}

/** An icon with even areas, smooth edges and alpha. */
const makeIcon = async (folder) => {
  const path = join(folder, "icon.png")
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512"><circle cx="256" cy="256" r="240" fill="#1d6fd8"/><path d="M150 260l80 80 140-160" fill="none" stroke="#fff" stroke-width="44" stroke-linecap="round"/></svg>`
  writeFileSync(path, await sharp(Buffer.from(svg)).png({ compressionLevel: 9 }).toBuffer())
  return path
}

export const small = async ({ folder, rounds }) => {
  const originals = join(folder, "small")
  mkdirSync(originals, { recursive: true })
  const sources = { jpg: await makePhoto(join(folder, "photos")), png: await makeIcon(join(folder, "photos")) }
  const count = rounds * 2
  for (let round = -1; round < count; round++)
    for (const kind of ["jpg", "png"]) copyFileSync(sources[kind], join(originals, `s${round}.${kind}`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = join(folder, "small-renditions")
  const ours = await imgtailor(originals, renditions, "--sizes", "200w")
  const bare = await bareSharp(originals)
  const compare = async (kind, query) => {
    const get = async (server, path) => {
      const { status, body } = await server.get(path)
      if (status !== 200) throw new Error(`${path}: ${status}`)
      return body.length
    }
    const variants = {
      imgtailor: { pid: ours.pid, run: (round) => get(ours, `/200w/s${round}.${kind}`) },
      bare: { pid: bare.pid, run: (round) => get(bare, `/s${round}.${kind}?${query}`) },
    }
    const bytes = await variants.imgtailor.run(-1)
    await variants.bare.run(-1)
    const { imgtailor: own, bare: limit } = await interleave(variants, count)
    return {
      ratio: own.cpu / limit.cpu,
      bytes,
      detail: `${own.cpu.toFixed(1)} and ${limit.cpu.toFixed(1)} ms`,
    }
  }
  const jpeg = await compare("jpg", "200&150&mozjpeg")
  const icon = await compare("png", "200&200&png")
  const webp = (await ours.get("/200w/s0.png.webp")).body.length
  await Promise.all([ours.stop(), bare.stop()])
  const { size } = statSync(sources.png)
  const row = (what, value, goal, detail) => ({ id: "small", what, value, goal, isAtMost: true, detail })
  return [
    row("48 kB JPEG to 200w: CPU over bare sharp with mozjpeg", jpeg.ratio, 1, jpeg.detail),
    row("icon PNG to 200w PNG: CPU over bare sharp", icon.ratio, 1.6, icon.detail),
    row("icon as PNG: bytes over the original's", icon.bytes / size, 1.05, `${icon.bytes} and ${size}`),
    row("icon as WebP: bytes over the original's", webp / size, 1, `${webp} and ${size}`),
  ]
}
