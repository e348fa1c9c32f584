/** Responsible for trials with photos in a real folder that change while they are rendered: see shop.ts. */
import { renameSync, rmSync } from "node:fs"
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { folderOriginals, folderRenditions } from "../../src/store/folder.ts"
import type { Part } from "./part.ts"
import { type Ground, playLives } from "./shop.ts"

/** Photos that change at the same time. */
const AT_ONCE = 20

const FORMATS = ["png", "jpg", "png", "webp"] as const

/** Modification time of all versions: only the times of the file system, which tick some hundred times a second, distinguish them. */
const TAKEN = new Date("2024-05-01T12:00:00Z")

const openGround = (folder: string): Ground => {
  const [photos, drafts] = [join(folder, "photos"), join(folder, "drafts")]
  const renditions = folderRenditions(join(folder, "renditions"))
  let drafted = 0
  return {
    originals: folderOriginals(photos),
    renditions,
    lookInto: renditions,
    prepare: async (key, bytes) => {
      if (!bytes) return async () => rmSync(join(photos, key))
      const draft = join(drafts, String((drafted += 1)))
      await writeFile(draft, bytes)
      await utimes(draft, TAKEN, TAKEN)
      return async () => renameSync(draft, join(photos, key))
    },
  }
}

export const folder: Part = {
  name: "folder",
  full: { count: 2000, seconds: 900 },
  short: { count: 120, seconds: 12 },
  run: async ({ count, random, isOver }) => {
    const broken: string[] = []
    const facts: Record<string, number> = {}
    let trials = 0
    while (trials < count && !isOver()) {
      const root = await mkdtemp(join(tmpdir(), "imgtailor-stress-"))
      const photos = Array.from(
        { length: Math.min(AT_ONCE, count) },
        (_, at) => `${at}.${FORMATS[at % FORMATS.length]}`,
      )
      try {
        for (const name of ["photos", "drafts", "renditions"]) await mkdir(join(root, name))
        // A folder that became empty counts as one whose disk is not mounted.
        await writeFile(join(root, "photos", "keep"), "")
        broken.push(...(await playLives({ random, isOver, ground: openGround(root), photos, counts: facts })))
      } finally {
        await rm(root, { recursive: true, force: true, maxRetries: 5 })
      }
      trials += photos.length
    }
    return { trials, broken, facts }
  },
}
