/** Responsible for reading and listing the objects of a bucket, for originals and renditions alike. */
import type { Bucket, FileMetadata } from "@google-cloud/storage"

import { describeError, codeOf, storeDenied, storeUnavailable } from "../../errors.ts"
import { isListed } from "../key-order.ts"
import { readStream } from "../read-stream.ts"
import { type CallOptions, type GetOptions, isSafeKey, type ListOptions, type StoreProblem } from "../store.ts"
import type { GoogleClient, GoogleResult } from "./client.ts"

/** An object, read whole. */
export interface GoogleObject {
  readonly metadata: FileMetadata
  readonly bytes: Uint8Array
}

const MISSING = { absent: "missing", reason: "not a valid key" } as const

/** Keys in one page of a list. */
const PAGE = 1000

/** The metadata of an object. */
export const headObject = async (
  client: GoogleClient,
  key: string,
  options: CallOptions,
): Promise<GoogleResult<FileMetadata>> =>
  isSafeKey(key)
    ? client.call(key, options, async (bucket) => {
        const [metadata] = await bucket.file(client.place.prefix + key).getMetadata()
        return metadata
      })
    : MISSING

/** Times that an object is read again which is replaced while it is read. */
const MAX_REPLACED = 20

const isReplaced = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === 404

/** Reads the generation that the metadata describe: the object may be replaced in between. */
const readObject = async (
  bucket: Bucket,
  name: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<GoogleObject> => {
  for (let attempt = 1; ; attempt++) {
    const [metadata] = await bucket.file(name).getMetadata()
    const { generation, size } = metadata
    const file = bucket.file(name, generation === undefined ? {} : { generation })
    try {
      const stream = file.createReadStream({ validation: false, decompress: false })
      return { metadata, bytes: await readStream(stream, Number(size), maxBytes, signal) }
    } catch (error) {
      if (!isReplaced(error)) throw error
      if (attempt >= MAX_REPLACED) throw storeUnavailable("google", name, "replaced again whenever it was read")
    }
  }
}

/** An object with its bytes. @throws {original-too-large} */
export const getObject = async (
  client: GoogleClient,
  key: string,
  { maxBytes = Infinity, signal }: GetOptions,
): Promise<GoogleResult<GoogleObject>> =>
  isSafeKey(key)
    ? client.call(key, { signal }, (bucket, attempt) =>
        readObject(bucket, client.place.prefix + key, maxBytes, attempt),
      )
    : MISSING

/**
 * Every key that starts with a prefix, ordered by UTF-8 bytes.
 * @throws {store-unavailable} {store-denied} if the bucket cannot be listed
 */
export async function* listKeys(
  client: GoogleClient,
  prefix: string,
  { signal, after }: ListOptions = {},
): AsyncIterable<string> {
  const { place } = client
  let pageToken: string | undefined
  do {
    const query = {
      prefix: place.prefix + prefix,
      autoPaginate: false,
      maxResults: PAGE,
      ...(after !== undefined && { startOffset: place.prefix + after }),
      ...(pageToken !== undefined && { pageToken }),
    }
    const result = await client.call(prefix, { signal }, async (bucket) => {
      const [files, next] = await bucket.getFiles(query)
      const following: { readonly pageToken?: string } | null = next
      return { names: files.map(({ name }) => name), token: following?.pageToken }
    })
    if ("absent" in result) {
      const toError = result.absent === "forbidden" ? storeDenied : storeUnavailable
      throw toError("google", client.nameOf(prefix), result.reason)
    }
    for (const name of result.value.names) {
      const key = name.slice(place.prefix.length)
      if (isSafeKey(key) && isListed(key, prefix, after)) yield key
    }
    pageToken = result.value.token
  } while (pageToken !== undefined)
}

/** An object that need not exist. */
const PROBE_KEY = "imgtailor-probe"

/** Looks whether a bucket can be read. A client that may not list it gets 403 for a missing object. */
export const checkBucket = async (client: GoogleClient, options: CallOptions): Promise<StoreProblem | undefined> => {
  try {
    await headObject(client, PROBE_KEY, options)
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    const text = describeError(error)
    const isPermanent = codeOf(error) !== "store-unavailable" || /bucket does not exist/i.test(text)
    return { message: `Cannot use ${client.nameOf("").replace(/\/$/, "")}: ${text}`, isPermanent }
  }
}
