/** Responsible for reading and listing the blobs of a container, for originals and renditions alike. */
import type { BlobDownloadResponseParsed, BlobGetPropertiesResponse } from "@azure/storage-blob"

import { storeUnavailable } from "../../errors.ts"
import { inKeyOrder, isListed } from "../key-order.ts"
import { readStream } from "../read-stream.ts"
import { type CallOptions, type GetOptions, isSafeKey, type ListOptions } from "../store.ts"
import type { AzureClient, AzureResult } from "./client.ts"

/** A blob, read whole. */
export interface AzureBlob {
  readonly response: BlobDownloadResponseParsed
  readonly bytes: Uint8Array
}

/** The SDK resolves dot segments in names, so no key with one may reach it. */
const MISSING = { absent: "missing" } as const

/** The properties of a blob. */
export const headBlob = async (
  client: AzureClient,
  key: string,
  options: CallOptions,
): Promise<AzureResult<BlobGetPropertiesResponse>> =>
  isSafeKey(key)
    ? client.call(key, options, (container, abortSignal) =>
        container.getBlobClient(client.place.prefix + key).getProperties({ abortSignal }),
      )
    : MISSING

/** A blob with its bytes. @throws {original-too-large} */
export const getBlob = async (
  client: AzureClient,
  key: string,
  { maxBytes = Infinity, signal }: GetOptions,
): Promise<AzureResult<AzureBlob>> =>
  isSafeKey(key)
    ? client.call(key, { signal }, async (container, abortSignal) => {
        const blob = container.getBlobClient(client.place.prefix + key)
        const response = await blob.download(0, undefined, { abortSignal, maxRetryRequests: 0 })
        const { readableStreamBody: stream, contentLength } = response
        if (!stream || contentLength === undefined)
          throw storeUnavailable("azure", client.nameOf(key), "the response has no body or no length")
        return { response, bytes: await readStream(stream, contentLength, maxBytes, abortSignal) }
      })
    : MISSING

/** Names of the blobs of a page, and the token of the next page, if there is one. */
interface Page {
  readonly names: readonly string[]
  readonly next: string | undefined
}

const readPage = async (
  { place, call }: AzureClient,
  prefix: string,
  token: string | undefined,
  options: CallOptions,
): Promise<AzureResult<Page>> =>
  call(prefix, options, async (container, abortSignal) => {
    const blobs = container.listBlobsFlat({ prefix: place.prefix + prefix, abortSignal })
    const pages = blobs.byPage({ ...(token !== undefined && { continuationToken: token }) })
    for await (const { segment, continuationToken } of pages)
      return { names: segment.blobItems.map(({ name }) => name), next: continuationToken || undefined }
    return { names: [], next: undefined }
  })

/**
 * Every key that starts with a prefix, ordered by UTF-8 bytes. Each page is a call with its own limits and repetitions.
 * @throws {store-unavailable} {store-denied} if the container cannot be listed
 */
export const listKeys = (
  client: AzureClient,
  prefix: string,
  { signal, after }: ListOptions = {},
): AsyncIterable<string> => {
  const { place } = client
  async function* list(): AsyncIterable<string> {
    let token: string | undefined
    do {
      const result = await readPage(client, prefix, token, { signal })
      if ("absent" in result) throw storeUnavailable("azure", client.nameOf(prefix), "the container cannot be listed")
      for (const name of result.value.names) {
        const key = name.slice(place.prefix.length)
        if (isSafeKey(key) && isListed(key, prefix, after)) yield key
      }
      token = result.value.next
    } while (token !== undefined)
  }
  return inKeyOrder(list())
}
