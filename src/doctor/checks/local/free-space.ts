/** Responsible for the check of free space where renditions are stored. */
import { existsSync } from "node:fs"
import { dirname } from "node:path"

import { byteText, percentOf } from "../../../units.ts"
import { type Check, failure, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const TOO_LITTLE_BYTES = 100_000_000
const LITTLE_BYTES = 1_000_000_000
const TOO_FEW_FILES = 1000

/** The folder, or the nearest one above it that exists. */
const existing = (path: string): string => (existsSync(path) || dirname(path) === path ? path : existing(dirname(path)))

/** See the head comment. */
export const freeSpace: Check<LocalContext> = {
  name: "free-space",
  probe: "read the free space of the file system of the renditions",
  applies: ({ renditionsFolder }) => renditionsFolder !== undefined,
  examine: async ({ renditionsFolder = "", system }) => {
    const { bytes, files, share } = await system.freeSpaceAt(existing(renditionsFolder))
    const observation = `${byteText(bytes)} are free (${percentOf(share)})${files === undefined ? "" : `, and ${files} inodes`}.`
    const meaning = "When the disk is full, requests are answered but nothing is stored, so every one renders."
    const fix = "Free space, or delete renditions that are not needed: imgtailor prune."
    if (bytes < TOO_LITTLE_BYTES || (files ?? Infinity) < TOO_FEW_FILES) return failure({ observation, meaning, fix })
    if (bytes < LITTLE_BYTES) return warning({ observation, meaning, fix })
    return passed(observation)
  },
}
