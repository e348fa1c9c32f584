/** Responsible for renditions in Google Cloud Storage. An object is written whole or not at all, and the last writer wins. */
import type { FileMetadata } from "@google-cloud/storage"

import { storeDenied, storeUnavailable } from "../../errors.ts"
import { cacheTagsOf } from "../cache-tag.ts"
import { createNotices } from "../notices.ts"
import { encodeValue, fromRecord, toRecord } from "../object-record.ts"
import { removeEach } from "../remove-each.ts"
import { isSafeKey, type RenditionMeta, type Renditions } from "../store.ts"
import { createClient, type GoogleResult } from "./client.ts"
import type { GoogleOptions } from "./options.ts"
import { keyLimitsOf } from "./place.ts"
import { checkBucket, getObject, headObject, listKeys } from "./read.ts"

/** Options for renditions in Google Cloud Storage. */
export interface GoogleRenditionsOptions extends GoogleOptions {
  /** The default `Cache-Control` of stored objects. @default none */
  readonly cacheControl?: string | undefined
}

const metaOf = ({
  metadata = {},
  etag = "",
  contentType = "application/octet-stream",
  updated,
}: FileMetadata): RenditionMeta =>
  fromRecord((name) => metadata[name]?.toString(), {
    etag: `"${etag.replaceAll('"', "")}"`,
    contentType,
    modifiedMs: Date.parse(updated ?? ""),
  })

/**
 * Renditions in Google Cloud Storage. Needs `@google-cloud/storage`.
 * @throws {bad-config} for a malformed prefix
 * @example
 * createTailor({ originals: "photos", renditions: googleRenditions({ bucket: "shop-renditions" }), sizes: ["360x270"] })
 */
export const googleRenditions = (options: GoogleRenditionsOptions): Renditions => {
  const client = createClient(options)
  const { place, nameOf } = client
  const notifyOnce = createNotices(options.onNotice)

  const valueOf = <T>(result: GoogleResult<T>, key: string): T | undefined => {
    if ("value" in result) return result.value
    if (result.absent === "forbidden")
      notifyOnce("forbidden", `${nameOf(key)} is missing or may not be read: ${result.reason}.`)
    return undefined
  }

  return {
    name: "google",
    keyLimits: keyLimitsOf(place),
    head: async (key, { signal } = {}) => {
      const metadata = valueOf(await headObject(client, key, { signal }), key)
      return metadata && metaOf(metadata)
    },
    get: async (key, { signal } = {}) => {
      const object = valueOf(await getObject(client, key, { signal }), key)
      return object && { meta: metaOf(object.metadata), byteLength: object.bytes.length, body: object.bytes }
    },
    put: async (key, bytes, meta, { signal, cacheControl = options.cacheControl } = {}) => {
      if (!isSafeKey(key)) throw storeUnavailable("google", nameOf(key), "not a valid key")
      const metadata = {
        contentType: meta.contentType,
        ...(cacheControl !== undefined && { cacheControl }),
        metadata: { ...toRecord(meta), cacheTag: encodeValue(cacheTagsOf(key)) },
      }
      const result = await client.call(key, { signal }, (bucket) =>
        bucket.file(place.prefix + key).save(Buffer.from(bytes), { resumable: false, metadata }),
      )
      if ("absent" in result)
        throw (result.absent === "forbidden" ? storeDenied : storeUnavailable)("google", nameOf(key), result.reason)
    },
    delete: (keys, { signal } = {}) =>
      removeEach(keys, async (key) => {
        if (!isSafeKey(key)) return false
        const result = await client.call(key, { signal }, (bucket) => bucket.file(place.prefix + key).delete())
        if ("absent" in result && result.absent === "forbidden") throw storeDenied("google", nameOf(key), result.reason)
        return "value" in result
      }),
    list: (prefix, listOptions) => listKeys(client, prefix, { signal: listOptions?.signal }),
    check: ({ signal } = {}) => checkBucket(client, { signal }),
  }
}
