/** Responsible for originals in Azure Blob Storage. They are only read. */
import type { BlobGetPropertiesResponse } from "@azure/storage-blob"

import { parseFocalPoint } from "../../sizes/focal-point.ts"
import { decodeContent } from "../content-encoding.ts"
import { createNotices } from "../notices.ts"
import type { Originals, OriginalStat } from "../store.ts"
import { checkContainer, createClient } from "./client.ts"
import type { AzureOptions } from "./options.ts"
import { getBlob, headBlob, listKeys } from "./read.ts"

type Properties = Pick<BlobGetPropertiesResponse, "etag" | "metadata">

/** An ETag is new with every write. Names of metadata have no hyphens in Azure. */
const toStat = ({ etag = "", metadata }: Properties, byteLength: number): OriginalStat => {
  const focalPoint = parseFocalPoint(metadata?.["focalpoint"])
  return { version: etag.replaceAll('"', ""), byteLength, isStable: true, ...(focalPoint && { focalPoint }) }
}

/**
 * Originals in Azure Blob Storage. Needs `@azure/storage-blob`.
 * @throws {bad-config} for a malformed prefix
 * @example
 * createTailor({ originals: azureOriginals({ account: "shop", container: "photos" }), sizes: ["360x270"], recheckSeconds: 60 })
 */
export const azureOriginals = (options: AzureOptions): Originals => {
  const client = createClient(options)
  const notifyOnce = createNotices(options.onNotice)
  return {
    name: "azure",
    head: async (key, { signal } = {}) => {
      const result = await headBlob(client, key, { signal })
      return "absent" in result ? undefined : toStat(result.value, result.value.contentLength ?? 0)
    },
    get: async (key, { maxBytes = Infinity, signal } = {}) => {
      const result = await getBlob(client, key, { maxBytes, signal })
      if ("absent" in result) {
        if (result.absent === "archived")
          notifyOnce("archived", `${client.nameOf(key)} is archived and cannot be read before it is rehydrated.`)
        return undefined
      }
      const { response, bytes } = result.value
      const decoded = await decodeContent(bytes, response.contentEncoding, maxBytes)
      return { stat: toStat(response, decoded.length), bytes: decoded }
    },
    list: (prefix, listOptions) => listKeys(client, prefix, listOptions),
    isGone: async (key, { signal } = {}) => {
      try {
        const result = await headBlob(client, key, { signal })
        return "absent" in result && result.absent === "missing"
      } catch {
        signal?.throwIfAborted()
        return false
      }
    },
    check: ({ signal } = {}) => checkContainer(client, { signal }),
  }
}
