/** Responsible for listing a bucket, page by page. */
import { storeUnavailable } from "../../errors.ts"
import { compareKeys } from "../key-order.ts"
import { type CallOptions, isSafeKey, type ListOptions } from "../store.ts"
import type { S3Client, S3Result } from "./client.ts"
import { elementsOf, parseBody, textOf, toStoreError } from "./failure.ts"
import type { S3Place } from "./place.ts"

/** Keys, and where the next page begins. */
export interface Page {
  readonly keys: readonly string[]
  /** The token of the next page. */
  readonly next: string | undefined
  /** The last key of a page that is followed by another one, where the server names no token. */
  readonly nextAfter: string | undefined
}

/** Decodes a form: S3 writes a space as a plus. */
const decodeForm = (text: string): string => decodeURIComponent(text.replaceAll("+", " "))

const toPage = (body: Uint8Array, { prefix }: S3Place): Page | undefined => {
  const root = parseBody(body)
  if (root?.name !== "ListBucketResult") return undefined
  // A server that does not know the parameter does not repeat it.
  const decode = textOf(root, "EncodingType") === "url" ? decodeForm : (text: string): string => text
  const objects = elementsOf(root, "Contents").map((entry) => textOf(entry, "Key"))
  const folders = elementsOf(root, "CommonPrefixes").map((entry) => textOf(entry, "Prefix"))
  const decoded = [...objects, ...folders].map(decode)
  // Both are in order, but each by itself.
  const keys = folders.length === 0 ? decoded : decoded.toSorted(compareKeys)
  const isTruncated = textOf(root, "IsTruncated") === "true"
  const next = (isTruncated && textOf(root, "NextContinuationToken")) || undefined
  const own = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  return { keys: own, next, nextAfter: isTruncated && next === undefined ? own.at(-1) : undefined }
}

interface PageOptions extends CallOptions {
  /** The first page starts after this key. */
  readonly after?: string | undefined
  /** The token of this page. Absent for the first one. */
  readonly token?: string | undefined
  readonly maxKeys?: number
  readonly isShallow?: boolean | undefined
}

/** One page of the keys that start with a prefix, or S3's error. */
export const listPage = async (
  client: S3Client,
  place: S3Place,
  prefix: string,
  { after, token, maxKeys, signal, isShallow }: PageOptions = {},
): Promise<{ readonly page: Page } | { readonly failure: NonNullable<S3Result["failure"]> }> => {
  const { reply, failure } = await client.send(
    {
      method: "GET",
      query: {
        "list-type": "2",
        // Without it, a key with a character that XML cannot hold breaks the whole page.
        "encoding-type": "url",
        prefix: place.prefix + prefix,
        ...(after !== undefined && { "start-after": place.prefix + after }),
        ...(token !== undefined && { "continuation-token": token }),
        ...(maxKeys !== undefined && { "max-keys": String(maxKeys) }),
        ...(isShallow && { delimiter: "/" }),
      },
    },
    { signal },
  )
  if (failure) return { failure }
  const page = toPage(reply.body, place)
  if (!page) throw storeUnavailable("s3", client.nameOf(prefix), "the response is not a list of objects")
  return { page }
}

/**
 * Every key that starts with a prefix, ordered by UTF-8 bytes. Objects that consoles create for folders, whose keys end with a slash,
 * are left out.
 * @throws {store-unavailable} {store-denied} if the bucket cannot be listed
 */
export async function* listKeys(
  client: S3Client,
  place: S3Place,
  prefix: string,
  { signal, after: given, isShallow }: ListOptions = {},
): AsyncIterable<string> {
  let [after, token]: (string | undefined)[] = [given]
  do {
    const listed = await listPage(client, place, prefix, { signal, after, token, isShallow })
    if ("failure" in listed) throw toStoreError(listed.failure, client.nameOf(prefix))
    const { keys, next, nextAfter } = listed.page
    for (const key of keys) if (isSafeKey(isShallow ? key.replace(/\/$/, "") : key)) yield key
    // A server that does not know start-after would send the same page for ever.
    if (next === undefined && nextAfter === after) return
    token = next
    after = nextAfter
  } while (token !== undefined || after !== undefined)
}
