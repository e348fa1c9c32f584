/** Responsible for explaining the answer to a GET of a URL, step by step in the order of a request. */
import { rejectedUrl, type TailorError } from "../errors.ts"
import { createResolveTarget } from "../http/resolve-target.ts"
import { createRootError, isRoot } from "../http/root.ts"
import { LIST_PATH, type ResolvedUrl, withoutQuery } from "../http/url-path.ts"
import { closeBody, type RenditionObject } from "../store/store.ts"
import type { Existing } from "../tailor/freshness.ts"
import { absentError, findMeaning } from "../tailor/meaning.ts"
import type { ExplainedFreshness, ExplainedStored, Explanation } from "./explanation.ts"
import { freshnessReasons } from "./freshness-reasons.ts"
import { limitsOf, type ReadOriginal, readOriginal, toExplainedOriginal } from "./original.ts"
import type { ExplainOptions, ExplainParts } from "./parts.ts"
import { explainRecipe, type RecipeFacts } from "./recipe.ts"
import { toExplainedRefusal } from "./refusal.ts"
import { createResponses, type Responses } from "./response.ts"
import { refusedUrl, resolvedUrl } from "./url.ts"

/** Explains a raw request target. @param input the pasted text */
export type ExplainUrl = (input: string, target: string, options: ExplainOptions) => Promise<Explanation>

interface State extends ExplainParts {
  readonly responses: Responses
}

interface Request {
  readonly input: string
  readonly target: string
  readonly options: ExplainOptions
}

const toStored = (key: string, { meta, byteLength }: RenditionObject): ExplainedStored => ({
  key,
  original: meta.original,
  version: meta.version,
  recipeId: meta.recipeId,
  contentType: meta.contentType,
  etag: meta.etag,
  lastModified: new Date(meta.modifiedMs).toISOString(),
  digest: meta.digest,
  byteLength,
  isForeign: meta.isForeign,
})

const SPECIAL: Readonly<Record<string, string>> = {
  "/healthz": "This is the health check of the process (liveness).",
  "/readyz": "This is the health check for load balancers (readiness).",
}

const specialSummary = ({ config: { basePath, metrics, metricsPort } }: State, path: string): string | undefined => {
  if (path === "/metrics" && metrics && metricsPort === undefined) return "These are the metrics for Prometheus."
  return (
    SPECIAL[path] ?? (path === basePath + LIST_PATH ? "This is the published list of sizes and formats." : undefined)
  )
}

/** A URL that is about no rendition. */
const explainSpecial = (state: State, { input, target }: Request): Explanation | undefined => {
  const summary = specialSummary(state, withoutQuery(target))
  if (summary === undefined) return undefined
  return {
    input,
    kind: "url",
    summary,
    response: { status: 200, outcome: "other", reason: summary, headers: {} },
    limits: [],
  }
}

/** A request that gets an error. */
const explainRefused = (
  { responses }: State,
  { input, options }: Request,
  error: TailorError,
  resolved: ResolvedUrl | undefined,
): Pick<Explanation, "input" | "kind" | "summary" | "refusal" | "response"> => {
  const response = responses.refused(error, options.accept, resolved)
  const hint = error.hint === undefined ? "" : ` ${error.hint}`
  return {
    input,
    kind: "url",
    summary: `The server answers ${response.status} ${error.code}: ${error.detail}${hint}`,
    refusal: toExplainedRefusal(error),
    response,
  }
}

/** The stored rendition, and whether it may be sent. */
const readStored = async (
  { renditions, core }: State,
  key: string,
  { reading, stat }: Existing,
  signal: AbortSignal | undefined,
): Promise<{ readonly object: RenditionObject | undefined; readonly freshness: ExplainedFreshness }> => {
  const object = await renditions.get(key, { signal })
  await closeBody(object)
  if (!object) return { object, freshness: { state: "absent", reasons: ["Nothing is stored under this key."] } }
  const state = core.freshness.freshnessOf(object.meta, reading, stat)
  return {
    object,
    freshness: { state, reasons: freshnessReasons(state, object.meta, reading, stat, core.freshness) },
  }
}

const SUMMARIES = {
  hit: "The rendition is stored and fresh: the server sends it.",
  outdated:
    "A rendition by an older recipe is stored: the server sends it, and renders the present one in the background.",
  miss: "The server renders the rendition, stores it and sends it.",
  revalidate: "A rendition is stored. The server compares the bytes of the original, and renders only if they differ.",
} as const

/** Everything about a request whose original exists. */
interface Facts {
  readonly existing: Existing
  readonly object: RenditionObject | undefined
  readonly freshness: ExplainedFreshness
  /** It is stale only by its recipe, and sent all the same. */
  readonly isOutdated: boolean
  readonly read: ReadOriginal | undefined
  readonly recipe: RecipeFacts
  readonly estimateBytes: number | undefined
}

/** The answer to a request whose original exists and is not refused. */
const explainAnswer = (
  { responses }: State,
  { input }: Request,
  resolved: ResolvedUrl,
  { existing: { reading }, object, freshness, isOutdated, recipe, estimateBytes }: Facts,
): Pick<Explanation, "input" | "kind" | "summary" | "response"> => {
  if (object && (isOutdated || freshness.state === "fresh")) {
    const summary = isOutdated ? SUMMARIES.outdated : SUMMARIES.hit
    return { input, kind: "url", summary, response: responses.hit(object, reading, resolved, isOutdated) }
  }
  const outcome = freshness.state === "unverified" ? "revalidate" : "miss"
  const isStale = freshness.state === "stale"
  const { contentType } = recipe
  const response = responses.rendered(outcome, { resolved, reading, contentType, isStale, estimateBytes })
  return { input, kind: "url", summary: SUMMARIES[outcome], response }
}

/** Looks at the stored rendition and reads the original. The session must be closed. */
const readFacts = async (
  state: State,
  key: string,
  existing: Existing,
  signal: AbortSignal | undefined,
): Promise<Facts> => {
  const { reading, stat } = existing
  const { object, freshness } = await readStored(state, key, existing, signal)
  const hit = freshness.state === "fresh" ? object?.meta : undefined
  const read = await readOriginal(state, reading.original, signal)
  const recipe = state.core.freshness.recipeOf(reading, stat)
  return {
    existing,
    object,
    freshness,
    isOutdated:
      object !== undefined &&
      freshness.state !== "fresh" &&
      state.config.staleRecipe === "serve" &&
      state.core.freshness.isOutdated(object.meta, reading, stat),
    read,
    recipe: explainRecipe(recipe, read?.session?.inspected, hit),
    estimateBytes: hit ? undefined : read?.session?.estimate(recipe),
  }
}

const explainExisting = async (
  state: State,
  request: Request,
  resolved: ResolvedUrl,
  { key, existing }: { readonly key: string; readonly existing: Existing },
): Promise<Explanation> => {
  const facts = await readFacts(state, key, existing, request.options.signal)
  const { object, freshness, read, recipe, estimateBytes } = facts
  const inspected = read?.session?.inspected
  read?.session?.close()
  const refusal = freshness.state === "fresh" || facts.isOutdated ? undefined : (read?.refusal ?? recipe.refusal)
  return {
    ...(refusal ? explainRefused(state, request, refusal, resolved) : explainAnswer(state, request, resolved, facts)),
    url: resolvedUrl(state, request, resolved, { existing }),
    original: toExplainedOriginal(existing.reading.original, existing.stat, inspected),
    recipe: recipe.explained,
    stored: object && toStored(key, object),
    freshness,
    limits: limitsOf(state, existing.stat, inspected, estimateBytes),
  }
}

/** Creates the function that explains URLs. */
export const createExplainUrl = (parts: ExplainParts): ExplainUrl => {
  const { core, originals, handleOptions } = parts
  const resolve = createResolveTarget(core.grammar, handleOptions)
  const state: State = { ...parts, responses: createResponses(parts) }
  const rootError = createRootError(core.grammar, handleOptions.basePath, handleOptions.findExample)

  return async (input, target, options) => {
    const request: Request = { input, target, options }
    const special = explainSpecial(state, request)
    if (special) return special
    const resolved = await resolve(target, options.accept)
    if ("refused" in resolved)
      return {
        ...explainRefused(
          state,
          request,
          resolved.refused === "bad-url" && isRoot(target, handleOptions.basePath)
            ? await rootError()
            : rejectedUrl(resolved),
          undefined,
        ),
        url: refusedUrl(state, request),
        limits: [],
      }
    const { parsed, existing } = await findMeaning(originals, resolved.parsed, { fresh: true, signal: options.signal })
    if (existing) return explainExisting(state, request, resolved, { key: parsed.key, existing })
    return {
      ...explainRefused(state, request, absentError(parsed), resolved),
      url: resolvedUrl(state, request, resolved, undefined),
      limits: limitsOf(state, undefined, undefined, undefined),
    }
  }
}
