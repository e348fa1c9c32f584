/**
 * Responsible for one call to Azure: within the time limits, repeated after a transient failure, its errors classified.
 *
 * Invariants:
 * - A missing blob is a value. A missing container is not: its blobs are unavailable, not deleted.
 */
import type { ContainerClient, RestError } from "@azure/storage-blob"

import { badConfig, codeOf, describeError, storeDenied, storeUnavailable, type TailorError } from "../../errors.ts"
import type { Attempt } from "../../retry.ts"
import { boundedCall, DEFAULT_RETRIES, DEFAULT_TIMEOUTS } from "../bounded-call.ts"
import { normalisePrefix } from "../prefix.ts"
import type { CallOptions, StoreProblem } from "../store.ts"
import { openContainer } from "./credentials.ts"
import type { AzureOptions } from "./options.ts"
import { type AzurePlace, formatAzureUrl } from "./place.ts"

/** A value, or why there is none. */
export type AzureResult<T> = { readonly value: T } | { readonly absent: "missing" | "archived" }

/** Calls one container. */
export interface AzureClient {
  readonly place: AzurePlace
  readonly nameOf: (key: string) => string
  /** @throws {store-unavailable} {store-denied} and the signal's reason */
  readonly call: <T>(
    key: string,
    options: CallOptions,
    act: (container: ContainerClient, signal: AbortSignal) => Promise<T>,
  ) => Promise<AzureResult<T>>
}

/** Azure documentation, "Blob service error codes". */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

const isRestError = (error: unknown): error is RestError => error instanceof Error && error.name === "RestError"

/** The response to HEAD has no body, so the SDK finds no code in it. */
const codeIn = ({ code, response }: RestError): string | undefined => code ?? response?.headers.get("x-ms-error-code")

const absenceOf = (error: unknown): "missing" | "archived" | undefined => {
  if (!isRestError(error)) return undefined
  const code = codeIn(error)
  if (code === "BlobArchived" || code === "BlobBeingRehydrated") return "archived"
  const isMissing = error.statusCode === 404 && code !== "ContainerNotFound" && code !== "ContainerBeingDeleted"
  return isMissing ? "missing" : undefined
}

/** Without a status, no response came: the SDK's own code says that the request could not be sent. */
const isTransient = (error: RestError): boolean =>
  error.statusCode === undefined ? error.code !== "ENOTFOUND" : TRANSIENT_STATUSES.has(error.statusCode)

const toError = (error: RestError, name: string): TailorError => {
  const { statusCode, message } = error
  const text = [statusCode, codeIn(error), message.split("\n")[0]].filter(Boolean).join(" ")
  return statusCode === 401 || statusCode === 403
    ? storeDenied("azure", name, text)
    : storeUnavailable("azure", name, text)
}

/** A client for one container. @throws {bad-config} for a malformed prefix */
export const createClient = (options: AzureOptions): AzureClient => {
  const { account, container } = options
  const prefix = normalisePrefix(options.prefix ?? "")
  if (prefix === undefined)
    throw badConfig([`prefix: Expected a prefix like photos/2026, got ${JSON.stringify(options.prefix)}.`])
  const place = { account, container, prefix }
  const { callMs, attemptMs } = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const retries = { ...DEFAULT_RETRIES, ...options.retries }
  let opening: Promise<ContainerClient> | undefined
  const open = (): Promise<ContainerClient> => (opening ??= openContainer(options))

  const nameOf = (key: string): string => formatAzureUrl(place, key)

  const call: AzureClient["call"] = async (key, callOptions, act) => {
    const name = nameOf(key)
    const opened = await open()
    return boundedCall<AzureResult<Awaited<ReturnType<typeof act>>>>(
      { store: "azure", name, callMs, retries },
      async (signal): Promise<Attempt<AzureResult<Awaited<ReturnType<typeof act>>>>> => {
        const attempt = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)])
        try {
          return { value: { value: await act(opened, attempt) } }
        } catch (error) {
          if (signal.aborted) throw error
          if (attempt.aborted)
            return { transient: storeUnavailable("azure", name, `not complete after ${attemptMs} ms`) }
          const absent = absenceOf(error)
          if (absent) return { value: { absent } }
          if (isRestError(error) && isTransient(error)) return { transient: toError(error, name) }
          throw isRestError(error) ? toError(error, name) : error
        }
      },
      callOptions,
    )
  }

  return { place, nameOf, call }
}

/** A blob that need not exist. */
const PROBE_KEY = "imgtailor-probe"

/** Looks whether a container can be read. */
export const checkContainer = async (client: AzureClient, options: CallOptions): Promise<StoreProblem | undefined> => {
  try {
    await client.call(PROBE_KEY, options, (container, abortSignal) =>
      container.getBlobClient(client.place.prefix + PROBE_KEY).getProperties({ abortSignal }),
    )
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    const text = describeError(error)
    const isPermanent = codeOf(error) !== "store-unavailable" || text.includes("ContainerNotFound")
    return { message: `Cannot use ${client.nameOf("").replace(/\/$/, "")}: ${text}`, isPermanent }
  }
}
