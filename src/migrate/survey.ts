/** Responsible for a survey of the requests to another service: the list of sizes for them, and the new URL of each old one. */
import type { ServiceName } from "../compat/names.ts"
import type { Keys } from "../compat/services.ts"
import type { Origins } from "../compat/source.ts"
import { createCompatResolve } from "../http/compat.ts"
import { resolveUrlPath } from "../http/url-path.ts"
import type { Format } from "../sizes/format.ts"
import { parseSizeList, type SizeInput } from "../sizes/list.ts"
import { createDemand, type SuggestedList } from "./demand.ts"
import { type FoundUrl, toFound } from "./read-urls.ts"
import { createRecognise } from "./recognise.ts"
import { createUrlCounts } from "./url-counts.ts"

/** Options of {@link surveyUrls}. */
export interface SurveyOptions {
  /** Services to look for; all if there are none. */
  readonly services: readonly ServiceName[]
  readonly origins: Origins
  readonly keys: Keys
  readonly basePath: string
  readonly formats: readonly Format[]
  /** Share of the pixels sent that may be wasted, 0 to below 1. */
  readonly maxWaste: number
  /** Shapes with a smaller share of the requests get no size, 0 to below 1. */
  readonly minShare: number
}

/** An old URL and its new one, or why it has none. */
export interface MappedUrl {
  /** A path with a query, after `//host` where the host is known. */
  readonly url: string
  readonly count: number
  readonly service: ServiceName
  readonly newUrl?: string
  /** Why there is no new URL, and what to do. */
  readonly reason?: string
}

/** The result of a survey. */
export interface Survey {
  /** All URLs that were read. */
  readonly urlCount: number
  /** Requests by service, for services that were found. */
  readonly counts: Readonly<Partial<Record<ServiceName, number>>>
  readonly list: SuggestedList
  /** Each old URL once. URLs that differ only in case are in the same batch. */
  readonly mapped: () => AsyncGenerator<readonly MappedUrl[]>
  /** Removes temporary files. */
  readonly close: () => Promise<void>
}

const textOf = ({ target, host }: FoundUrl): string => (host === undefined ? target : `//${host}${target}`)

/** The list needs at least one size. */
const inputsOf = ({ sizes }: SuggestedList): readonly SizeInput[] =>
  sizes.length > 0 ? sizes.map(({ input }) => input) : ["1280w"]

type MapUrl = (name: ServiceName, target: string) => Promise<Pick<MappedUrl, "newUrl" | "reason">>

const createMapUrl = (list: SuggestedList, { basePath, formats, origins, keys }: SurveyOptions): MapUrl => {
  const parsed = parseSizeList(inputsOf(list))
  if ("problems" in parsed) throw new Error(`Suggested sizes are not valid: ${JSON.stringify(parsed.problems)}`)
  const grammar = {
    sizes: parsed.list,
    formats,
    retired: { sizes: [], formats: [] },
    sharedStore: false,
    basePath,
    maxBytes: { segment: 255, key: 1024 },
  }
  const options = { compatOrigins: origins, compatKeys: keys, basePath }
  const resolvers = new Map<ServiceName, ReturnType<typeof createCompatResolve>>()
  return async (name, target) => {
    const resolve = resolvers.get(name) ?? createCompatResolve(resolveUrlPath, grammar, { ...options, compat: [name] })
    resolvers.set(name, resolve)
    const resolved = await resolve(target, undefined)
    if ("refused" in resolved) return { reason: [resolved.detail, resolved.hint].filter(Boolean).join(" ") }
    return resolved.contentLocation === undefined
      ? { reason: "It is a URL of imgtailor already." }
      : { newUrl: resolved.contentLocation }
  }
}

/**
 * Reads all URLs once and counts the requested sizes.
 * @throws {Error} an input cannot be read
 */
export const surveyUrls = async (
  inputs: Iterable<AsyncIterable<readonly FoundUrl[]>>,
  options: SurveyOptions,
): Promise<Survey> => {
  const recognise = await createRecognise(options.services, options.keys)
  const [demand, urls] = [createDemand(), createUrlCounts<() => void>()]
  const counts: Partial<Record<ServiceName, number>> = {}
  let urlCount = 0

  /** Counts a URL that is not in memory. @returns counts it again */
  const addNew = (found: FoundUrl): (() => void) | undefined => {
    const recognised = recognise(found)
    if (!recognised) return undefined
    const { name, image } = recognised
    const isCounted = !("refused" in image) && image.unsupported.length === 0 && image.name === undefined
    const addAgain = isCounted ? demand.add(image) : undefined
    counts[name] = (counts[name] ?? 0) + 1
    return () => {
      counts[name] = (counts[name] ?? 0) + 1
      addAgain?.()
    }
  }

  const add = (found: FoundUrl): void => {
    const text = textOf(found)
    const known = urls.find(text)
    if (known) {
      known.count += 1
      known.value()
      return
    }
    const again = addNew(found)
    if (again) urls.add(text, again)
  }

  for (const input of inputs) {
    for await (const batch of input) {
      urlCount += batch.length
      for (const found of batch) add(found)
      await urls.settle()
    }
  }
  const list = demand.suggest(options.maxWaste, options.minShare)
  const mapUrl = createMapUrl(list, options)
  async function* mapped(): AsyncGenerator<readonly MappedUrl[]> {
    for await (const batch of urls.batches()) {
      const all: MappedUrl[] = []
      for (const { url, count } of batch) {
        const found = toFound(url)
        const name = found && recognise(found)?.name
        if (name) all.push({ url, count, service: name, ...(await mapUrl(name, found.target)) })
      }
      yield all
    }
  }
  return { urlCount, counts, list, mapped, close: urls.close }
}
