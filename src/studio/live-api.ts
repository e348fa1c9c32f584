/** Responsible for the types of the studio's live view: requests as they end, and numbers of the last hour. Part of api.ts. */

/** One ended request, without query, IP address and referrer. */
export interface LiveRequest {
  /** Increases by one for each request. */
  readonly id: number
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly method: string
  /** URL path without its query. */
  readonly path: string
  readonly status: number
  readonly outcome: "hit" | "miss" | "coalesced" | "refused" | "other"
  readonly reason: string
  readonly code?: string | undefined
  readonly original?: string | undefined
  readonly size?: string | undefined
  readonly format?: string | undefined
  readonly durationMs: number
  readonly waitMs?: number | undefined
  readonly fetchMs?: number | undefined
  readonly renderMs?: number | undefined
  readonly storeMs?: number | undefined
  /** Bytes of the response. */
  readonly byteLength: number
  /** Expected peak memory of the render, in bytes. */
  readonly estimateBytes?: number | undefined
}

/** Quantiles in ms, over the last hour. */
export interface Quantiles {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** A series of the last hour: one number for each interval, the oldest first. */
export interface LiveSeries {
  /** Start of each interval, seconds since 1970. */
  readonly times: readonly number[]
  readonly requests: readonly number[]
  readonly hits: readonly number[]
  readonly renders: readonly number[]
  readonly refused: readonly number[]
  readonly bytesSent: readonly number[]
  /** Longest queue and highest reserved memory of the interval. */
  readonly queue: readonly number[]
  readonly reservedBytes: readonly number[]
  /** Median and 95th percentile of the duration of misses in ms; 0 for an interval without. */
  readonly missP50: readonly number[]
  readonly missP95: readonly number[]
}

/** The last hour, sent once a second at most and only if it changed. */
export interface LiveSummary {
  readonly timeMs: number
  /** When this process started, milliseconds since 1970. */
  readonly startedMs: number
  readonly requests: number
  /** Hits in all requests for renditions, 0 to 1; absent without requests. */
  readonly hitRatio?: number | undefined
  /** Over the last minute. */
  readonly rendersPerSecond: number
  readonly requestsPerSecond: number
  readonly bytesSent: number
  /** Bytes of the originals minus bytes sent, for responses whose original's length is known. */
  readonly bytesSaved: number
  /** Time in the queue, and of the render, by format of the output. */
  readonly waiting: Readonly<Record<string, Quantiles>>
  readonly rendering: Readonly<Record<string, Quantiles>>
  /** Now, with their limits. */
  readonly queue: {
    readonly running: number
    readonly waiting: number
    readonly renders: number
    readonly limit: number
  }
  readonly memory: {
    /** Expected memory of running renders, and its limit, in bytes. */
    readonly reservedBytes: number
    readonly limitBytes: number
    /** Resident memory of the server's process, in bytes. */
    readonly rssBytes: number
    readonly processes: number
  }
  /** The most frequent unlisted sizes. */
  readonly refusedSizes: readonly {
    readonly size: string
    readonly count: number
    /** Origins of the pages, most frequent first; "" for requests without a referrer. */
    readonly referrers: readonly { readonly origin: string; readonly count: number }[]
    /** The last URL path. */
    readonly example: string
  }[]
  readonly errors: readonly {
    readonly code: string
    readonly count: number
    readonly timeMs: number
    readonly example: string
    readonly reason: string
  }[]
  /** Photos that could not be read, and renditions that could not be stored. */
  readonly problems: readonly {
    readonly original: string
    readonly kind: "unreadable" | "not-stored"
    readonly reason: string
    readonly count: number
    readonly timeMs: number
  }[]
}

/**
 * `GET api/live`: server-sent events. `event: summary` with a {@link LiveSummary} at once and then at most once a second,
 * `event: series` with a {@link LiveSeries} at once and every 10 s, and `event: requests` with an array of {@link LiveRequest}, at most 5
 * times a second with the latest 50. The browser reconnects by itself.
 */
export interface LiveEvents {
  readonly summary: LiveSummary
  readonly series: LiveSeries
  readonly requests: readonly LiveRequest[]
}
