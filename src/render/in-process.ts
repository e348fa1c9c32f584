/**
 * Responsible for rendering in this process: the engine of `isolation: "none"`, of the functions on AWS, and of each child process.
 * A failure that an original's bytes can cause is reported as the original's (4xx) unless it is known to be ours.
 */
import { createHash } from "node:crypto"

import { corruptOriginal } from "../errors.ts"
import { CONTENT_TYPES } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import { decodeWhole } from "./decode.ts"
import { describeOriginal } from "./describe.ts"
import type { Engine, EngineOriginal } from "./engine.ts"
import { type Opened, openOriginal, renderErrorOf } from "./inspect.ts"
import type { InspectLimits } from "./inspected.ts"
import { isPixelLoss, repairSource } from "./normalise/repair.ts"
import { foreignKindOf, type OpenedForeign, openForeign } from "./optional/open-foreign.ts"
import { renderImage } from "./pipeline.ts"
import { prepareSource } from "./prepare.ts"
import type { OpenOptions, Rendered } from "./renderer.ts"
import type { RenderInput } from "./resized.ts"
import { createSharedResized, type OpenResized } from "./shared-resized.ts"
import { prepareSharp } from "./sharp.ts"
import type { Source } from "./source.ts"
import type { GetAsset } from "./steps/step.ts"

const renderInput = async (input: RenderInput, recipe: Recipe): Promise<Rendered> => {
  if (recipe.kind === "info") {
    const info = await describeOriginal(input, recipe)
    return { bytes: new TextEncoder().encode(JSON.stringify(info)), contentType: "application/json", format: undefined }
  }
  const { bytes, format, dimensions } = await renderImage(input, recipe)
  return { bytes, contentType: CONTENT_TYPES[format], format, ...dimensions }
}

/** The source of an opened original: corrected at the first use, and repaired when a decoder has failed. */
const createSources = (bytes: Uint8Array, opened: Opened): Sources => {
  const { header, inspected, preparation } = opened
  let source = opened.source
  let ready: Promise<Source> | undefined

  const prepared = (): Promise<Source> => {
    ready ??= preparation ? prepareSource(source, preparation.what, preparation) : Promise.resolve(source)
    return ready
  }

  const attempt = async <T>(work: (source: Source) => Promise<T>): Promise<T> => {
    const tried = await prepared()
    const warnings: string[] = []
    const result = await work({ ...tried, warnings })
    if (!warnings.some(isPixelLoss)) return result
    // Concurrent renders in one process share their warnings: only a second one is certain.
    const again: string[] = []
    await work({ ...tried, warnings: again })
    if (again.some(isPixelLoss)) throw corruptOriginal(new Error(again.join("; ")))
    return result
  }

  /** Works with the source, and again with a repaired one. @throws an error with a code */
  const use = async <T>(work: (source: Source) => Promise<T>): Promise<T> => {
    const before = source
    try {
      return await attempt(work)
    } catch (error) {
      // Another render may have repaired it meanwhile.
      const repaired = source === before ? repairSource(source, { bytes, header }, error) : source
      if (!repaired) throw renderErrorOf(error, inspected)
      if (repaired !== source) ready = undefined
      source = repaired
      return use(work)
    }
  }
  return { use }
}

/** Gives work a source, and turns its errors into errors with a code. */
interface Sources {
  readonly use: <T>(work: (source: Source) => Promise<T>) => Promise<T>
}

/** The source of an original that another decoder turns into pixels, once. */
const createDecodedSource = ({ decode, inspected }: OpenedForeign): Sources => {
  let decoding: Promise<Source> | undefined
  return {
    use: async (work) => {
      try {
        return await work(await (decoding ??= decode()))
      } catch (error) {
        throw renderErrorOf(error, inspected)
      }
    },
  }
}

/** Reads the bytes of an original as long as it is open, and gives them back when the last read has ended. */
const createReads = (release: OpenOptions["release"]) => {
  let giveBack = release
  let [isClosed, running] = [false, 0]
  const releaseUnused = (): void => {
    if (!isClosed || running > 0) return
    giveBack?.()
    giveBack = undefined
  }
  return {
    run: async <T>(work: () => T | Promise<T>): Promise<T> => {
      if (isClosed) throw new Error("The original was closed.")
      running += 1
      try {
        return await work()
      } finally {
        running -= 1
        releaseUnused()
      }
    },
    close: (): void => {
      isClosed = true
      releaseUnused()
    },
  }
}

const createOriginal = (
  bytes: Uint8Array,
  { inspected, convert, marks, strip }: Pick<Opened, "inspected" | "convert" | "marks" | "strip">,
  sources: Sources,
  { getAsset, release }: OriginalParts,
): EngineOriginal => {
  const reads = createReads(release)
  const use: Sources["use"] = (work) => reads.run(() => sources.use(work))
  let pixels: Source | undefined
  let resized: OpenResized | undefined
  const render = (source: Source, recipe: Recipe): Promise<Rendered> =>
    renderInput({ source, convert, strip, original: inspected, marks, getAsset, openResized: resized }, recipe)
  return {
    inspected,
    digest: () => reads.run(() => createHash("sha256").update(bytes).digest("hex")),
    decode: async () => {
      pixels = await use(decodeWhole)
    },
    dropPixels: () => {
      pixels = undefined
    },
    render: (recipe, { fromPixels, keepsResized }) => {
      const decoded = fromPixels ? pixels : undefined
      // The last of several renditions may find the pixels of one before.
      if (keepsResized) resized ??= createSharedResized(use)
      return use((source) => render(decoded ?? source, recipe))
    },
    close: () => {
      pixels = undefined
      resized = undefined
      reads.close()
    },
  }
}

/** Parts of an original besides its own. */
interface OriginalParts {
  readonly getAsset: GetAsset
  readonly release: OpenOptions["release"]
}

const openAny = async (bytes: Uint8Array, limits: InspectLimits, parts: OriginalParts): Promise<EngineOriginal> => {
  const kind = foreignKindOf(bytes)
  if (kind === undefined) {
    const opened = await openOriginal(bytes, limits)
    return createOriginal(bytes, opened, createSources(bytes, opened), parts)
  }
  const opened = await openForeign(kind, bytes, limits)
  return createOriginal(bytes, { ...opened, convert: undefined }, createDecodedSource(opened), parts)
}

/** @param getAsset files of overlays @returns an engine that decodes and encodes with sharp, in this process */
export const createInProcessEngine = (limits: InspectLimits, getAsset: GetAsset = () => undefined): Engine => ({
  prepare: prepareSharp,
  open: (bytes, { release }) => openAny(bytes, limits, { getAsset, release }),
  ready: async () => {},
  state: () => ({ processes: 0, slow: 0 }),
  drain: () => {},
  close: async () => {},
})
