/**
 * Responsible for originals that are not served: files in dot folders, dot files that are no pictures, and those that the `exclude` setting names.
 *
 * Invariants:
 * - An excluded original is absent for all callers: it is not read, not listed and not warmed.
 * - Exclusion does not say that an original was deleted, so its stored renditions are kept.
 */
import { formatOfName } from "../sizes/format.ts"
import type { ListOptions, Originals } from "./store.ts"

type IsExcluded = (key: string) => boolean

/**
 * A file in a dot folder, or a dot file that is no picture by its name. `._photo.jpg` is where macOS keeps metadata of `photo.jpg`.
 * A photo with the name `.hidden.jpg` is served like any other.
 */
const isHidden: IsExcluded = (key) => {
  // Nearly every key.
  if (!key.startsWith(".") && !key.includes("/.")) return false
  const file = key.slice(key.lastIndexOf("/") + 1)
  if (/(?:^|\/)\.[^/]*\//.test(key) || file.startsWith("._")) return true
  return file.startsWith(".") && formatOfName(file) === undefined
}

/** The first dot folder that contains a key, with a slash at its end; undefined if none does. */
const hiddenFolderOf = (key: string): string | undefined => /^(?:[^/]+\/)*?\.[^/]*\//.exec(key)?.[0]

/** The last pattern that matches decides; one with `!` allows. Without a match, hidden files are excluded. */
const compile = async (patterns: readonly string[]): Promise<IsExcluded> => {
  const { default: picomatch } = await import("picomatch")
  const rules = patterns.map((pattern) => {
    const isAllowed = pattern.startsWith("!")
    const matches = picomatch(isAllowed ? pattern.slice(1) : pattern, { dot: true, nonegate: true, windows: false })
    return { isAllowed, matches }
  })
  return (key) => {
    const rule = rules.findLast(({ matches }) => matches(key))
    return rule ? !rule.isAllowed : isHidden(key)
  }
}

/** A folder whose files, and those in its folders, are all excluded is left out: its name would be seen otherwise. */
async function* listShallow(
  store: Originals,
  prefix: string,
  options: ListOptions,
  excludes: IsExcluded,
): AsyncGenerator<string> {
  for await (const key of store.list(prefix, options)) {
    const isLeftOut = key.endsWith("/") ? excludes(`${key}x`) && excludes(`${key}x/x`) : excludes(key)
    if (!isLeftOut) yield key
  }
}

/**
 * Originals without those that are excluded.
 * @param patterns globs relative to the originals; one with `!` allows keys that earlier patterns or a leading dot exclude
 * @example
 * excludedOriginals(store, ["drafts/**", "!.well-known/**"])
 */
export const excludedOriginals = (store: Originals, patterns: readonly string[]): Originals => {
  let isExcluded = patterns.length === 0 ? isHidden : undefined
  let compiling: Promise<IsExcluded> | undefined

  /** The pattern library is loaded with the first call, and only where there are patterns. */
  const use = <T>(act: (excludes: IsExcluded) => T | Promise<T>): T | Promise<T> => {
    if (isExcluded) return act(isExcluded)
    compiling ??= compile(patterns).then((compiled) => (isExcluded = compiled))
    return compiling.then(act)
  }

  const headSync = store.headSync?.bind(store)
  return {
    name: store.name,
    ...(headSync && { headSync: (key) => (!isExcluded || isExcluded(key) ? undefined : headSync(key)) }),
    head: async (key, options) => use((excludes) => (excludes(key) ? undefined : store.head(key, options))),
    get: async (key, options) => use((excludes) => (excludes(key) ? undefined : store.get(key, options))),
    async *list(prefix, options) {
      const excludes = await use((found) => found)
      if (options?.isShallow) return yield* listShallow(store, prefix, options, excludes)
      let after = options?.after
      for (let skipped: string | undefined = ""; skipped !== undefined;) {
        skipped = undefined
        const page = { after, signal: options?.signal, onSkip: options?.onSkip }
        for await (const key of store.list(prefix, page)) {
          if (!excludes(key)) yield key
          else if (patterns.length === 0) skipped = hiddenFolderOf(key)
          if (skipped !== undefined) break
        }
        // Continue after the last possible key in the folder: .git may contain more files than the originals.
        after = `${skipped}\u{10ffff}`
      }
    },
    isGone: async (key, options) =>
      use((excludes) => (excludes(key) ? false : (store.isGone?.(key, options) ?? false))),
    check: async (options) => store.check?.(options),
  }
}
