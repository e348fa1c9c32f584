/** Responsible for suggesting a list of sizes from the requests to imgtailor, those for unlisted sizes included. */
import type { RequestedImage } from "../compat/service.ts"
import { createDemand, type Demand, type SuggestedList } from "../migrate/demand.ts"
import { INFO, type Size, type SizeList, sizeNamed } from "../sizes/list.ts"
import { toSizeOptions } from "../sizes/size-options.ts"
import { parseSize } from "../sizes/size.ts"
import type { OwnRequest } from "./own-requests.ts"

/** The image that a request means; undefined for an unknown name, and for a description. */
const requested = (name: string, sizes: SizeList): RequestedImage | undefined => {
  if (name === INFO) return undefined
  const listed: Size | undefined = sizeNamed(name, sizes)
  const box = listed ?? parseSize(name)
  if (!box) return undefined
  const { width, height } = box
  const {
    format: _format,
    formats: _formats,
    maxBytes: _bytes,
    minQuality: _quality,
    ...look
  } = listed ? toSizeOptions(listed) : {}
  return {
    source: "",
    look,
    unsupported: [],
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
  }
}

/** Collects requests, and suggests a list. */
export interface Suggestions {
  readonly add: (request: Pick<OwnRequest, "size">) => void
  /** Counts a displayed picture, in device pixels. */
  readonly addDisplayed: (width: number) => void
  readonly count: () => number
  /**
   * The fewest sizes for a bound on wasted pixels.
   * @param maxWaste share of the pixels sent, 0 to below 1
   * @param maxSizes more waste is accepted rather than more sizes
   */
  readonly suggest: (maxWaste: number, maxSizes?: number) => SuggestedList
}

/** Steps of the search for a list that is short enough. */
const STEPS = 12

const shorten = (demand: Demand, maxWaste: number, maxSizes: number): SuggestedList => {
  let best = demand.suggest(maxWaste)
  if (best.sizes.length <= maxSizes) return best
  let [low, high] = [maxWaste, 0.999]
  best = demand.suggest(high)
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2
    const list = demand.suggest(middle)
    if (list.sizes.length <= maxSizes) {
      best = list
      high = middle
    } else low = middle
  }
  return best
}

/** @param sizes the present list, for named sizes */
export const createSuggestions = (sizes: SizeList): Suggestions => {
  const demand = createDemand()
  let count = 0
  const addImage = (image: RequestedImage | undefined): void => {
    if (!image) return
    demand.add(image)
    count += 1
  }
  return {
    add: ({ size }) => addImage(requested(size, sizes)),
    addDisplayed: (width) => addImage({ source: "", look: {}, unsupported: [], width }),
    count: () => count,
    suggest: (maxWaste, maxSizes = Infinity) => shorten(demand, maxWaste, maxSizes),
  }
}
