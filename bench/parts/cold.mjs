// Cold renders over HTTP from folder to folder, with the write, compared with one bare sharp call with the same settings.
import { copyFileSync } from "node:fs"
import { join } from "node:path"

import { interleave, partsCpuMs } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { bareSharp, imgtailor } from "../lib/servers.mjs"

/** A file for each round, by the kind of the photo. */
const KINDS = { plain: "jpg", profile: "profile.jpg", portrait: "portrait.jpg" }

const SHAPES = [
  { what: "360x270 JPEG", size: "360x270", bare: "360&270&jpeg", goal: 1.12, hasParts: true },
  { what: "1280w WebP", size: "1280w", ending: ".webp", bare: "1280&960&webp", goal: 1.03 },
  { what: "1280w AVIF", size: "1280w", ending: ".avif", bare: "1280&960&avif", goal: 1.03 },
  {
    what: "1280w WebP of a photo with an sRGB profile",
    kind: "profile",
    size: "1280w",
    ending: ".webp",
    bare: "1280&960&webp",
    goal: 1.29,
  },
  {
    what: "1280w WebP of a portrait",
    kind: "portrait",
    size: "1280w",
    ending: ".webp",
    bare: "1280&1707&webp",
    goal: 1.12,
  },
]

/** Small photos that are rendered before, so that the code of both servers is compiled. */
const WARM_UP = 60

const makeOriginals = async (folder, rounds) => {
  const originals = join(folder, "cold")
  const small = await photo(originals, "small0", 400, 300)
  for (let at = 1; at < WARM_UP; at++) copyFileSync(small, join(originals, `small${at}.jpg`))
  for (const [kind, ending] of Object.entries(KINDS)) {
    const source = await photo(join(folder, "photos"), "p12", 4000, 3000, ending)
    for (let round = -1; round < rounds; round++) copyFileSync(source, join(originals, `${kind}${round}.jpg`))
  }
  // Younger originals are hashed, because their version does not yet prove their content.
  await new Promise((resolve) => setTimeout(resolve, 2100))
  return originals
}

const PARTS = {
  others: "decoding, resizing and encoding",
  main: "header, digest and pipe in the render process",
  server: "the server process",
}

/** The parts of our CPU between two moments, over the CPU of bare sharp. */
const partRows = (before, after, rounds, bareMs) =>
  Object.entries(PARTS).map(([part, what]) => {
    const cpu = (after[part] - before[part]) / rounds
    return { id: "G1", what: `… of that, ${what}`, value: cpu / bareMs, detail: `${cpu.toFixed(1)} ms` }
  })

export const cold = async ({ folder, rounds }) => {
  const originals = await makeOriginals(folder, rounds)
  const ours = await imgtailor(originals, join(folder, "cold-renditions"))
  const bare = await bareSharp(originals)
  const request = async (server, urlPath) => {
    const { status } = await server.get(urlPath)
    if (status !== 200) throw new Error(`${urlPath}: ${status}`)
  }
  for (let at = 0; at < WARM_UP; at++) {
    await request(ours, `/320w/small${at}.jpg`)
    await request(bare, `/small${at}.jpg?320&240&jpeg`)
  }
  const results = []
  for (const { what, kind = "plain", size, ending = "", bare: query, goal, hasParts } of SHAPES) {
    const variants = {
      imgtailor: { pid: ours.pid, run: (round) => request(ours, `/${size}/${kind}${round}.jpg${ending}`) },
      bare: { pid: bare.pid, run: (round) => request(bare, `/${kind}${round}.jpg?${query}`) },
    }
    await variants.imgtailor.run(-1)
    await variants.bare.run(-1)
    const before = partsCpuMs(ours.pid)
    const measured = await interleave(variants, rounds)
    const after = partsCpuMs(ours.pid)
    const row = (name, value, limit, detail) => ({ id: "G1", what: name, value, goal: limit, isAtMost: true, detail })
    const [own, limit] = [measured.imgtailor, measured.bare]
    results.push(
      row(
        `cold ${what}: server CPU over bare sharp's`,
        own.cpu / limit.cpu,
        goal,
        `${own.cpu.toFixed(1)} and ${limit.cpu.toFixed(1)} ms`,
      ),
      ...(hasParts ? partRows(before, after, rounds, limit.cpu) : []),
      row(
        `cold ${what}: p50 over bare sharp's`,
        own.p50 / limit.p50,
        1.05,
        `${own.p50.toFixed(1)} and ${limit.p50.toFixed(1)} ms`,
      ),
    )
  }
  await Promise.all([ours.stop(), bare.stop()])
  return results
}
