/**
 * Responsible for the list of photos, page by page.
 *
 * Invariants:
 * - A page looks at a bounded number of keys, and enters no folder below the one that it shows.
 * - Every key comes from `Originals.list`, so excluded originals are in no page.
 */
import { encodeKey, formatKey, imageKeyOf, type OriginalKey } from "../sizes/key.ts"
import { lookOf, type Size } from "../sizes/list.ts"
import type { PhotoItem, Photos } from "./api.ts"
import { refuse, replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

const DEFAULT_LIMIT = 60
const MAX_LIMIT = 200
/** Keys looked at for one page. S3 lists this many in one request. */
const MAX_LISTED = 1000
/** Comes after every key in a folder. */
const LAST = "\u{10ffff}"

const areaOf = ({ width = 0, height = 0 }: Size): number => (width || height) * (height || width)

/** The smallest size without options, else the smallest. */
const thumbnailSize = (sizes: readonly [Size, ...Size[]]): Size => {
  const bySize = sizes.toSorted((a, b) => areaOf(a) - areaOf(b))
  return bySize.find((size) => !lookOf(size)) ?? bySize[0] ?? sizes[0]
}

/** The folder directly below another one that a key is in, with a slash at its end; undefined for a key in the folder itself. */
const folderIn = (key: string, folder: string): string | undefined => {
  const slash = key.indexOf("/", folder.length)
  return slash < 0 ? undefined : key.slice(0, slash + 1)
}

interface Page {
  readonly folders: string[]
  readonly keys: OriginalKey[]
  readonly next?: string | undefined
}

interface PageRequest {
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number
  readonly signal: AbortSignal
}

const readPage = async (
  { originals, core }: RouteParts["tailor"],
  { prefix, after: start, limit, signal }: PageRequest,
): Promise<Page> => {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1)
  const page: { folders: string[]; keys: OriginalKey[] } = { folders: [], keys: [] }
  let after = start
  let listed = 0
  for (let isSkipping = true; isSkipping;) {
    isSkipping = false
    for await (const key of originals.list(prefix, { after, signal, isShallow: true })) {
      if (listed === MAX_LISTED || page.folders.length + page.keys.length === limit) return { ...page, next: after }
      listed += 1
      const below = folderIn(key, folder)
      after = below === undefined ? key : `${below}${LAST}`
      if (below !== undefined) {
        page.folders.push(below)
        // A store that lists folders as such has nothing to skip.
        isSkipping = key !== below
        if (isSkipping) break
        continue
      }
      const original = imageKeyOf(key, core.grammar)
      if (original !== undefined) page.keys.push(original)
    }
  }
  return page
}

const limitOf = (text: string | null): number | undefined => {
  if (text === null || text === "") return DEFAULT_LIMIT
  return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_LIMIT ? Number(text) : undefined
}

/** `GET api/photos`. */
export const createPhotosRoute = ({ tailor }: RouteParts): Route => {
  const { core, config } = tailor
  const size = thumbnailSize(core.grammar.sizes)
  const { width = size.height ?? 0, height = size.width ?? 0 } = size
  const toItem = (key: OriginalKey): PhotoItem => ({
    key,
    thumbnail: `${config.basePath}/${encodeKey(formatKey({ original: key, size, format: size.format }))}`,
    thumbnailWidth: width,
    thumbnailHeight: height,
  })
  return async ({ query, signal }) => {
    const limit = limitOf(query.get("limit"))
    if (limit === undefined) return refuse(400, "bad-request", `Expected a limit from 1 to ${MAX_LIMIT}.`)
    const prefix = query.get("prefix") ?? ""
    const { folders, keys, next } = await readPage(tailor, {
      prefix,
      after: query.get("after") || undefined,
      limit,
      signal,
    })
    return replyJson({ folders, photos: keys.map(toItem), next } satisfies Photos)
  }
}
