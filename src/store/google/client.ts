/**
 * Responsible for one call to Google Cloud Storage: within the time limits, repeated after a transient failure, its errors classified.
 *
 * Invariants:
 * - A missing object is a value. A missing bucket is not: its objects are unavailable, not deleted.
 */
import type { Bucket } from "@google-cloud/storage"

import { orAbort } from "../../abort.ts"
import { badConfig, notInstalled, storeDenied, storeUnavailable, type TailorError } from "../../errors.ts"
import type { Attempt } from "../../retry.ts"
import { boundedCall, DEFAULT_RETRIES, DEFAULT_TIMEOUTS } from "../bounded-call.ts"
import { normalisePrefix } from "../prefix.ts"
import type { CallOptions } from "../store.ts"
import type { GoogleOptions } from "./options.ts"
import { formatGoogleUrl, type GooglePlace } from "./place.ts"

/** A value, or why there is none. Google answers 403 for a missing object to clients that may not list the bucket. */
export type GoogleResult<T> =
  | { readonly value: T }
  | { readonly absent: "missing" | "forbidden"; readonly reason: string }

/** Calls one bucket. */
export interface GoogleClient {
  readonly place: GooglePlace
  readonly nameOf: (key: string) => string
  /** @throws {store-unavailable} {store-denied} and the signal's reason */
  readonly call: <T>(
    key: string,
    options: CallOptions,
    act: (bucket: Bucket, signal: AbortSignal) => Promise<T>,
  ) => Promise<GoogleResult<T>>
}

/** An error of the SDK. Its class is not exported. */
interface ApiError extends Error {
  readonly code?: unknown
}

/** Google Cloud documentation, "Retry strategy". */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

const statusOf = ({ code }: ApiError): number | undefined => (typeof code === "number" ? code : undefined)

const isMissing = (error: ApiError): boolean =>
  statusOf(error) === 404 && !(/bucket/i.test(error.message) && !/no such object/i.test(error.message))

const describe = (error: ApiError): string => [error.code, error.message.split("\n")[0]].filter(Boolean).join(" ")

const openBucket = async (options: GoogleOptions, timeoutMs: number): Promise<Bucket> => {
  const { bucket, endpoint, projectId, keyFilename } = options
  const { Storage } = await import("@google-cloud/storage").catch(() => {
    throw notInstalled("The package for gs:// locations", "@google-cloud/storage")
  })
  const storage = new Storage({
    ...(endpoint !== undefined && { apiEndpoint: endpoint }),
    ...(projectId !== undefined && { projectId }),
    ...(keyFilename !== undefined && { keyFilename }),
    // Attempts are repeated by bounded-call.ts.
    retryOptions: { autoRetry: false, maxRetries: 0 },
    timeout: timeoutMs,
  })
  return storage.bucket(bucket)
}

/** A client for one bucket. @throws {bad-config} for a malformed prefix */
export const createClient = (options: GoogleOptions): GoogleClient => {
  const prefix = normalisePrefix(options.prefix ?? "")
  if (prefix === undefined)
    throw badConfig([`prefix: Expected a prefix like photos/2026, got ${JSON.stringify(options.prefix)}.`])
  const place = { bucket: options.bucket, prefix }
  const { callMs, attemptMs } = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const retries = { ...DEFAULT_RETRIES, ...options.retries }
  let opening: Promise<Bucket> | undefined
  const open = (): Promise<Bucket> => (opening ??= openBucket(options, attemptMs))
  const nameOf = (key: string): string => formatGoogleUrl(place, key)

  const toError = (error: ApiError, name: string): TailorError =>
    (statusOf(error) === 401 ? storeDenied : storeUnavailable)("google", name, describe(error))

  const classify = <T>(error: unknown, name: string): Attempt<GoogleResult<T>> => {
    if (!(error instanceof Error) || !("code" in error)) throw error
    const status = statusOf(error)
    if (isMissing(error)) return { value: { absent: "missing", reason: describe(error) } }
    if (status === 403) return { value: { absent: "forbidden", reason: describe(error) } }
    if (status !== undefined && TRANSIENT_STATUSES.has(status)) return { transient: toError(error, name) }
    throw status === undefined ? error : toError(error, name)
  }

  const call: GoogleClient["call"] = async <T>(
    key: string,
    callOptions: CallOptions,
    act: (bucket: Bucket, signal: AbortSignal) => Promise<T>,
  ) => {
    const name = nameOf(key)
    const bucket = await open()
    return boundedCall<GoogleResult<T>>(
      { store: "google", name, callMs, retries },
      async (signal) => {
        const limit = AbortSignal.timeout(attemptMs)
        const attempt = AbortSignal.any([signal, limit])
        try {
          // Most calls of the SDK cannot be cancelled.
          return { value: { value: await orAbort(act(bucket, attempt), attempt) } }
        } catch (error) {
          if (signal.aborted) throw error
          if (limit.aborted)
            return { transient: storeUnavailable("google", name, `not complete after ${attemptMs} ms`) }
          return classify<T>(error, name)
        }
      },
      callOptions,
    )
  }

  return { place, nameOf, call }
}
