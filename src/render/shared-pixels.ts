/**
 * Responsible for decoding an original once for several renders of its session, and for the memory of the decoded pixels.
 *
 * Invariants:
 * - Pixels are kept while a render uses them; after that only as long as no other render waits for memory.
 * - An original that does not decode whole is decoded for each render from then on.
 */
import { codeOf } from "../errors.ts"
import type { EngineOriginal, Estimator } from "./engine.ts"
import type { Memory } from "./memory.ts"

/** Parts of one session. */
export interface SessionParts {
  readonly original: EngineOriginal
  readonly estimator: Estimator
  readonly memory: Memory
  /** Counts a decode or render from its start to its end. */
  readonly track: <T>(work: () => Promise<T>) => Promise<T>
  /** Estimates of everything that runs or is kept for this original, in bytes. */
  heldBytes: number
}

interface Pixels {
  /** Resolves when there is memory to decode. */
  readonly admitted: Promise<unknown>
  readonly ready: Promise<void>
  /** Renders that wait for the pixels. */
  readonly onSlow: Set<() => void>
  isSlow: boolean
  users: number
  /** Frees the pixels and their memory. */
  readonly free: () => void
}

/** One render's use of the pixels. */
export interface PixelUse {
  /** Resolves when there is memory to decode. */
  readonly admitted: Promise<unknown>
  /** @throws {corrupt-original} @throws {render-failed} */
  readonly ready: Promise<void>
  /** Must be called once. */
  readonly release: () => void
}

/** The pixels of one session. */
export interface SharedPixels {
  /** @param isShared more renders of the original will follow, so that a decode pays */
  readonly isUsable: (isShared: boolean) => boolean
  /** Whether the pixels are decoded, or will be. */
  readonly isDecoded: () => boolean
  /** Starts the decode at the first use. @param onSlow called when the decode is slow, or waits for memory */
  readonly use: (onSlow: () => void) => PixelUse
  readonly dropUnused: () => void
  readonly drop: () => void
}

const noop = (): void => {}

/** Reason of an aborted wait. */
const DROPPED = new Error("The pixels are not needed any more.")

const startDecode = (parts: SessionParts): Pixels => {
  const { original, estimator, memory, track } = parts
  const dropped = new AbortController()
  const { signal } = dropped
  const estimate = estimator.estimateDecode(original.inspected)
  const onSlow = (): void => {
    pixels.isSlow = true
    for (const call of pixels.onSlow) call()
  }
  // Not before the first user has added its callback.
  const admitted = Promise.resolve().then(() => memory.acquire(estimate, { signal, onWait: onSlow }))
  let isHeld = false
  const ready = admitted.then(() => {
    signal.throwIfAborted()
    parts.heldBytes += estimate
    isHeld = true
    return track(() => original.decode({ estimateBytes: parts.heldBytes, onSlow, signal }))
  })
  // Every render that waits for the pixels may have been aborted before they fail.
  ready.catch(noop)
  const free = (): void => {
    dropped.abort(DROPPED)
    if (isHeld) {
      parts.heldBytes -= estimate
      original.dropPixels()
    }
    admitted.then((release) => release()).catch(noop)
  }
  const pixels: Pixels = { admitted, ready, onSlow: new Set(), isSlow: false, users: 0, free }
  return pixels
}

/** @returns the pixels of one session, not decoded yet */
export const createSharedPixels = (parts: SessionParts): SharedPixels => {
  let pixels: Pixels | undefined
  let isDamaged = false

  const drop = (): void => {
    pixels?.free()
    pixels = undefined
  }

  const dropUnused = (): void => {
    if (pixels?.users === 0) drop()
  }

  const onFailure = (failed: Pixels, error: unknown): void => {
    if (codeOf(error) === "corrupt-original") isDamaged = true
    // A later render tries again.
    if (pixels === failed) drop()
  }

  return {
    isUsable: (isShared) => !isDamaged && (pixels !== undefined || isShared),
    isDecoded: () => pixels !== undefined,
    drop,
    dropUnused,
    use: (onSlow) => {
      let used = pixels
      if (!used) {
        const started = startDecode(parts)
        started.ready.catch((error: unknown) => onFailure(started, error))
        used = started
        pixels = started
      }
      const { admitted, ready } = used
      const joined = used
      joined.users += 1
      joined.onSlow.add(onSlow)
      if (joined.isSlow) onSlow()
      return {
        admitted,
        ready,
        release: () => {
          joined.users -= 1
          joined.onSlow.delete(onSlow)
          if (joined.users === 0 && pixels === joined && parts.memory.waiting() > 0) drop()
        },
      }
    },
  }
}
