// Cold renders over HTTP from folder to folder, with the write, compared with one bare sharp call with the same settings.
import { copyFileSync } from "node:fs"
import { join } from "node:path"

import { interleave } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { bareSharp, imgtailor } from "../lib/servers.mjs"

const SHAPES = [
  { what: "360x270 JPEG", path: (name) => `/360x270/${name}.jpg`, bare: "360&270&jpeg" },
  { what: "1280w WebP", path: (name) => `/1280w/${name}.jpg.webp`, bare: "1280&960&webp" },
  { what: "1280w AVIF", path: (name) => `/1280w/${name}.jpg.avif`, bare: "1280&960&avif" },
]

export const cold = async ({ folder, rounds }) => {
  const source = await photo(join(folder, "photos"), "p12", 4000, 3000)
  const originals = join(folder, "cold")
  for (let round = -1; round < rounds; round++) await photo(originals, `c${round}`, 8, 8)
  for (let round = -1; round < rounds; round++) copyFileSync(source, join(originals, `c${round}.jpg`))
  // Younger originals are hashed, because their version does not yet prove their content.
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const ours = await imgtailor(originals, join(folder, "cold-renditions"))
  const bare = await bareSharp(originals)
  const results = []
  for (const { what, path, bare: query } of SHAPES) {
    const request = async (server, urlPath) => {
      const { status } = await server.get(urlPath)
      if (status !== 200) throw new Error(`${urlPath}: ${status}`)
    }
    const variants = {
      imgtailor: { pid: ours.pid, run: (round) => request(ours, path(`c${round}`)) },
      bare: { pid: bare.pid, run: (round) => request(bare, `/c${round}.jpg?${query}`) },
    }
    await variants.imgtailor.run(-1)
    await variants.bare.run(-1)
    const measured = await interleave(variants, rounds)
    results.push(
      {
        id: "G1",
        what: `cold ${what}: server CPU over bare sharp's`,
        value: measured.imgtailor.cpu / measured.bare.cpu,
        goal: query.endsWith("jpeg") ? 1.12 : 1.03,
        isAtMost: true,
        detail: `${measured.imgtailor.cpu.toFixed(1)} and ${measured.bare.cpu.toFixed(1)} ms`,
      },
      {
        id: "G1",
        what: `cold ${what}: p50 over bare sharp's`,
        value: measured.imgtailor.p50 / measured.bare.p50,
        goal: 1.05,
        isAtMost: true,
        detail: `${measured.imgtailor.p50.toFixed(1)} and ${measured.bare.p50.toFixed(1)} ms`,
      },
    )
  }
  await Promise.all([ours.stop(), bare.stop()])
  return results
}
