/** Responsible for reporting changed originals to a URL, as JSON by POST. */
import type { SendChanges } from "./changes.ts"
import { storeUnavailable } from "./errors.ts"
import { boundedCall, DEFAULT_TIMEOUTS } from "./store/bounded-call.ts"
import { exchange, isSuccess } from "./store/transport.ts"

/** Where reports are sent. */
export interface WebhookOptions {
  readonly url: string
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>
}

const RETRIES = { attempts: 5, baseMs: 500, longestMs: 5000 }

/** Rejected requests that may be accepted later. */
const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * Sends reports to a URL. A report is repeated until it is answered with 2xx, up to five times.
 * @throws {store-unavailable} the function, after the last attempt
 */
export const createWebhook = ({ url, headers }: WebhookOptions): SendChanges => {
  const { idleMs, attemptMs, callMs } = DEFAULT_TIMEOUTS
  return async (changes) => {
    const body = new TextEncoder().encode(JSON.stringify({ changes }))
    const sent = { "content-type": "application/json", "user-agent": "imgtailor", ...headers }
    await boundedCall(
      { store: "webhook", name: url, callMs, retries: RETRIES },
      async (signal) => {
        const limits = { idleMs, wholeMs: attemptMs, signal }
        const { status } = await exchange({ method: "POST", url: new URL(url), headers: sent, body }, limits)
        if (isSuccess(status)) return { value: undefined }
        const error = storeUnavailable("webhook", url, status)
        if (isTransient(status)) return { transient: error }
        throw error
      },
      {},
    )
  }
}
