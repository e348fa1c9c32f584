/** Responsible for the limits on the work of one process. Each has its unit in its name. */

/** How much work may be done at once, and how long a request waits for it. */
export interface WorkLimits {
  /** Largest original, in bytes. */
  readonly bytes: number
  /** Longest wait of a request. */
  readonly deadlineMs: number
  /** Concurrent renders. */
  readonly renders: number
  /** Renders that may wait for a slot; one more is refused with 503. */
  readonly queue: number
  /** Estimated peak memory of all concurrent renders, in bytes. */
  readonly memoryBytes: number
}

/** Limits of a tailor that renders ahead of demand: no client waits, so a render takes as long as it needs and none is refused. */
export const BATCH_LIMITS: Pick<WorkLimits, "deadlineMs" | "queue"> = { deadlineMs: 3_600_000, queue: Infinity }
