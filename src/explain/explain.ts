/**
 * Responsible for explaining the answer to a request without sending one: how its URL is read, which original it means, whether a stored
 * rendition is fresh, and the headers that would be sent.
 *
 * Invariants:
 * - Every decision comes from the function that also answers requests, so an explanation cannot disagree with the server.
 * - Nothing is rendered, stored or deleted.
 */
import { encodeKey, formatKey, toOriginalKey } from "../sizes/key.ts"
import { explainOriginal } from "./explain-original.ts"
import { createExplainUrl } from "./explain-url.ts"
import type { Explanation } from "./explanation.ts"
import type { ExplainOptions, ExplainParts } from "./parts.ts"
import { readInput } from "./target.ts"

/**
 * Explains a URL, a URL path, or an original.
 * @throws {store-unavailable} {store-denied} {busy} the stores cannot be read, or no process is free
 */
export type Explain = (text: string, options?: ExplainOptions) => Promise<Explanation>

const absentOriginal = (input: string, example: string | undefined): Explanation => {
  const detail = `No original ${JSON.stringify(input)} was found.`
  const hint = example && `A URL of an original with this name would be ${example}. Excluded originals count as absent.`
  const refusal = { code: "original-not-found", status: 404, detail, hint } as const
  return { input, kind: "original", summary: detail, refusal, limits: [] }
}

/** True for a path that was understood, apart from its original. */
const isUrl = ({ refusal, url }: Explanation): boolean =>
  refusal?.code !== "bad-url" && (refusal?.code !== "size-not-allowed" || url?.nearestSize !== undefined)

/**
 * Creates the function that explains the answers of a tailor.
 * @example
 * const explanation = await createExplain(tailor)("/shop/640w/bag.jpg", { accept: "image/avif" })
 */
export const createExplain = (tailor: ExplainParts): Explain => {
  const explainUrl = createExplainUrl(tailor)
  const toPath = (key: string): string => `${tailor.config.basePath}/${encodeKey(key)}`

  /** A key, or a path without its slash. */
  const explainKey = async (text: string, name: string, options: ExplainOptions): Promise<Explanation> => {
    const key = toOriginalKey(name)
    if (key === undefined) return absentOriginal(name, undefined)
    const stat = await tailor.originals.head(key, { fresh: true, signal: options.signal })
    if (stat) return explainOriginal(tailor, text, { key, stat }, options)
    const asUrl = await explainUrl(text, toPath(key), options)
    if (isUrl(asUrl)) return asUrl
    const [size] = tailor.core.grammar.sizes
    return absentOriginal(name, toPath(formatKey({ original: key, size, format: undefined })))
  }

  return async (text, options = {}) => {
    const input = readInput(text)
    return "target" in input ? explainUrl(text, input.target, options) : explainKey(text, input.key, options)
  }
}
