/**
 * Responsible for keys in inventories: S3 Inventory's CSV files (bucket, key, …; keys are percent-encoded), and files with one key in each
 * line. Both may be gzip.
 */
import { createReadStream } from "node:fs"

import { badConfig, describeError } from "../errors.ts"
import { readText } from "../logs/read-text.ts"

/** A place in a bucket whose keys are wanted. */
export interface InventoryPlace {
  readonly bucket: string
  /** Precedes every key; empty, or with a slash at its end. */
  readonly prefix: string
}

const CSV = /^"((?:[^"]|"")*)","((?:[^"]|"")*)"/

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return undefined
  }
}

const ANYWHERE: Pick<InventoryPlace, "prefix"> = { prefix: "" }

/** The key of a line, below the prefix; undefined for a line of another place. */
const keyIn = (line: string, place: InventoryPlace | undefined): string | undefined => {
  const row = CSV.exec(line)
  if (!row) return line || undefined
  const [, bucket = "", encoded = ""] = row
  if (place && bucket !== place.bucket) return undefined
  const { prefix } = place ?? ANYWHERE
  const key = decode(encoded) ?? ""
  return key.startsWith(prefix) ? key.slice(prefix.length) || undefined : undefined
}

/**
 * The keys of some files.
 * @param after keys up to this one are left out, in the order of the files
 * @throws {bad-config} a file cannot be read, or none has the key `after`
 */
export async function* readInventory(
  files: readonly string[],
  place: InventoryPlace | undefined,
  after?: string,
): AsyncGenerator<string> {
  let isSkipping = after !== undefined
  for (const file of files) {
    try {
      for await (const { pieces } of readText(createReadStream(file))) {
        for (const piece of pieces) {
          const key = keyIn(piece.trim(), place)
          if (key === undefined) continue
          if (!isSkipping) yield key
          else if (key === after) isSkipping = false
        }
      }
    } catch (error) {
      throw badConfig([`--inventory: cannot read ${file}: ${describeError(error)}`])
    }
  }
  if (isSkipping)
    throw badConfig([`--after: Expected a key in the files of --inventory, got ${JSON.stringify(after)}.`])
}
