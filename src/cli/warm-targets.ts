/**
 * Responsible for the originals that `imgtailor warm` renders: arguments, and requests in an access log.
 *
 * Invariants:
 * - The first key is known at once, and a bounded number of keys is held.
 */
import type { OpenTailor } from "../create-tailor.ts"
import { badConfig } from "../errors.ts"
import { resolveUrlPath } from "../http/url-path.ts"
import type { OwnReader } from "../redesign/own-requests.ts"
import type { OriginalKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { type ListTargetOptions, originalsUnder, type Target } from "./targets.ts"

/** An original to render, and which of its renditions. */
export interface WarmItem {
  readonly original: OriginalKey
  /** @default all */
  readonly sizes?: readonly string[] | undefined
  /** @default all */
  readonly formats?: readonly string[] | undefined
}

/** Which renditions of each original are wanted. */
export type WarmFilter = Pick<WarmItem, "sizes" | "formats">

/** Options of {@link itemsOf}. */
export interface ItemOptions extends WarmFilter, ListTargetOptions {
  /** Originals that were changed before are left out, in milliseconds since 1970. */
  readonly newerThanMs?: number | undefined
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The time that `7d`, `12h`, `30m` or a date means, in milliseconds since 1970. @throws {bad-config} */
export const parseNewerThan = (text: string, nowMs: number): number => {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const ms = unit === "" ? Date.parse(text) : nowMs - Number(count) * (UNIT_MS[unit] ?? 0)
  if (Number.isNaN(ms) || !/^\d/.test(text))
    throw badConfig([`--newer-than: Expected an age like 7d, 12h or 30m, or a date like 2026-01-31, got ${text}.`])
  return ms
}

/** False for an original that was not changed since. One whose time is not known counts as changed. */
const isNewer = async (
  { originals }: OpenTailor,
  key: OriginalKey,
  newerThanMs: number | undefined,
): Promise<boolean> => {
  if (newerThanMs === undefined) return true
  const stat = await originals.head(key, { fresh: true })
  return stat?.modifiedMs === undefined || stat.modifiedMs > newerThanMs
}

/** All originals of the targets. Consumers share one iterator, so that each is taken once. */
export async function* itemsOf(
  tailor: OpenTailor,
  targets: readonly Target[],
  options: ItemOptions,
): AsyncGenerator<WarmItem> {
  const { sizes, formats, newerThanMs } = options
  for (const target of targets) {
    if ("original" in target) yield { original: target.original, sizes, formats }
    else
      for await (const original of originalsUnder(tailor, target.prefix, options))
        if (await isNewer(tailor, original, newerThanMs)) yield { original, sizes, formats }
  }
}

/** Number of originals, for the progress. */
export const countItems = async (
  tailor: OpenTailor,
  targets: readonly Target[],
  options: ItemOptions,
): Promise<number> => {
  let count = 0
  const silent = { ...options, onSkip: () => {} }
  for (const target of targets) {
    if ("original" in target) count += 1
    else for await (const _ of originalsUnder(tailor, target.prefix, silent)) count += 1
  }
  return count
}

/** Different renditions that are counted. */
const MAX_COUNTED = 1_000_000
const BASE = "base"

/**
 * The renditions that logs request, most requested first. A base URL stands for all formats, since a log does not contain `Accept`.
 * @throws {bad-config} a log cannot be read
 */
export const itemsFromLogs = async (
  { core, config }: OpenTailor,
  files: readonly string[],
  readLogs: OwnReader,
  filter: WarmFilter,
): Promise<readonly WarmItem[]> => {
  const found = new Map<string, WarmItem & { count: number }>()
  await readLogs(files, config.basePath, ({ target }) => {
    const resolved = resolveUrlPath(target, undefined, config.basePath, core.grammar)
    if ("refused" in resolved) return
    const [{ original, size, format }] = resolved.parsed.readings
    const name = size === INFO ? INFO : size.name
    if (filter.sizes && !filter.sizes.includes(name)) return
    if (filter.formats && !filter.formats.includes(format ?? BASE)) return
    const key = `${original}\n${name}\n${format ?? ""}`
    const known = found.get(key)
    if (known) known.count += 1
    else if (found.size < MAX_COUNTED)
      found.set(key, { original, sizes: [name], formats: format ? [format] : filter.formats, count: 1 })
  })
  return [...found.values()].toSorted((a, b) => b.count - a.count)
}
