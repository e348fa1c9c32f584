/**
 * Responsible for the seam between the session, which decides when to decode and when there is memory for it, and the code that does the
 * work: in this process (`in-process.ts`) or in a child process (`pool/`).
 */
import type { Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspected.ts"
import type { OpenOptions, Rendered, RendererState } from "./renderer.ts"

/** Options for one decode or render. */
export interface JobOptions {
  /** Expected peak memory of everything that runs for this original, this job included, in bytes. */
  readonly estimateBytes: number
  readonly onSlow?: (() => void) | undefined
  /** Ends the wait for a process. */
  readonly signal?: AbortSignal | undefined
}

/** Options for one render. */
export interface RenderJobOptions extends JobOptions {
  /** Made from the pixels that `decode` keeps. */
  readonly fromPixels: boolean
  /** Other formats of the same size may follow: the resized pixels are kept for them. @default false */
  readonly keepsResized?: boolean
}

/** An original in an engine. */
export interface EngineOriginal {
  readonly inspected: Inspected
  readonly digest: () => Promise<string>
  /** Decodes the first picture whole and keeps its pixels. @throws {corrupt-original} @throws {render-failed} */
  readonly decode: (options: JobOptions) => Promise<void>
  /** Frees the pixels that `decode` keeps. */
  readonly dropPixels: () => void
  /** @throws {corrupt-original} @throws {original-too-large} @throws {render-failed} */
  readonly render: (recipe: Recipe, options: RenderJobOptions) => Promise<Rendered>
  readonly close: () => void
}

/** The code that decodes and encodes. */
export interface Engine {
  readonly prepare: () => void
  readonly ready: () => Promise<void>
  readonly open: (bytes: Uint8Array, options: OpenOptions) => Promise<EngineOriginal>
  readonly state: () => Pick<RendererState, "processes" | "slow" | "problem">
  readonly drain: () => void
  readonly close: () => Promise<void>
}

/** Decisions that need only a header and a recipe. */
export interface Estimator {
  /** Expected peak memory of a render in bytes. @param isDecoded the pixels are decoded already */
  readonly estimatePeak: (original: Inspected, recipe: Recipe, isDecoded?: boolean) => number
  /** Expected peak memory of decoding an original whole, in bytes. */
  readonly estimateDecode: (original: Inspected) => number
  /** Whether a rendition made from the decoded pixels equals, byte for byte, one made from the original. */
  readonly canShare: (original: Inspected, recipe: Recipe) => boolean
}
