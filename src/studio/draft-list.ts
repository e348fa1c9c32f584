/**
 * Responsible for the effect of another list of sizes on the catalogue: the number of renditions, and their bytes estimated from a
 * sample.
 *
 * Invariants:
 * - The list of the configuration is not changed. Sampled renditions are drafts: one at a time, at the lowest priority, never stored.
 * - Counting and sampling end after a bounded time; the result has the number of photos of each.
 */
import { checkSizes } from "../config/size-schema.ts"
import { isPermanent } from "../errors.ts"
import { type Format, FORMATS } from "../sizes/format.ts"
import { imageKeyOf, type OriginalKey, splitKey } from "../sizes/key.ts"
import type { Size, SizeList } from "../sizes/list.ts"
import { pageFormats } from "../sizes/page-formats.ts"
import { imageRecipe } from "../sizes/recipe.ts"
import type { DraftList } from "./api.ts"
import { isRecord, withKnownOverlays } from "./draft-request.ts"
import type { Drafts } from "./drafts.ts"
import { estimateTotal } from "./estimate-total.ts"
import { refuse, replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

type Tailor = RouteParts["tailor"]

/** Originals that are counted: S3 lists them in 100 requests. */
const MAX_COUNTED = 100_000
const COUNT_MS = 5000
const SAMPLE_MS = 8000
const MAX_SAMPLED_PHOTOS = 12

interface Catalogue {
  readonly count: number
  readonly isExact: boolean
  readonly sample: readonly OriginalKey[]
}

/** Counts originals and takes a random sample of them (reservoir sampling). */
const countOriginals = async ({ originals, core }: Tailor, signal: AbortSignal): Promise<Catalogue> => {
  const dueMs = performance.now() + COUNT_MS
  const sample: OriginalKey[] = []
  let count = 0
  for await (const text of originals.list("", { signal })) {
    if (count >= MAX_COUNTED || performance.now() > dueMs) return { count, isExact: false, sample }
    const key = imageKeyOf(text, core.grammar)
    if (key === undefined) continue
    count += 1
    if (sample.length < MAX_SAMPLED_PHOTOS) sample.push(key)
    else {
      const at = Math.floor(Math.random() * count)
      if (at < MAX_SAMPLED_PHOTOS) sample[at] = key
    }
  }
  return { count, isExact: true, sample }
}

/** A rendition of every photo. */
interface Column {
  readonly size: Size
  readonly format: Format | undefined
}

const columnsOf = (sizes: SizeList, formats: readonly Format[], file: string): readonly Column[] =>
  sizes.flatMap((size) => pageFormats(size, file, { formats }).map((format) => ({ size, format })))

/** Bytes of the renditions of sampled photos: one row a photo, with the bytes by column. */
type Samples = ReadonlyMap<string, number>[]

const columnName = ({ size, format }: Column): string => `${size.name}\n${format ?? "base"}`

const samplePhotos = async (
  { config }: Tailor,
  drafts: Drafts,
  { sample }: Catalogue,
  columns: (file: string) => readonly Column[],
  signal: AbortSignal,
): Promise<Samples> => {
  const dueMs = performance.now() + SAMPLE_MS
  const rows: Map<string, number>[] = []
  for (const key of sample) {
    if (performance.now() > dueMs) break
    const row = new Map<string, number>()
    try {
      await drafts.withOriginal(key, signal, async ({ stat, render }) => {
        for (const column of columns(splitKey(key).file)) {
          const recipe = imageRecipe(column.size, column.format, config.settings, stat.focalPoint)
          row.set(columnName(column), (await render(recipe)).bytes.length)
          // A photo counts only as a whole, so the first one is finished however long it takes.
          if (rows.length > 0 && performance.now() > dueMs) return row.clear()
        }
      })
    } catch (error) {
      if (!isPermanent(error)) throw error
      // A photo that cannot be rendered has no renditions and no bytes.
      rows.push(new Map())
      continue
    }
    if (row.size > 0) rows.push(row)
  }
  return rows
}

const meansOf = (samples: Samples): NonNullable<DraftList["bySize"]> => {
  const names = new Set(samples.flatMap((row) => [...row.keys()]))
  return Array.from(names, (name) => {
    const [size = "", format = ""] = name.split("\n")
    const values = samples.flatMap((row) => row.get(name) ?? [])
    return { size, format, meanBytes: Math.round(values.reduce((sum, value) => sum + value, 0) / values.length) }
  })
}

const totalOf = (row: ReadonlyMap<string, number>): number => [...row.values()].reduce((sum, value) => sum + value, 0)

const isFormats = (value: unknown): value is readonly Format[] =>
  Array.isArray(value) && value.every((format) => FORMATS.some((one) => one === format))

/** `POST api/draft-list`. */
export const createDraftListRoute =
  ({ tailor }: RouteParts, drafts: Drafts): Route =>
  async ({ json, signal }) => {
    const body = await json()
    if (!isRecord(body)) return refuse(400, "bad-request", "Expected a JSON object.")
    const { grammar } = tailor.core
    const formats = body["formats"] ?? grammar.formats
    if (!isFormats(formats)) return refuse(400, "bad-request", `Expected formats of ${FORMATS.join(", ")}.`)
    const checked = checkSizes(body["sizes"])
    if ("problems" in checked) return replyJson({ problems: checked.problems } satisfies DraftList)
    const list = checked.list.map((size) => withKnownOverlays(size, grammar.sizes))
    const unknownAt = list.indexOf(undefined)
    if (unknownAt >= 0)
      return replyJson({
        problems: [{ at: unknownAt, message: "Expected an overlay that the configuration has." }],
      } satisfies DraftList)
    const sizes = list as unknown as SizeList
    const columns = (file: string): readonly Column[] => columnsOf(sizes, formats, file)
    const catalogue = await countOriginals(tailor, signal)
    const samples = await samplePhotos(tailor, drafts, catalogue, columns, signal)
    const perPhoto = columns("photo.jpg").length
    return replyJson({
      problems: [],
      renditionsPerPhoto: perPhoto,
      photos: { count: catalogue.count, isExact: catalogue.isExact },
      renditions: perPhoto * catalogue.count,
      bytes: estimateTotal(samples.map(totalOf), catalogue.count),
      sampled: { renditions: samples.reduce((sum, row) => sum + row.size, 0), photos: samples.length },
      bySize: meansOf(samples),
    } satisfies DraftList)
  }
