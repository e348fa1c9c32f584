/**
 * Responsible for the types of a renderer: an original is opened once and rendered in several sizes. `render.ts` renders in this process,
 * `pool/` in child processes; callers cannot tell them apart.
 */
import type { Format } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Inspected, InspectLimits } from "./inspected.ts"

export type { Inspected } from "./inspected.ts"

/** Encoded bytes and their properties. */
export interface Rendered {
  readonly bytes: Uint8Array
  readonly contentType: string
  /** The encoded format; undefined for `info`. */
  readonly format: Format | undefined
  /** Expected peak memory in bytes. For logs. */
  readonly estimateBytes?: number
  /** Memory at which the render would have been stopped, in bytes; undefined when rendering in process. For logs. */
  readonly capBytes?: number | undefined
  /** Pixels, for images. */
  readonly width?: number
  /** Pixels, for images. */
  readonly height?: number
}

/** Limits of a renderer. */
export interface RendererLimits extends InspectLimits {
  /** Memory of all concurrent renders, in bytes. @default Infinity */
  readonly memoryBytes?: number
}

/** The bytes of an original that was read again. */
export interface RereadOriginal {
  readonly bytes: Uint8Array
  /** As in {@link OpenOptions}. */
  readonly release?: (() => void) | undefined
}

/** Options for opening an original. */
export interface OpenOptions {
  /** Ends the wait for a free process. */
  readonly signal?: AbortSignal | undefined
  /** Renders at the lowest priority from the beginning, in a process that is ended afterwards. @default false */
  readonly isBackground?: boolean | undefined
  /** As in {@link RenderOptions}: reading a header can be slow, too. */
  readonly onSlow?: (() => void) | undefined
  /**
   * Reads the same version of the original again, for the case that its process dies. Without it the bytes are kept in memory until the
   * session is closed. Undefined: the original has changed or is gone.
   */
  readonly reread?: (() => Promise<RereadOriginal | undefined>) | undefined
  /** Called once at most, when the bytes are not read any more. */
  readonly release?: (() => void) | undefined
}

/** Options for one render. */
export interface RenderOptions {
  /**
   * More renders of this original run now or will follow: it is decoded once for all of them where that changes no byte of the output.
   * @default false
   */
  readonly isShared?: boolean
  /** Ends the wait for memory. A render that has begun is not stopped: the promise settles when it ends. */
  readonly signal?: AbortSignal | undefined
  /**
   * Called at most once, when the render has used 0.5 s of CPU and continues at the lowest priority: the caller can give its slot to the
   * next request.
   */
  readonly onSlow?: (() => void) | undefined
}

/** An opened original. */
export interface RenderSession {
  /** The original's header. */
  readonly inspected: Inspected
  /** SHA-256 of the original's bytes, in lower-case hex. */
  readonly digest: () => Promise<string>
  /** Expected peak memory of one more render in bytes, given the pixels of the original that are decoded already. For logs. */
  readonly estimate: (recipe: Recipe) => number
  /**
   * Renders once there is memory for it. Renders of one session may run concurrently.
   * @throws {corrupt-original} @throws {original-too-large} @throws {render-failed} @throws {busy}
   * @throws the signal's reason when it aborts during the wait for memory
   */
  readonly render: (recipe: Recipe, options?: RenderOptions) => Promise<Rendered>
  /** Frees the decoded pixels and the process. Must be called once, after the last render has settled. */
  readonly close: () => void
}

/** Present state of a renderer, for health checks and metrics. */
export interface RendererState {
  /** Child processes, idle ones included; 0 when rendering in process. */
  readonly processes: number
  /** Open sessions. */
  readonly sessions: number
  /** Renders and decodes that are running. */
  readonly running: number
  /** Renders waiting for memory. */
  readonly waiting: number
  /** Memory that running renders are expected to take, in bytes. */
  readonly reservedBytes: number
  /** Sessions whose process continues at the lowest priority. */
  readonly slow: number
  /** Set while no render process can be started: a sentence without details of the machine. */
  readonly problem?: string | undefined
}

/** Decodes originals and encodes renditions. */
export interface Renderer {
  /** Loads the image library, or starts a process, soon. Never throws. */
  readonly prepare: () => void
  /**
   * Resolves when the first process has started; at once when rendering in process.
   * @throws {bad-config} no process can be started here; the message explains how to render in process
   */
  readonly ready: () => Promise<void>
  /**
   * Opens an original: its kind and header are checked before any pixel is decoded.
   * @throws {unsupported-original} not an image that is decoded
   * @throws {original-too-large} over a limit
   * @throws {corrupt-original} the header does not parse
   */
  readonly open: (bytes: Uint8Array, options?: OpenOptions) => Promise<RenderSession>
  readonly state: () => RendererState
  /** Ends slow renders now and from now on with `busy`, so that a server can shut down while it finishes ordinary ones. */
  readonly drain: () => void
  /** Ends all child processes and resolves when they have exited. Renders that run, and later ones, fail with `busy`. */
  readonly close: () => Promise<void>
}
