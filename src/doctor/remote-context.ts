/** Responsible for the subject of remote checks: a server by its URL, the list that it publishes, and photos that may be requested. */
import { encodeKey, formatKey, type OriginalKey } from "../sizes/key.ts"
import { parseSizeList, type Size } from "../sizes/list.ts"
import type { PublishedList } from "../sizes/published.ts"
import { BLUE_JPEG, RED_JPEG } from "./probe-images.ts"
import { type Ask, createAsk, type Reply } from "./remote-client.ts"
import type { Uploads } from "./uploads.ts"

/** A photo that can be requested. */
export interface ProbePhoto {
  readonly original: OriginalKey
  /** True for a photo that doctor uploaded: no client has requested it before, and it may be replaced. */
  readonly isUploaded: boolean
}

/** The subject of remote checks. */
export interface RemoteContext {
  readonly base: URL
  readonly ask: Ask
  /** The published list, read once; undefined where it cannot be read. */
  readonly list: () => Promise<PublishedList | undefined>
  /** The listed sizes; empty without a list. */
  readonly sizes: () => Promise<readonly Size[]>
  /** The photo that checks request. Undefined where none was named and none may be uploaded. */
  readonly photo: () => Promise<ProbePhoto | undefined>
  /** URL path of the photo in the first size. Undefined where one of them is not known. */
  readonly firstPath: () => Promise<string | undefined>
  readonly uploads: Uploads | undefined
  /** How soon a replaced or deleted photo must be seen, in seconds. */
  readonly withinSeconds: number
  /** URL of the function behind CloudFront, which must not be public. */
  readonly functionUrl: string | undefined
  /** Version of the list in the local configuration. */
  readonly expectedVersion: string | undefined
  /** URL path of a photo in a size, below the base URL. @param format explicit format */
  readonly pathOf: (original: string, size: string, format?: string) => string
}

/** Options of {@link remoteContext}. */
export interface RemoteOptions {
  /** Key of an existing original. */
  readonly photo?: string | undefined
  readonly uploads?: Uploads | undefined
  /** @default 90 */
  readonly withinSeconds?: number | undefined
  readonly functionUrl?: string | undefined
  readonly expectedVersion?: string | undefined
}

/** Longer than the default of recheckSeconds. */
const WITHIN_SECONDS = 90

const parseList = ({ status, body }: Reply): PublishedList | undefined => {
  try {
    const list: unknown = status === 200 ? JSON.parse(body.toString()) : undefined
    const isList = typeof list === "object" && list !== null && "sizes" in list && Array.isArray(list.sizes)
    return isList ? (list as unknown as PublishedList) : undefined
  } catch {
    return undefined
  }
}

const sizesIn = (list: PublishedList | undefined): readonly Size[] => {
  const parsed = list && parseSizeList(list.sizes)
  return parsed && "list" in parsed ? parsed.list : []
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** The subject of remote checks. @param base URL of a server, with its base path */
export const remoteContext = (base: URL, options: RemoteOptions = {}): RemoteContext => {
  const { photo, uploads, withinSeconds = WITHIN_SECONDS, functionUrl, expectedVersion } = options
  const ask = createAsk(base)
  const list = once(async () => parseList(await ask("/imgtailor.json")))
  const sizes = async (): Promise<readonly Size[]> => sizesIn(await list())
  const probePhoto = once(async (): Promise<ProbePhoto | undefined> => {
    if (uploads) return { original: (await uploads.put("photo.jpg", RED_JPEG)) as OriginalKey, isUploaded: true }
    return photo === undefined ? undefined : { original: photo as OriginalKey, isUploaded: false }
  })
  const pathOf: RemoteContext["pathOf"] = (original, size, format) =>
    `/${encodeKey(formatKey({ original: original as OriginalKey, size: { name: size }, format: undefined }))}${format ? `.${format}` : ""}`
  return {
    base,
    ask,
    list,
    sizes,
    uploads,
    withinSeconds,
    functionUrl,
    expectedVersion,
    photo: probePhoto,
    firstPath: async () => {
      const [found, [size]] = [await probePhoto(), await sizes()]
      return found && size && pathOf(found.original, size.name)
    },
    pathOf,
  }
}

/** The two versions of a photo that is replaced. */
export const VERSIONS: readonly [Uint8Array, Uint8Array] = [RED_JPEG, BLUE_JPEG]

/** Why a check without a photo is skipped. */
export const NO_PHOTO = "Name an existing original with --photo, or a place for probe photos with --upload."
/** Why a check without uploads is skipped. */
export const NO_UPLOAD = "Name a place for probe photos with --upload."
