/**
 * Responsible for originals from several stores: the longest prefix that a key begins with decides, and the store gets the rest of the key.
 *
 * Invariants:
 * - A key belongs to one store. An object of another store under the same key is not found, not listed and not read.
 * - Keys are listed in the order of all stores.
 */
import { compareKeys } from "./key-order.ts"
import type { ListOptions, Originals, StoreProblem } from "./store.ts"

/** Originals whose keys begin with a prefix. */
export interface PrefixedSource {
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  readonly store: Originals
}

/** The part of a source that a list of keys needs; undefined if it needs none. */
const rangeIn = (
  { prefix: own }: PrefixedSource,
  prefix: string,
  after: string | undefined,
): { readonly prefix: string; readonly after: string | undefined } | undefined => {
  if (!own.startsWith(prefix) && !prefix.startsWith(own)) return undefined
  const rest = prefix.slice(own.length)
  if (after?.startsWith(own)) return { prefix: rest, after: after.slice(own.length) }
  return after !== undefined && compareKeys(after, own) > 0 ? undefined : { prefix: rest, after: undefined }
}

/** Merges sorted lists into one. Holds one key of each. */
async function* merge(lists: readonly AsyncIterable<string>[]): AsyncIterable<string> {
  const iterators = lists.map((list) => list[Symbol.asyncIterator]())
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()))
    for (;;) {
      let first = -1
      heads.forEach(({ done, value }, at) => {
        const best = heads[first]
        if (!done && (best === undefined || compareKeys(value, String(best.value)) < 0)) first = at
      })
      const [head, iterator] = [heads[first], iterators[first]]
      if (!head || !iterator) return
      yield String(head.value)
      heads[first] = await iterator.next()
    }
  } finally {
    await Promise.all(iterators.map(async (iterator) => iterator.return?.()))
  }
}

/**
 * Originals of several stores.
 * @example
 * prefixedOriginals([{ prefix: "shop/", store: s3 }, { prefix: "", store: folder }]).get("shop/mug.jpg") // s3.get("mug.jpg")
 */
export const prefixedOriginals = (given: readonly PrefixedSource[]): Originals => {
  const sources = given.toSorted((a, b) => b.prefix.length - a.prefix.length)
  const sourceOf = (key: string): PrefixedSource | undefined => sources.find(({ prefix }) => key.startsWith(prefix))

  async function* listSource(source: PrefixedSource, prefix: string, options: ListOptions): AsyncIterable<string> {
    const range = rangeIn(source, prefix, options.after)
    if (!range) return
    const { after } = range
    const { signal, onSkip, isShallow } = options
    for await (const rest of source.store.list(range.prefix, { after, signal, onSkip, isShallow })) {
      const key = source.prefix + rest
      if (sourceOf(key) === source) yield key
    }
  }

  return {
    name: "sources",
    headSync: (key) => {
      const source = sourceOf(key)
      return source?.store.headSync?.(key.slice(source.prefix.length))
    },
    head: async (key, options) => {
      const source = sourceOf(key)
      return source?.store.head(key.slice(source.prefix.length), options)
    },
    get: async (key, options) => {
      const source = sourceOf(key)
      return source?.store.get(key.slice(source.prefix.length), options)
    },
    list: (prefix, options = {}) => merge(sources.map((source) => listSource(source, prefix, options))),
    isGone: async (key, options) => {
      const source = sourceOf(key)
      return (await source?.store.isGone?.(key.slice(source.prefix.length), options)) ?? false
    },
    check: async (options) => {
      const checked = await Promise.all(sources.map(async ({ store }) => store.check?.(options)))
      const problems = checked.filter((problem): problem is StoreProblem => problem !== undefined)
      if (problems.length === 0) return undefined
      return {
        message: problems.map(({ message }) => message).join("\n"),
        isPermanent: problems.some(({ isPermanent }) => isPermanent),
      }
    },
  }
}
