/** Responsible for explaining an original: its header, its limits, and the state of every rendition. */
import { encodeKey, formatKey, type OriginalKey, type Reading, splitKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { pageFormats } from "../sizes/page-formats.ts"
import type { OriginalStat } from "../store/store.ts"
import { subjectOf } from "../tailor/decision.ts"
import type { ExplainedRendition, Explanation } from "./explanation.ts"
import { limitsOf, readOriginal, toExplainedOriginal } from "./original.ts"
import type { ExplainOptions, ExplainParts } from "./parts.ts"
import { toExplainedRefusal } from "./refusal.ts"

/** Every URL that pages can use for an original. */
const readingsOf = ({ core: { grammar } }: ExplainParts, original: OriginalKey): readonly Reading[] => {
  const { file } = splitKey(original)
  const images = grammar.sizes.flatMap((size) =>
    pageFormats(size, file, grammar).map((format) => ({ original, size, format })),
  )
  return [...images, { original, size: INFO, format: undefined }]
}

const toRendition = async (
  { core, renditions, config }: ExplainParts,
  reading: Reading,
  stat: OriginalStat,
  signal: AbortSignal | undefined,
): Promise<ExplainedRendition> => {
  const key = formatKey(reading)
  const meta = await renditions.head(key, { signal })
  const { size, format } = subjectOf(reading)
  return {
    size,
    format,
    url: `${config.basePath}/${encodeKey(key)}`,
    state: meta ? core.freshness.freshnessOf(meta, reading, stat) : "absent",
  }
}

/** @param original that exists */
export const explainOriginal = async (
  parts: ExplainParts,
  input: string,
  { key, stat }: { readonly key: OriginalKey; readonly stat: OriginalStat },
  { signal }: ExplainOptions,
): Promise<Explanation> => {
  const read = await readOriginal(parts, key, signal)
  const { session, refusal } = read ?? {}
  try {
    const inspected = session?.inspected
    const renditions = await Promise.all(
      readingsOf(parts, key).map((reading) => toRendition(parts, reading, stat, signal)),
    )
    const fresh = renditions.filter(({ state }) => state === "fresh").length
    const dimensions = inspected && `${inspected.dimensions.width} × ${inspected.dimensions.height} pixels`
    return {
      input,
      kind: "original",
      summary: refusal
        ? `The original exists, but is refused: ${refusal.detail}`
        : `The original exists (${inspected?.decoder ?? inspected?.container ?? "unknown"}, ${dimensions ?? "unknown dimensions"}). ${fresh} of ${renditions.length} renditions are stored and fresh.`,
      refusal: refusal && toExplainedRefusal(refusal),
      original: toExplainedOriginal(key, stat, inspected),
      limits: limitsOf(parts, stat, inspected, undefined),
      renditions,
    }
  } finally {
    session?.close()
  }
}
