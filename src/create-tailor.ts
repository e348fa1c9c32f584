/** Puts the parts together for one process: options to stores, a renderer, and the handlers that everything mounts. */
import { environment } from "./config/load.ts"
import type { TailorConfig, TailorOptions } from "./config/options.ts"
import { resolveConfig } from "./config/resolve.ts"
import { badUrl } from "./errors.ts"
import type { HttpRequest } from "./http/answer.ts"
import { createFetch } from "./http/fetch.ts"
import { createHandle, type Handle } from "./http/handle.ts"
import { createRenderer } from "./render/render.ts"
import { type OriginalKey, toOriginalKey } from "./sizes/key.ts"
import { cachedRenditions } from "./store/cached.ts"
import { folderOriginals, folderRenditions } from "./store/folder.ts"
import { recheckedOriginals } from "./store/rechecked.ts"
import { lazyS3Originals, lazyS3Renditions } from "./store/s3/lazy.ts"
import { type S3Options, timeoutsWithin } from "./store/s3/options.ts"
import { parseS3Url } from "./store/s3/place.ts"
import type { Originals, Renditions } from "./store/store.ts"
import { createCounter, type Decision } from "./tailor/decision.ts"
import { type Core, createCore } from "./tailor/tailor.ts"

/** What happened to one request. */
export interface RequestReport extends Decision {
  readonly method: string
  readonly target: string
  readonly status: number
  /** From the request's arrival to the answer's being ready to send. */
  readonly durationMs: number
}

/** What a program may be told. */
export interface TailorHooks {
  /** Told of every request. */
  readonly onRequest?: (report: RequestReport) => void
  /** Told of what an operator should know and no request fails for; a sentence. */
  readonly onNotice?: (text: string) => void
}

/** imgtailor, mounted wherever you like. */
export interface Tailor {
  /** A Web-standard handler. Never rejects: errors are answers. */
  readonly fetch: (request: Request) => Promise<Response>
  /** The same over plain values, for servers that write to their socket themselves. */
  readonly handle: Handle
  /**
   * Deletes every rendition of an original, in every size and format ever listed.
   * @returns how many there were
   */
  readonly purge: (original: string) => Promise<number>
  /** Resolves when nothing is being made or stored: await it before the process ends. */
  readonly idle: () => Promise<void>
}

/** A tailor with what the commands need besides. */
export interface OpenTailor extends Tailor {
  readonly core: Core
  readonly config: TailorConfig
  readonly originals: Originals
  readonly renditions: Renditions
}

const openOriginals = ({ originals }: TailorConfig, s3: Omit<S3Options, "bucket">): Originals => {
  if (typeof originals !== "string") return originals
  const place = parseS3Url(originals)
  return place ? lazyS3Originals({ ...s3, ...place }) : folderOriginals(originals)
}

const openRenditions = (
  { originals, renditions, grammar, cacheControl }: TailorConfig,
  s3: Omit<S3Options, "bucket">,
): Renditions => {
  if (typeof renditions !== "string") return renditions
  const place = parseS3Url(renditions)
  if (place) return lazyS3Renditions({ ...s3, ...place, cacheControl })
  const isOneFolder = grammar.sharedStore && originals === renditions
  return isOneFolder
    ? folderRenditions(`${renditions}/.imgtailor`, { files: renditions })
    : folderRenditions(renditions)
}

const openStores = (
  config: TailorConfig,
  onNotice: TailorHooks["onNotice"],
): { readonly originals: Originals; readonly renditions: Renditions } => {
  const { s3Endpoint, s3Region, s3PathStyle } = config.s3
  const s3: Omit<S3Options, "bucket"> = {
    endpoint: s3Endpoint,
    region: s3Region,
    pathStyle: s3PathStyle,
    timeouts: timeoutsWithin(config.limits.deadlineMs),
    onNotice,
  }
  return {
    originals: recheckedOriginals(openOriginals(config, s3), config.recheckSeconds),
    renditions: openRenditions(config, s3),
  }
}

/** Tells of each request when it is decided. What fails in the telling fails no answer. */
const reporting =
  (handle: Handle, onRequest: (report: RequestReport) => void, onNotice: TailorHooks["onNotice"]): Handle =>
  async (request: HttpRequest) => {
    const start = performance.now()
    const answer = await handle(request)
    const { method, target } = request
    const durationMs = performance.now() - start
    try {
      onRequest({ method, target, status: answer.status, durationMs, ...answer.decision })
    } catch (error) {
      onNotice?.(`onRequest failed: ${String(error)}`)
    }
    return answer
  }

const checkedKey = (original: string): OriginalKey => {
  const key = toOriginalKey(original)
  if (key === undefined)
    throw badUrl(`Expected the key of an original, like shop/photo.jpg, got ${JSON.stringify(original)}.`)
  return key
}

/** A tailor from a complete configuration. */
export const openTailor = (config: TailorConfig, { onRequest, onNotice }: TailorHooks = {}): OpenTailor => {
  const { originals, renditions } = openStores(config, onNotice)
  const { limits, settings, cacheControl, basePath, unknownSize, compat } = config
  const core = createCore({
    originals,
    renditions: cachedRenditions(renditions, limits.cacheBytes),
    renderer: createRenderer(limits),
    grammar: { basePath, ...config.grammar, maxBytes: renditions.keyLimits },
    settings,
    limits,
    clock: Date.now,
  })
  const { count, counts } = createCounter()
  const handle = reporting(
    createHandle(core, { cacheControl, basePath, unknownSize, compat, counts }),
    (report) => {
      count(report)
      onRequest?.(report)
    },
    onNotice,
  )
  const purge = async (original: string): Promise<number> => core.purge(checkedKey(original))
  return { fetch: createFetch(handle), handle, purge, idle: core.idle, core, config, originals, renditions }
}

/**
 * A tailor from options.
 * @throws {bad-config} with every mistake in them
 * @example
 * const tailor = createTailor({ originals: "photos", sizes: ["360x270", "480h", "1280w"] })
 * const response = await tailor.fetch(new Request("http://localhost/360x270/photo.jpg"))
 */
export const createTailor = (options: TailorOptions, hooks: TailorHooks = {}): Tailor => {
  const { fetch, handle, purge, idle } = openTailor(resolveConfig(options, environment()), hooks)
  return { fetch, handle, purge, idle }
}
