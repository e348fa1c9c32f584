/**
 * The list as an installation publishes it (`imgtailor.json`), so that whoever makes addresses, in whatever language, can know what there
 * is. Holds: its sizes are again what `parseSizeList` takes, and give the same list.
 */
import type { Format } from "./format.ts"
import { shortHash } from "./hash.ts"
import type { Grammar } from "./key.ts"
import { type SizeInput, toSizeInput } from "./list.ts"

/** What `imgtailor.json` says. */
export interface PublishedList {
  /** Hash of all the rest: it changes when the list does, and with nothing else, so that servers of one list agree whatever their release. */
  readonly version: string
  /** In the order in which they were listed; a text where that is all that there is to a size. */
  readonly sizes: readonly SizeInput[]
  /** Explicit formats, in order of preference. */
  readonly formats: readonly Format[]
  /** What precedes every address, like `/img`; empty for nothing. */
  readonly basePath: string
}

/** The list of an installation, to be published. */
export const publishList = ({
  sizes,
  formats,
  basePath = "",
}: Pick<Grammar, "sizes" | "formats" | "basePath">): PublishedList => {
  const list = { sizes: sizes.map(toSizeInput), formats, basePath }
  return { version: shortHash(JSON.stringify(list)), ...list }
}
