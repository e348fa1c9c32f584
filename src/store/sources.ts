/** Responsible for opening the originals of a configuration: one location, a custom store, or several sources by prefix. */
import { prefixedOriginals } from "./prefixed.ts"
import { recheckedOriginals } from "./rechecked.ts"
import { openOriginals } from "./registry.ts"
import type { OpenOptions } from "./scheme.ts"
import type { Originals } from "./store.ts"

/** One of several sources of originals. */
export interface Source {
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  readonly location: string | Originals
  /** How long lookups of this source are reused. */
  readonly recheckSeconds: number
}

/** True for several sources, as opposed to one location or store. */
export const isSourceList = (originals: unknown): originals is readonly Source[] => Array.isArray(originals)

/**
 * The store of all originals. Lookups of several sources are reused as long as each says; those of a single one are not, and its caller
 * decides.
 */
export const openSources = (originals: string | Originals | readonly Source[], options: OpenOptions): Originals => {
  const open = (location: string | Originals): Originals =>
    typeof location === "string" ? openOriginals(location, options) : location
  if (!isSourceList(originals)) return open(originals)
  return prefixedOriginals(
    originals.map(({ prefix, location, recheckSeconds }) => ({
      prefix,
      store: recheckedOriginals(open(location), recheckSeconds),
    })),
  )
}
