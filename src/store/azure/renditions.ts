/** Responsible for renditions in Azure Blob Storage. A blob is written whole or not at all, and the last writer wins. */
import type { BlobDownloadResponseParsed, BlobGetPropertiesResponse } from "@azure/storage-blob"

import { storeUnavailable } from "../../errors.ts"
import { cacheTagsOf } from "../cache-tag.ts"
import { encodeValue, fromRecord, toRecord } from "../object-record.ts"
import { removeEach } from "../remove-each.ts"
import { isSafeKey, type RenditionMeta, type Renditions } from "../store.ts"
import { checkContainer, createClient } from "./client.ts"
import type { AzureOptions } from "./options.ts"
import { keyLimitsOf } from "./place.ts"
import { getBlob, headBlob, listKeys } from "./read.ts"

/** Options for renditions in Azure. */
export interface AzureRenditionsOptions extends AzureOptions {
  /** The default `Cache-Control` of stored blobs. @default none */
  readonly cacheControl?: string | undefined
}

/** Names of metadata are identifiers of C#, whose case is not kept: without hyphens, in lower case. */
const metadataOf = (key: string, meta: RenditionMeta): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(toRecord(meta)).map(([name, text]) => [name.toLowerCase(), text])),
  cachetag: encodeValue(cacheTagsOf(key)),
})

const metaOf = ({
  metadata = {},
  etag = "",
  contentType = "application/octet-stream",
  lastModified,
}: BlobGetPropertiesResponse | BlobDownloadResponseParsed): RenditionMeta =>
  fromRecord((name) => metadata[name.toLowerCase()], {
    etag: etag.startsWith('"') ? etag : `"${etag}"`,
    contentType,
    modifiedMs: lastModified?.getTime() ?? 0,
  })

/**
 * Renditions in Azure Blob Storage. Needs `@azure/storage-blob`.
 * @throws {bad-config} for a malformed prefix
 * @example
 * createTailor({ originals: "photos", renditions: azureRenditions({ account: "shop", container: "renditions" }), sizes: ["360x270"] })
 */
export const azureRenditions = (options: AzureRenditionsOptions): Renditions => {
  const client = createClient(options)
  const { place } = client
  return {
    name: "azure",
    keyLimits: keyLimitsOf(place),
    head: async (key, { signal } = {}) => {
      const result = await headBlob(client, key, { signal })
      return "absent" in result ? undefined : metaOf(result.value)
    },
    get: async (key, { signal } = {}) => {
      const result = await getBlob(client, key, { signal })
      if ("absent" in result) return undefined
      const { response, bytes } = result.value
      return { meta: metaOf(response), byteLength: bytes.length, body: bytes }
    },
    put: async (key, bytes, meta, { signal, cacheControl = options.cacheControl } = {}) => {
      if (!isSafeKey(key)) throw storeUnavailable("azure", client.nameOf(key), "not a valid key")
      const blobHTTPHeaders = {
        blobContentType: meta.contentType,
        ...(cacheControl !== undefined && { blobCacheControl: cacheControl }),
      }
      const result = await client.call(key, { signal }, (container, abortSignal) =>
        container
          .getBlockBlobClient(place.prefix + key)
          .upload(bytes, bytes.length, { abortSignal, blobHTTPHeaders, metadata: metadataOf(key, meta) }),
      )
      if ("absent" in result) throw storeUnavailable("azure", client.nameOf(key), "the container is missing")
    },
    delete: (keys, { signal } = {}) =>
      removeEach(keys, async (key) => {
        if (!isSafeKey(key)) return false
        const result = await client.call(key, { signal }, (container, abortSignal) =>
          container.getBlobClient(place.prefix + key).deleteIfExists({ abortSignal, deleteSnapshots: "include" }),
        )
        return "value" in result && result.value.succeeded
      }),
    list: (prefix, listOptions) => listKeys(client, prefix, { signal: listOptions?.signal }),
    check: ({ signal } = {}) => checkContainer(client, { signal }),
  }
}
