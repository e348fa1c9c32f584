/** Responsible for the facts about an original: its stat, its header, and the limits that apply to it. */
import type { OpenTailor } from "../create-tailor.ts"
import { codeOf, type TailorError } from "../errors.ts"
import type { Inspected, RenderSession } from "../render/renderer.ts"
import type { OriginalKey } from "../sizes/key.ts"
import type { OriginalStat } from "../store/store.ts"
import type { ExplainedLimit, ExplainedOriginal } from "./explanation.ts"

/** An original that was read. */
export interface ReadOriginal {
  /** Undefined where the original is refused. */
  readonly session: RenderSession | undefined
  /** Why the original is refused: found in its length or its header, before any pixel is decoded. */
  readonly refusal: TailorError | undefined
}

type Parts = Pick<OpenTailor, "originals" | "renderer" | "config" | "core">

/**
 * Reads an original and opens it, as a render does. The session must be closed.
 * @returns undefined if the original disappeared
 * @throws {store-unavailable} {busy} and other errors that do not concern the original
 */
export const readOriginal = async (
  { originals, renderer, config }: Parts,
  key: OriginalKey,
  signal: AbortSignal | undefined,
): Promise<ReadOriginal | undefined> => {
  try {
    const object = await originals.get(key, { maxBytes: config.limits.bytes, signal })
    if (!object) return undefined
    return { session: await renderer.open(object.bytes, { signal, isBackground: true }), refusal: undefined }
  } catch (error) {
    const isOfOriginal = ["unsupported-original", "original-too-large", "corrupt-original"].includes(
      codeOf(error) ?? "",
    )
    if (!isOfOriginal) throw error
    return { session: undefined, refusal: error as TailorError }
  }
}

/** An original as an explanation shows it. */
export const toExplainedOriginal = (
  key: OriginalKey,
  { version, byteLength, isStable, focalPoint }: OriginalStat,
  inspected: Inspected | undefined,
): ExplainedOriginal => ({
  key,
  version,
  byteLength,
  isStable,
  focalPoint,
  ...(inspected && {
    format: inspected.decoder ?? inspected.container,
    width: inspected.dimensions.width,
    height: inspected.dimensions.height,
    isAnimated: inspected.animated,
    hasAlpha: inspected.hasAlpha,
  }),
})

/** The limits that a render of this original meets, with its values. @param estimateBytes expected peak memory of the render */
export const limitsOf = (
  { config: { limits }, core }: Pick<Parts, "config" | "core">,
  stat: OriginalStat | undefined,
  inspected: Inspected | undefined,
  estimateBytes: number | undefined,
): readonly ExplainedLimit[] => {
  const pixels = inspected && inspected.dimensions.width * inspected.dimensions.height
  const { running, waiting } = core.slotState()
  const limit = (
    name: keyof typeof limits,
    description: string,
    unit: ExplainedLimit["unit"],
    value?: number,
  ): ExplainedLimit => ({
    setting: `limits.${name}`,
    description,
    limit: limits[name],
    value,
    unit,
    isExceeded: value !== undefined && value > limits[name],
  })
  return [
    limit("bytes", "Length of the original.", "bytes", stat?.byteLength),
    limit("pixels", "Width × height of the original.", "pixels", pixels),
    {
      ...limit(
        "animationPixels",
        "Frames × pixels of an animation. A larger one is shown as its first frame.",
        "pixels",
        pixels !== undefined && inspected?.animated ? pixels * inspected.frames : undefined,
      ),
      isExceeded: false,
    },
    {
      ...limit(
        "memoryBytes",
        "Expected memory of all renders. A render that needs more runs alone.",
        "bytes",
        estimateBytes,
      ),
      isExceeded: false,
    },
    limit("deadlineMs", "Longest wait of a request.", "ms"),
    { ...limit("renders", "Renders at once.", "renders", running), isExceeded: false },
    { ...limit("queue", "Renders that may wait.", "renders", waiting), isExceeded: waiting >= limits.queue },
  ]
}
