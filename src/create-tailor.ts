/** Responsible for assembling one tailor: from options to stores, a renderer and the handlers that servers mount. */
import { reportDeletions } from "./changes.ts"
import { environment } from "./config/load.ts"
import type { TailorConfig, TailorOptions } from "./config/options.ts"
import { resolveConfig } from "./config/resolve.ts"
import { describeError } from "./errors.ts"
import { findOriginals } from "./find-originals.ts"
import { createHealth, type Health } from "./health.ts"
import type { TailorHooks } from "./hooks.ts"
import { createFetch } from "./http/fetch.ts"
import { createHandle, type Handle, type HandleOptions } from "./http/handle.ts"
import { openChanges } from "./open-changes.ts"
import { openStores, type OpenStores } from "./open-stores.ts"
import { createPooledRenderer } from "./render/pool/pooled-renderer.ts"
import { createRenderer } from "./render/render.ts"
import type { Renderer } from "./render/renderer.ts"
import { createFailureNotices, safeNotices, withReports } from "./request-reports.ts"
import type { OriginalKey } from "./sizes/key.ts"
import { cacheTagsOf } from "./store/cache-tag.ts"
import { cachedRenditions } from "./store/cached.ts"
import type { FocalSource } from "./store/focal-points.ts"
import type { StoreState } from "./store/observed.ts"
import type { Originals, Renditions } from "./store/store.ts"
import { createMethods, type TailorMethods } from "./tailor-methods.ts"
import { CONFLICT_NOTICES } from "./tailor/conflicts.ts"
import { type Counts, createCounter } from "./tailor/decision.ts"
import { type Core, createCore } from "./tailor/tailor.ts"
import { withTracing } from "./tracing/tracing.ts"

/** An image resizer for one place of originals, to mount in a server. */
export interface Tailor extends TailorMethods {
  /**
   * A Web-standard handler. Never rejects: errors are responses.
   * @example
   * app.get("/images/*", (c) => tailor.fetch(c.req.raw)) // Hono
   */
  readonly fetch: (request: Request) => Promise<Response>
  /** The same with plain values, for servers that write to their socket themselves. See `toNodeListener` for `node:http`. */
  readonly handle: Handle
  /** The setting of this name. */
  readonly basePath: string
  /** Resolves when nothing is being rendered or stored. Await it before the process ends. */
  readonly idle: () => Promise<void>
  /**
   * Ends the render processes; later requests that need one get 503. A program whose tailor is idle can end without.
   * @example
   * server.close()
   * await tailor.idle()
   * await tailor.close()
   */
  readonly close: () => Promise<void>
}

/** States of the stores, for metrics. */
export interface StoreStates {
  readonly originals: StoreState
  readonly renditions: StoreState
}

/** A tailor with the parts that commands and functions need. */
export interface OpenTailor extends Tailor {
  readonly core: Core
  readonly config: TailorConfig
  readonly originals: Originals
  readonly renditions: Renditions
  readonly renderer: Renderer
  readonly health: Health
  /** Focal points of a file or an object. */
  readonly focal: FocalSource | undefined
  readonly storeStates: () => StoreStates
  /** The options of the handler, for explanations of its answers. */
  readonly handleOptions: HandleOptions
}

const openHealth = (stores: OpenStores, renderer: Renderer, counts: Counts): Health => {
  const { originals, renditions } = stores
  return createHealth({
    counts,
    originals: { state: originals.state, check: async () => originals.store.check?.() },
    renditions: { state: renditions.state, check: async () => renditions.store.check?.() },
    renderer: renderer.state,
    clock: Date.now,
  })
}

/** Parts of a tailor that a program provides. */
export interface TailorParts {
  readonly renderer: Renderer
  /** Observes reads of the originals. @default the store itself */
  readonly wrapOriginals?: (originals: Originals) => Originals
}

/** Opens a tailor with a complete configuration and a renderer. */
export const openTailorWith = (
  { renderer, wrapOriginals = (originals) => originals }: TailorParts,
  config: TailorConfig,
  { onRequest, onNotice, onChange }: TailorHooks = {},
): OpenTailor => {
  const notify = safeNotices(onNotice)
  const stores = openStores(config, notify)
  const originals = wrapOriginals(stores.originals.store)
  const { limits, settings, basePath } = config
  const grammar = { basePath, ...config.grammar, maxBytes: stores.renditions.store.keyLimits }
  const changes = openChanges(config, grammar, notify, onChange)
  const { store } = stores.renditions
  const renditions = changes ? reportDeletions(store, changes.add) : store
  const core = createCore({
    originals,
    renditions: cachedRenditions(renditions, limits.cacheBytes),
    renderer,
    grammar,
    settings,
    limits,
    staleIfErrorSeconds: config.staleIfErrorSeconds,
    staleRecipe: config.staleRecipe,
    onStoreFailure: (failure) => {
      if (failure.action === "delete") countFailedDelete()
      reportStoreFailure(failure)
    },
    onConflict: (conflict) => notify(CONFLICT_NOTICES[conflict], "warn"),
    clock: Date.now,
  })
  const { count, countFailedDelete, counts } = createCounter()
  const reportStoreFailure = createFailureNotices(notify)
  const health = openHealth(stores, renderer, counts)
  const findExample = async (): Promise<OriginalKey | undefined> => (await findOriginals(originals, 1))[0]
  const handleOptions = { ...config, cacheTagsOf: config.cacheTags ? cacheTagsOf : undefined, health, findExample }
  const untraced = createHandle(core, handleOptions)
  const handle = withReports(
    config.tracing ? withTracing(untraced, (error) => notify(describeError(error), "error")) : untraced,
    (report) => {
      count(report)
      if (report.isStale && report.outcome === "miss" && report.original !== undefined) changes?.add(report.original)
      onRequest?.(report)
    },
    notify,
  )
  const { close } = renderer
  const idle = async (): Promise<void> => {
    await core.idle()
    await changes?.settled()
  }
  const methods = createMethods({ core, originals, counts })
  const tailor = { ...methods, fetch: createFetch(handle), handle, basePath, idle, close }
  const storeStates = (): StoreStates => ({
    originals: stores.originals.state(),
    renditions: stores.renditions.state(),
  })
  const { focal } = stores
  return { ...tailor, core, config, originals, renditions, renderer, health, focal, storeStates, handleOptions }
}

/** Opens a tailor with a complete configuration. Its render processes start with the first original. */
export const openTailor = (config: TailorConfig, hooks: TailorHooks = {}): OpenTailor => {
  const { limits, isolation, overlays } = config
  const getAsset = (digest: string): Uint8Array | undefined => overlays.get(digest)
  const renderer =
    isolation === "process" ? createPooledRenderer(limits, { getAsset }) : createRenderer(limits, getAsset)
  return openTailorWith({ renderer }, config, hooks)
}

/**
 * Creates a tailor.
 * @param options as in `imgtailor.config.ts`; paths are relative to the working directory
 * @param hooks callbacks for logging and metrics
 * @throws {bad-config} with every mistake in the options
 * @example
 * const tailor = createTailor({ originals: "photos", sizes: ["360x270", "480h", "1280w"] })
 * const response = await tailor.fetch(new Request("http://localhost/360x270/photo.jpg"))
 */
export const createTailor = (options: TailorOptions, hooks: TailorHooks = {}): Tailor => {
  const { fetch, handle, basePath, info, warm, purge, list, counts, idle, close } = openTailor(
    resolveConfig(options, environment()),
    hooks,
  )
  return { fetch, handle, basePath, info, warm, purge, list, counts, idle, close }
}
