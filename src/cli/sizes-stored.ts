/** Responsible for the output of `imgtailor sizes`: each size with its stored renditions. */
import { openTailor } from "../create-tailor.ts"
import { badUrl } from "../errors.ts"
import { sizeText } from "../redesign/compare-lists.ts"
import { countStored, type StoredCounts, type StoredSize } from "../redesign/count-stored.ts"
import { byteText, grouped } from "../units.ts"
import { checkStores } from "./check-stores.ts"
import type { Invocation } from "./command.ts"
import { loadFromOptions } from "./options.ts"
import { bold, dim, print, printJson, printMessage, printNotices } from "./output.ts"
import { createProgress } from "./progress.ts"

/** Prints rows in columns; numbers are aligned at the right. */
export const printTable = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ")
  print(bold(line(head)))
  for (const row of rows) print(line(row))
}

const EMPTY: Omit<StoredSize, "name" | "listing"> = { count: 0, byteLength: 0, outdatedCount: 0, isSampled: false }

const toRow = ({ name, listing, count, byteLength, outdatedCount, isSampled }: StoredSize): readonly string[] => [
  name,
  listing,
  grouped(count),
  `${isSampled ? "~" : ""}${byteText(byteLength)}`,
  outdatedCount === 0 ? "" : `${isSampled ? "~" : ""}${grouped(outdatedCount)}`,
]

/** Options of {@link printStored}. */
export interface StoredOptions {
  readonly isJson: boolean
  /** Renditions of each size that are read. */
  readonly sample: number | undefined
  /** Whether renditions by an older recipe are counted, which looks up originals. @default true */
  readonly hasOutdated?: boolean
}

/** Counts the stored renditions of a tailor, with a progress display. @throws {bad-url} the store cannot list */
export const countOf = async (
  { renditions, core }: ReturnType<typeof openTailor>,
  { isJson, sample, hasOutdated = true }: StoredOptions,
): Promise<StoredCounts> => {
  const progress = createProgress({ noun: "files", isSilent: isJson })
  try {
    const onProgress = (done: number): void => progress.update({ done, others: {} })
    const isOutdatedKey = hasOutdated ? core.freshness.isOutdatedKey : undefined
    const parts = { renditions, grammar: core.grammar, isOutdatedKey }
    const counts = await countStored(parts, { sampleLength: sample, onProgress })
    if (!counts) throw badUrl("This store cannot list its renditions.")
    return counts
  } finally {
    progress.end()
  }
}

/** Prints the list. */
export const printStored = async (invocation: Invocation, options: StoredOptions): Promise<void> => {
  const config = await loadFromOptions(invocation)
  printNotices(config.notices)
  const tailor = openTailor(config, { onNotice: printMessage })
  printNotices(await checkStores(tailor))
  const { sizes: stored, foreignCount } = await countOf(tailor, options)
  const listed = config.grammar.sizes.map((size) => ({
    ...(stored.find(({ name }) => name === size.name) ?? { name: size.name, listing: "listed" as const, ...EMPTY }),
    size: sizeText(size),
  }))
  const others = stored.filter(({ name }) => !config.grammar.sizes.some((size) => size.name === name))
  if (options.isJson) return printJson({ sizes: [...listed, ...others], foreignCount })
  printTable(["size", "", "stored", "bytes", "outdated"], [...listed, ...others].map(toRow))
  const named = listed.filter(({ name, size }) => name !== size)
  for (const { name, size } of named) print(dim(`${name} is ${size}`))
  if (foreignCount > 0) print(`${grouped(foreignCount)} other files.`)
  if (stored.some(({ isSampled }) => isSampled)) print(dim("~ estimated from a sample; --sample 1000000 reads all."))
}
