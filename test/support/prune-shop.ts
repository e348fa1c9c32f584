/** Responsible for stores in memory with originals and renditions in given states, and the renditions that prune must leave. */
import type { Grammar } from "../../src/sizes/key.ts"
import { parseSizeList, type SizeList } from "../../src/sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, recipeId } from "../../src/sizes/recipe.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import type { Originals, RenditionMeta, Renditions } from "../../src/store/store.ts"
import { createFreshness } from "../../src/tailor/freshness.ts"
import { createPrune, type PruneOptions } from "../../src/tailor/prune.ts"

export const ORIGINALS_STATES = ["present", "gone"] as const
export const RENDITION_STATES = [
  "fresh",
  "info",
  "explicit",
  "recipe",
  "replaced",
  "retired",
  "unlisted",
  "alias",
  "format",
  "no record",
  "copied",
  "other program",
] as const

export interface Entry {
  readonly original: (typeof ORIGINALS_STATES)[number]
  readonly rendition: (typeof RENDITION_STATES)[number]
}

export interface Shop {
  readonly prune: (options?: PruneOptions, after?: string) => Promise<void>
  /** Stored keys, sorted. */
  readonly keys: () => Promise<readonly string[]>
  readonly has: (key: string) => boolean
  /** Keys that prune leaves, sorted. */
  readonly expected: readonly string[]
  /** The originals cannot be found any more after some looks. */
  readonly hideOriginals: (afterLooks: number) => void
  readonly failHead: (isFailing: (key: string) => boolean) => void
  readonly failDelete: (isFailing: (key: string) => boolean) => void
  /** Each rendition is replaced by a fresh one after the first look at it. */
  readonly renewAfterHead: () => void
}

const listOf = (): SizeList => {
  const parsed = parseSizeList([{ size: "60w", aliases: ["50w"] }, "90x90"])
  if ("problems" in parsed) throw new Error("The list is not valid.")
  return parsed.list
}

const GRAMMAR: Grammar = {
  sizes: listOf(),
  formats: ["webp"],
  retired: { sizes: ["80w"], formats: [] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
}
const SETTINGS = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 1000 }
const BYTES = Buffer.from("a photo")

const [SIZE] = GRAMMAR.sizes
const idOf = (format: "webp" | undefined, settings = SETTINGS): string =>
  recipeId(imageRecipe(SIZE, format, settings), format ?? "jpeg", "jpeg")

/** How a rendition in a state differs from a fresh one. */
interface Difference {
  readonly size?: string
  readonly ending?: string
  readonly meta?: Partial<RenditionMeta>
  /** Another key than that of a size. */
  readonly keyOf?: (original: string, key: string) => string
  readonly hasRecord?: false
}

const DIFFERENCES: Readonly<Record<Entry["rendition"], Difference>> = {
  fresh: {},
  info: { size: "info", ending: ".json", meta: { recipeId: "other", contentType: "application/json" } },
  explicit: { ending: ".webp", meta: { recipeId: idOf("webp"), contentType: "image/webp" } },
  recipe: { meta: { recipeId: idOf(undefined, { ...SETTINGS, quality: { ...DEFAULT_QUALITY, jpeg: 1 } }) } },
  replaced: { meta: { version: "former" } },
  retired: { size: "80w" },
  unlisted: { size: "777w" },
  alias: { size: "50w" },
  format: { ending: ".avif" },
  "no record": { hasRecord: false },
  copied: { keyOf: (_, key) => `backup/${key}` },
  "other program": { keyOf: (original) => `notes/${original}.txt`, hasRecord: false },
}

/** The key and record of a rendition in a state; undefined for a file without a record. */
const renditionOf = (
  { rendition }: Entry,
  original: string,
  version: string,
): { readonly key: string; readonly meta: RenditionMeta | undefined } => {
  const { size = "60w", ending = "", meta, keyOf = (_, key) => key, hasRecord = true } = DIFFERENCES[rendition]
  const key = original.replace(/[^/]+$/, (file) => `${size}/${file}${ending}`)
  const fresh: RenditionMeta = {
    original,
    version,
    digest: "0".repeat(64),
    kind: "jpeg",
    recipeId: idOf(undefined),
    etag: '"e"',
    contentType: "image/jpeg",
    modifiedMs: 1000,
  }
  return { key: keyOf(original, key), meta: hasRecord ? { ...fresh, ...meta } : undefined }
}

const LEFT = new Set(["no record", "copied", "other program"])
const FRESH = new Set(["fresh", "explicit"])

/** Whether prune leaves a rendition. */
const isLeft = ({ original, rendition }: Entry): boolean =>
  LEFT.has(rendition) || (FRESH.has(rendition) && original === "present")

/** Originals and renditions in some states, one of each for each entry, besides one original that is always there. */
export const createShop = async (entries: readonly Entry[]): Promise<Shop> => {
  const originals = memoryOriginals()
  const stored = memoryRenditions()
  originals.set("first.jpg", BYTES)
  const expected: string[] = []
  const present = new Set<string>()
  for (const [at, entry] of entries.entries()) {
    const original = `shop/${at}.jpg`
    originals.set(original, BYTES)
    const { version = "" } = (await originals.head(original)) ?? {}
    if (entry.original === "gone") originals.remove(original)
    const { key, meta } = renditionOf(entry, original, version)
    const foreign: RenditionMeta = {
      original: "",
      version: "",
      kind: undefined,
      recipeId: "",
      etag: '"f"',
      contentType: "image/jpeg",
      modifiedMs: 0,
      isForeign: true,
    }
    await stored.put(key, BYTES, meta ?? foreign)
    present.add(key)
    if (isLeft(entry)) expected.push(key)
  }
  let looks = Infinity
  let isFailing = (_key: string): boolean => false
  let isUndeletable = (_key: string): boolean => false
  let renews = false
  const away = (): boolean => looks <= 0
  const hidden: Originals = {
    name: "memory",
    head: async (key, options) => (away() ? undefined : originals.head(key, options)),
    get: (key, options) => originals.get(key, options),
    isGone: async (key) => away() || (await originals.isGone?.(key)) === true,
    async *list(prefix, options) {
      looks -= 1
      if (looks >= 0) yield* originals.list(prefix, options)
    },
  }
  const list = stored.list?.bind(stored)
  const renditions: Renditions = {
    name: stored.name,
    keyLimits: stored.keyLimits,
    get: (key) => stored.get(key),
    put: (key, bytes, meta) => stored.put(key, bytes, meta),
    delete: async (keys) => {
      if (keys.some(isUndeletable)) throw new Error("may not be deleted")
      return stored.delete(keys)
    },
    head: async (key) => {
      if (isFailing(key)) throw new Error("no disk")
      const meta = await stored.head(key)
      if (renews && meta) await stored.put(key, BYTES, { ...meta, etag: '"renewed"' })
      return meta
    },
  }
  const freshness = createFreshness({ originals: hidden, renditions, grammar: GRAMMAR, settings: SETTINGS })
  const { prune } = createPrune({ originals: hidden, renditions, grammar: GRAMMAR, freshness })
  const keys = async (): Promise<readonly string[]> => {
    const all: string[] = []
    for await (const key of list?.("") ?? []) all.push(key)
    return all.toSorted()
  }
  const current = new Set(present)
  return {
    prune: async (options, after = "") => {
      const listed = (await keys()).filter((key) => key > after)
      async function* each(): AsyncGenerator<string> {
        yield* listed
      }
      try {
        await prune(each(), options)
      } finally {
        current.clear()
        for (const key of await keys()) current.add(key)
      }
    },
    keys,
    has: (key) => current.has(key),
    expected: expected.toSorted(),
    hideOriginals: (afterLooks) => (looks = afterLooks),
    failHead: (test) => (isFailing = test),
    failDelete: (test) => (isUndeletable = test),
    renewAfterHead: () => (renews = true),
  }
}
