/** Responsible for comparing pictures in a worker, which starts with the first comparison. */
import type { SsimResult, SsimTask } from "./ssim-worker.ts"

/** The build replaces this by the worker's name. */
declare const SSIM_WORKER: string

const waiting = new Map<number, (value: number | undefined) => void>()
let worker: Worker | undefined
let count = 0

const start = (): Worker => {
  const started = new Worker(new URL(SSIM_WORKER, import.meta.url), { type: "module" })
  started.addEventListener("message", ({ data: { id, value } }: MessageEvent<SsimResult>) => {
    waiting.get(id)?.(value)
    waiting.delete(id)
  })
  return started
}

/** Mean SSIM of two pictures, 0 to 1, where 1 is equality; undefined if they cannot be compared. */
export const ssimOf = (a: Blob, b: Blob): Promise<number | undefined> =>
  new Promise((resolve) => {
    worker ??= start()
    const id = (count += 1)
    waiting.set(id, resolve)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage({ id, pictures: [a, b] } satisfies SsimTask)
  })
