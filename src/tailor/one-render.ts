/**
 * Responsible for one render, from its slot to its write: it reads the original, proves the stored rendition or renders, and writes.
 *
 * Invariants:
 * - A render in the background takes no slot, so that no request waits for it.
 * - A slot is held until the rendition is written, so that a slow store does not let renditions pile up in memory. Only a slow render gives
 *   its slot away before.
 * - A write delays responses by 2 s at most, and fails none.
 */
import { setTimeout as sleep } from "node:timers/promises"

import { orAbort } from "../abort.ts"
import { originalNotFound } from "../errors.ts"
import { INFO } from "../sizes/list.ts"
import type { Conflicts } from "./conflicts.ts"
import { type Timings, timed } from "./decision.ts"
import { type MissRequest, type Product, type ProductParts, proveStored, renderProduct } from "./product.ts"
import type { RenderSlots } from "./render-slots.ts"
import type { OriginalRead, OriginalUse } from "./shared-originals.ts"
import type { WriteResult } from "./stored.ts"

/** The result of a render, for all requests that wait for it. */
export interface RenderResult extends Product {
  readonly timings: Timings
  /** Why the rendition is not stored, where it could not be written or the write is still pending. */
  readonly storeFailure?: string
  /** Settles when it has been written or could not be. */
  readonly written: Promise<unknown>
}

/** Dependencies of {@link produce}. */
export interface RenderParts extends ProductParts {
  readonly slots: RenderSlots
  readonly conflicts: Conflicts
}

/** One render, from its start to its write. */
export interface Render extends MissRequest {
  readonly original: OriginalUse
  /** Settles when an earlier render of the same rendition has been written: it may have stored a rendition that is fresh. */
  readonly previous: Promise<unknown> | undefined
  readonly timings: Timings
  readonly isBackground: boolean
  /** The read that it uses, once that has begun. */
  read: OriginalRead | undefined
  isWriting: boolean
}

/** How long a response waits for its rendition to be written. */
const WRITE_WAIT_MS = 2000

const ignore = (): void => {}

/**
 * Waits for a slot, reads the original, proves the stored rendition or renders, and writes. Resolves when the rendition is written, or could
 * not be within 2 s.
 * @param cancelled aborts when no request waits for the render any more
 * @throws {TailorError} the original is gone or refused, the queue is full, or a store cannot be read
 */
export const produce = async (parts: RenderParts, render: Render, cancelled: AbortSignal): Promise<RenderResult> => {
  const { original, previous, stat, timings } = render
  let releaseSlot: (() => void) | undefined
  let product: Product
  try {
    releaseSlot = await timed(timings, "wait", async () => {
      if (previous) await orAbort(previous, cancelled)
      return render.isBackground ? ignore : parts.slots.acquire(stat.byteLength, cancelled)
    })
    product = await readAndProduce(parts, render, cancelled, releaseSlot)
  } catch (error) {
    releaseSlot?.()
    throw error
  } finally {
    original.release()
  }
  render.isWriting = true
  const written = write(parts, render, product)
  void written.then(releaseSlot)
  const pending = sleep(WRITE_WAIT_MS, { failure: "the write is still pending after 2 s" }, { ref: false })
  const { failure, etag }: WriteResult = await timed(timings, "store", () => Promise.race([written, pending]))
  return {
    ...product,
    meta: etag === undefined ? product.meta : { ...product.meta, etag },
    timings,
    ...(failure !== undefined && { storeFailure: failure }),
    written,
  }
}

const write = async ({ stored, conflicts }: RenderParts, render: Render, product: Product): Promise<WriteResult> => {
  const { key, reading } = render
  const { isStored, bytes, meta } = product
  if (isStored) return {}
  const cacheControl = reading.size === INFO ? undefined : reading.size.cacheControl
  const result = await stored.put(key, bytes, meta, { cacheControl })
  if (result.failure === undefined) conflicts.onWritten(key, meta)
  return result
}

const readAndProduce = async (
  parts: RenderParts,
  render: Render,
  cancelled: AbortSignal,
  onSlow: () => void,
): Promise<Product> => {
  const { original, timings, reading, stored, previous } = render
  const read = (render.read = original.read(onSlow))
  const content = await timed(timings, "fetch", () => read.content)
  if (!content) throw originalNotFound(reading.original)
  // Where nothing was stored, there is nothing to prove: this saves a trip to another machine.
  const mayBeStored = stored !== undefined || previous !== undefined || !content.stat.isStable
  const proved = mayBeStored ? await proveStored(parts, render, content) : undefined
  if (proved) return proved
  return timed(timings, "render", () =>
    renderProduct(parts, render, content, (session) => {
      const recipe = parts.freshness.recipeOf(reading, render.stat)
      return session.render(recipe, { isShared: original.isShared(), signal: cancelled, onSlow })
    }),
  )
}
