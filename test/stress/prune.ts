/**
 * Responsible for prune over a listing of ten million keys: an inventory in a compressed file, one interruption, and a run that continues.
 * The stores compute their objects, so that only prune and the inventory take memory.
 */
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"
import { createGzip } from "node:zlib"

import { readInventory } from "../../src/cli/inventory.ts"
import type { Grammar } from "../../src/sizes/key.ts"
import { parseSizeList, type SizeList } from "../../src/sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, recipeId } from "../../src/sizes/recipe.ts"
import type { Originals, RenditionMeta, Renditions } from "../../src/store/store.ts"
import { createFreshness } from "../../src/tailor/freshness.ts"
import { createPrune } from "../../src/tailor/prune.ts"
import type { Part } from "./part.ts"

const PLACE = { bucket: "shop-renditions", prefix: "" }
/** Memory of the whole process. */
const MAX_RSS_BYTES = 300_000_000
/** Every such rendition is of a size that is not listed. */
const RETIRED_EVERY = 10
const CHECK_EVERY = 100_000

const keyOf = (at: number): string => {
  const size = at % RETIRED_EVERY === 0 ? "480h" : "640w"
  return `products/${Math.floor(at / 1000)}/${size}/photo-${String(at).padStart(8, "0")}.jpg`
}

/** Writes an inventory as S3 does. */
const writeInventory = async (path: string, count: number, isOver: () => boolean): Promise<number> => {
  const gzip = createGzip({ level: 1 })
  const file = gzip.pipe(createWriteStream(path))
  let written = 0
  while (written < count && !isOver()) {
    let rows = ""
    for (let row = 0; row < 1000 && written < count; row++, written++)
      rows += `"${PLACE.bucket}","${keyOf(written)}","20480"\n`
    if (!gzip.write(rows)) await once(gzip, "drain")
  }
  gzip.end()
  await once(file, "close")
  return written
}

const listOf = (): SizeList => {
  const parsed = parseSizeList(["640w"])
  if ("problems" in parsed) throw new Error("The list is not valid.")
  return parsed.list
}

const GRAMMAR: Grammar = {
  sizes: listOf(),
  formats: [],
  retired: { sizes: [], formats: [] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
}
const SETTINGS = { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 1 }
const RECIPE_ID = recipeId(imageRecipe(GRAMMAR.sizes[0], undefined, SETTINGS), "jpeg", "jpeg")

/** Every original exists, and every key has a rendition of it. */
const openStores = () => {
  const stat = { version: "1", byteLength: 1000, isStable: true }
  const counts = { retired: 0, others: 0 }
  const originals: Originals = {
    name: "computed",
    head: async () => stat,
    get: async () => undefined,
    async *list() {
      yield "products/0/photo.jpg"
    },
  }
  const metaOf = (key: string): RenditionMeta => ({
    original: key.replace(/[^/]+\/([^/]+)$/, "$1"),
    version: "1",
    kind: "jpeg",
    recipeId: RECIPE_ID,
    etag: '"e"',
    contentType: "image/jpeg",
    modifiedMs: 0,
  })
  const renditions: Renditions = {
    name: "computed",
    keyLimits: GRAMMAR.maxBytes,
    head: async (key) => metaOf(key),
    get: async () => undefined,
    put: async () => {},
    delete: async (keys) => {
      for (const key of keys) counts[key.includes("/480h/") ? "retired" : "others"] += 1
      return keys.length
    },
  }
  return { originals, renditions, counts }
}

/** One run, interrupted after a number of keys. @returns the last key, and the largest memory of the process */
const runOnce = async (
  path: string,
  stores: ReturnType<typeof openStores>,
  { after, stopAt, isOver }: { readonly after?: string; readonly stopAt: number; readonly isOver: () => boolean },
) => {
  const freshness = createFreshness({ ...stores, grammar: GRAMMAR, settings: SETTINGS })
  const { prune } = createPrune({ ...stores, grammar: GRAMMAR, freshness })
  const stopping = new AbortController()
  let [seen, rssBytes, last] = [0, 0, ""]
  await prune(readInventory([path], PLACE, after), {
    signal: stopping.signal,
    onBatch: (judged) => {
      const before = seen
      seen += judged.length
      last = judged.at(-1)?.key ?? last
      if (Math.floor(seen / CHECK_EVERY) > Math.floor(before / CHECK_EVERY))
        rssBytes = Math.max(rssBytes, process.memoryUsage.rss())
      if (seen >= stopAt || isOver()) stopping.abort()
    },
  })
  await nextTurn()
  return { seen, last, rssBytes }
}

/** Ten million keys, pruned in two runs. */
export const prune: Part = {
  name: "prune",
  full: { count: 10_000_000, seconds: 1800 },
  short: { count: 100_000, seconds: 15 },
  run: async ({ count, isOver, random }) => {
    const folder = await mkdtemp(join(tmpdir(), "imgtailor-stress-"))
    const broken: string[] = []
    try {
      const path = join(folder, "inventory.csv.gz")
      const written = await writeInventory(path, count, isOver)
      const stores = openStores()
      const stopAt = Math.floor(written * (0.2 + 0.6 * random()))
      const first = await runOnce(path, stores, { stopAt, isOver })
      const second = await runOnce(path, stores, { after: first.last, stopAt: Infinity, isOver })
      const seen = first.seen + second.seen
      const rssBytes = Math.max(first.rssBytes, second.rssBytes)
      const expected = Math.ceil(seen / RETIRED_EVERY)
      if (!isOver() && seen !== written) broken.push(`${seen} of ${written} keys were looked at`)
      if (stores.counts.retired !== expected) broken.push(`${stores.counts.retired} of ${expected} were deleted`)
      if (stores.counts.others > 0) broken.push(`${stores.counts.others} listed renditions were deleted`)
      if (written === prune.full.count && rssBytes > MAX_RSS_BYTES) broken.push(`the process took ${rssBytes} bytes`)
      const facts = { "keys before the interruption": first.seen, "largest memory in MB": Math.round(rssBytes / 1e6) }
      return { trials: seen, broken, facts }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}
