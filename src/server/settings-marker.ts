/**
 * Responsible for noticing another server that uses the same folder of renditions with other settings: a file in that folder names the
 * settings of the server that wrote it last. Each of two such servers would delete or overwrite the renditions of the other.
 *
 * Invariants:
 * - A server that starts replaces the marker without a notice, since changed settings are no conflict.
 * - No times are compared. A marker that changes while a server runs was written by another one.
 */
import { createHash } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import type { TailorConfig } from "../config/options.ts"
import type { Notify } from "../hooks.ts"
import { CONFLICT_NOTICES } from "../tailor/conflicts.ts"

const CHECK_EVERY_MS = 60_000

const NAME = "settings.txt"

/** Folder of the renditions' records, where the renditions are in a folder. */
const folderOf = ({ originals, renditions }: TailorConfig): string | undefined => {
  if (typeof renditions !== "string" || renditions.includes("://")) return undefined
  return originals === renditions ? join(renditions, ".imgtailor") : renditions
}

/** Identifies the settings that decide which renditions exist and how they are rendered. */
const idOf = ({ grammar, settings }: TailorConfig): string =>
  createHash("sha256")
    .update(JSON.stringify([grammar.sizes, grammar.formats, settings]))
    .digest("hex")

/** Options of {@link keepMarker}. */
export interface MarkerOptions {
  /** Called at most once. */
  readonly onConflict: (text: string) => void
  /** @default one minute */
  readonly checkEveryMs?: number
}

/** Passes on notices, and those of a conflict of settings once: requests may notice it before the marker does, or after. */
export interface ConflictNotes {
  readonly onNotice: Notify
  readonly onConflict: (text: string) => void
}

/** @param note receives the notices */
export const createConflictNotes = (note: Notify): ConflictNotes => {
  let isNoted = false
  const onConflict = (text: string): void => {
    if (isNoted) return
    isNoted = true
    note(text, "warn")
  }
  return {
    onConflict,
    onNotice: (text, level) => (text === CONFLICT_NOTICES.settings ? onConflict(text) : note(text, level)),
  }
}

/** A marker that is kept. */
export interface Marker {
  /** Stops checking. */
  readonly close: () => void
}

/** Writes the marker, and checks from time to time that no other server has. A folder that cannot be written is no error here. */
export const keepMarker = (
  config: TailorConfig,
  { onConflict, checkEveryMs = CHECK_EVERY_MS }: MarkerOptions,
): Marker => {
  const folder = folderOf(config)
  if (folder === undefined) return { close: () => {} }
  const path = join(folder, NAME)
  const id = idOf(config)
  let isReported = false

  const write = async (): Promise<void> => {
    await mkdir(folder, { recursive: true })
    await writeFile(path, `${id}\n`)
  }

  const check = async (): Promise<void> => {
    const found = (await readFile(path, "utf8")).trim()
    if (found === id) return
    // The other server reads this, and reports it too.
    await write()
    // An empty file is one that is being written.
    if (isReported || found === "") return
    isReported = true
    onConflict(
      `Another server with other settings uses the renditions in ${folder}: each replaces the renditions of the other. ` +
        "Give them the same sizes, formats and settings, or separate folders of renditions.",
    )
  }

  const ignore = (): void => {}
  void write().catch(ignore)
  const timer = setInterval(() => void check().catch(() => write().catch(ignore)), checkEveryMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
