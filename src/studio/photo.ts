/** Responsible for one photo: its description, and every listed rendition with its state. */
import { badUrl, originalNotFound } from "../errors.ts"
import { type Format, formatOfType, outputFormat } from "../sizes/format.ts"
import { outputDimensions, sourceDimensions } from "../sizes/geometry.ts"
import type { Info } from "../sizes/info.ts"
import { encodeKey, formatKey, type OriginalKey, splitKey } from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"
import { pageFormats } from "../sizes/page-formats.ts"
import { closeBody, type OriginalStat, type RenditionObject } from "../store/store.ts"
import type { Photo, SheetItem } from "./api.ts"
import { keyOf } from "./draft-request.ts"
import { replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

type Tailor = RouteParts["tailor"]

/** Stores in which a look at a rendition reads no bytes over a network. */
const LOCAL: ReadonlySet<string> = new Set(["folder", "memory"])
/** Look-ups at once. */
const CONCURRENT = 8

/** A rendition of the sheet, before its look-up. */
interface Wanted {
  readonly size: Size
  /** The explicit format; undefined for the base URL. */
  readonly format: Format | undefined
}

/** Every URL that pages can use. */
const wantedOf = (file: string, { core: { grammar } }: Tailor): readonly Wanted[] =>
  grammar.sizes.flatMap((size) => pageFormats(size, file, grammar).map((format) => ({ size, format })))

/** The stored rendition: with its length in a local store, else its record alone. */
const lookUp = async (
  { renditions }: Tailor,
  key: string,
  signal: AbortSignal,
): Promise<(Pick<RenditionObject, "meta"> & { readonly byteLength?: number }) | undefined> => {
  if (!LOCAL.has(renditions.name)) {
    const meta = await renditions.head(key, { signal })
    return meta && { meta }
  }
  const object = await renditions.get(key, { signal })
  await closeBody(object)
  return object
}

const toTraits = ({ format, animated }: Info) => ({
  format: format === "tiff" || format === "heic" || format === "jxl" ? ("other" as const) : format,
  // Only the format of a base URL depends on it, until the rendition is stored.
  hasAlpha: false,
  animated,
})

interface Described {
  readonly key: OriginalKey
  readonly info: Info
  readonly stat: OriginalStat
}

const toItem = async (
  tailor: Tailor,
  { key: original, info, stat }: Described,
  { size, format }: Wanted,
  renderMsOf: (original: string, size: string, format: string | undefined) => number | undefined,
  signal: AbortSignal,
): Promise<SheetItem> => {
  const reading = { original, size, format }
  const key = formatKey(reading)
  const stored = await lookUp(tailor, key, signal)
  const output = outputFormat(format, toTraits(info)).format
  const actual = (stored && formatOfType(stored.meta.contentType)) ?? output
  const state = stored ? tailor.core.freshness.freshnessOf(stored.meta, reading, stat) : "absent"
  return {
    size: size.name,
    format: format ?? actual,
    isBase: format === undefined,
    url: `${tailor.config.basePath}/${encodeKey(key)}`,
    ...outputDimensions(size, sourceDimensions(size, info) ?? info),
    state,
    byteLength: stored?.byteLength,
    renderMs: renderMsOf(original, size.name, format),
    ...(format !== undefined && actual !== format && { isSubstituted: true }),
  }
}

/** `GET api/photo`. */
export const createPhotoRoute =
  (
    { tailor }: RouteParts,
    renderMsOf: (original: string, size: string, format: string | undefined) => number | undefined,
  ): Route =>
  async ({ query, signal }) => {
    const key = keyOf(query.get("key"))
    if (key === undefined) throw badUrl("Expected the key of an original.")
    const stat = await tailor.originals.head(key, { signal, fresh: true })
    if (!stat) throw originalNotFound(key)
    const info = await tailor.info(key, { signal })
    const wanted = [...wantedOf(splitKey(key).file, tailor).entries()]
    const renditions: SheetItem[] = []
    const work = async (): Promise<void> => {
      for (let next = wanted.shift(); next; next = wanted.shift())
        renditions[next[0]] = await toItem(tailor, { key, info, stat }, next[1], renderMsOf, signal)
    }
    await Promise.all(Array.from({ length: CONCURRENT }, work))
    const { version, focalPoint } = stat
    return replyJson({ key, info, version, focalPoint, renditions } satisfies Photo)
  }
