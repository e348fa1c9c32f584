/** Responsible for originals in Google Cloud Storage. They are only read. */
import type { FileMetadata } from "@google-cloud/storage"

import { storeUnavailable } from "../../errors.ts"
import { parseFocalPoint } from "../../sizes/focal-point.ts"
import { decodeContent } from "../content-encoding.ts"
import { createNotices } from "../notices.ts"
import type { CallOptions, Originals, OriginalStat } from "../store.ts"
import { createWitnesses } from "../witnesses.ts"
import { createClient, type GoogleResult } from "./client.ts"
import type { GoogleOptions } from "./options.ts"
import { checkBucket, getObject, headObject, listKeys } from "./read.ts"

/** A generation is new with every write. */
const toStat = ({ generation, size, metadata }: FileMetadata): OriginalStat => {
  const focalPoint = parseFocalPoint(metadata?.["focal-point"]?.toString())
  return {
    version: String(generation),
    byteLength: Number(size),
    isStable: true,
    ...(focalPoint && { focalPoint }),
  }
}

/**
 * Originals in Google Cloud Storage. Needs `@google-cloud/storage`.
 * @throws {bad-config} for a malformed prefix
 * @example
 * createTailor({ originals: googleOriginals({ bucket: "shop-photos" }), sizes: ["360x270"], recheckSeconds: 60 })
 */
export const googleOriginals = (options: GoogleOptions): Originals => {
  const client = createClient(options)
  const notifyOnce = createNotices(options.onNotice)
  const witnesses = createWitnesses(async (key) => {
    const result = await headObject(client, key, {})
    return "absent" in result && result.absent === "forbidden"
  })

  /** The value, or undefined if the original counts as absent. */
  const valueOf = async <T>(result: GoogleResult<T>, key: string, { signal }: CallOptions): Promise<T | undefined> => {
    if ("value" in result) {
      witnesses.add(key)
      return result.value
    }
    if (result.absent === "missing") return undefined
    const name = client.nameOf(key)
    if (await witnesses.areAllRefused(key, { signal }))
      throw storeUnavailable("google", name, `${result.reason}. Objects that could be read before are forbidden too.`)
    notifyOnce("forbidden", `${name} is missing or may not be read: ${result.reason}.`)
    return undefined
  }

  return {
    name: "google",
    head: async (key, { signal } = {}) => {
      const metadata = await valueOf(await headObject(client, key, { signal }), key, { signal })
      return metadata && toStat(metadata)
    },
    get: async (key, { maxBytes = Infinity, signal } = {}) => {
      const object = await valueOf(await getObject(client, key, { maxBytes, signal }), key, { signal })
      if (!object) return undefined
      const bytes = await decodeContent(object.bytes, object.metadata.contentEncoding, maxBytes)
      return { stat: { ...toStat(object.metadata), byteLength: bytes.length }, bytes }
    },
    list: (prefix, listOptions) => listKeys(client, prefix, listOptions),
    isGone: async (key, { signal } = {}) => {
      try {
        const result = await headObject(client, key, { signal })
        return "absent" in result && result.absent === "missing"
      } catch {
        signal?.throwIfAborted()
        return false
      }
    },
    check: ({ signal } = {}) => checkBucket(client, { signal }),
  }
}
