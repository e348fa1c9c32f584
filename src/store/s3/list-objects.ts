/** Listing a bucket, page by page. */
import { storeUnavailable } from "../../errors.ts"
import type { CallOptions } from "../store.ts"
import type { S3Client, S3Result } from "./client.ts"
import { elementsOf, parseBody, textOf, toStoreError } from "./failure.ts"
import type { S3Place } from "./place.ts"

/** Keys below a prefix, and what to say for the next ones. */
export interface Page {
  readonly keys: readonly string[]
  readonly next: string | undefined
}

/** As forms are encoded: S3 writes a space as a plus. */
const decodeForm = (text: string): string => decodeURIComponent(text.replaceAll("+", " "))

const toPage = (body: Uint8Array, { prefix }: S3Place): Page | undefined => {
  const root = parseBody(body)
  if (root?.name !== "ListBucketResult") return undefined
  // Some servers do not know the parameter and say so by not repeating it.
  const decode = textOf(root, "EncodingType") === "url" ? decodeForm : (text: string): string => text
  const keys = elementsOf(root, "Contents").map((entry) => decode(textOf(entry, "Key")))
  const next = textOf(root, "IsTruncated") === "true" ? textOf(root, "NextContinuationToken") : ""
  return {
    keys: keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    next: next || undefined,
  }
}

interface PageOptions extends CallOptions {
  readonly after?: string | undefined
  readonly maxKeys?: number
}

/** One page of the keys that start with a prefix, or S3's refusal. */
export const listPage = async (
  client: S3Client,
  place: S3Place,
  prefix: string,
  { after, maxKeys, signal }: PageOptions = {},
): Promise<{ readonly page: Page } | { readonly failure: NonNullable<S3Result["failure"]> }> => {
  const { reply, failure } = await client.send(
    {
      method: "GET",
      query: {
        "list-type": "2",
        // Without it a key with a character that XML cannot hold breaks the whole page.
        "encoding-type": "url",
        prefix: place.prefix + prefix,
        ...(after !== undefined && { "continuation-token": after }),
        ...(maxKeys !== undefined && { "max-keys": String(maxKeys) }),
      },
    },
    { signal },
  )
  if (failure) return { failure }
  const page = toPage(reply.body, place)
  if (!page) throw storeUnavailable("s3", client.nameOf(prefix), "the list of keys is none")
  return { page }
}

/** Every key that starts with a prefix. */
export async function* listKeys(
  client: S3Client,
  place: S3Place,
  prefix: string,
  { signal }: CallOptions = {},
): AsyncIterable<string> {
  let after: string | undefined
  do {
    const listed = await listPage(client, place, prefix, { signal, after })
    if ("failure" in listed) throw toStoreError(listed.failure, client.nameOf(prefix))
    yield* listed.page.keys
    after = listed.page.next
  } while (after !== undefined)
}
