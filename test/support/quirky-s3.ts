/** Responsible for an S3 server in memory that differs from Amazon's where a test says so. It checks no signatures. */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"

/** A response before it is sent. */
export interface QuirkyResponse {
  status: number
  headers: Record<string, string>
  body: string | Uint8Array
}

/** Changes a response. */
export type Quirk = (response: QuirkyResponse, request: IncomingMessage) => void

interface StoredObject {
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** A running server. */
export interface QuirkyS3 {
  readonly endpoint: string
  readonly setQuirk: (quirk: Quirk) => void
  readonly stop: () => Promise<void>
}

const BUCKET = "shop"
const PAGE = 2

const errorXml = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`

const listXml = (keys: readonly string[], query: URLSearchParams): string => {
  const after = query.get("continuation-token") ?? query.get("start-after") ?? ""
  const all = keys.filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after).toSorted()
  const page = all.slice(0, PAGE)
  const contents = page.map((key) => `<Contents><Key>${encodeURIComponent(key)}</Key></Contents>`).join("")
  const isTruncated = all.length > PAGE
  const token = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ""
  return `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${token}${contents}</ListBucketResult>`
}

const putHeaders = (request: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(request.headers).filter(
      (entry): entry is [string, string] => /^(?:x-amz-meta-|content-type$)/.test(entry[0]) && entry[1] !== undefined,
    ),
  )

const respond = (objects: Map<string, StoredObject>, request: IncomingMessage, body: Uint8Array): QuirkyResponse => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
  const [, bucket = "", ...rest] = pathname.split("/")
  const key = decodeURIComponent(rest.join("/"))
  const xml = { "content-type": "application/xml" }
  if (bucket !== BUCKET) return { status: 404, headers: xml, body: errorXml("NoSuchBucket", "no bucket") }
  if (request.method === "PUT") {
    objects.set(key, { bytes: body, headers: putHeaders(request) })
    return { status: 200, headers: { etag: `"${createHash("md5").update(body).digest("hex")}"` }, body: "" }
  }
  if (request.method === "DELETE") {
    objects.delete(key)
    return { status: 204, headers: {}, body: "" }
  }
  if (key === "") return { status: 200, headers: xml, body: listXml([...objects.keys()], searchParams) }
  const object = objects.get(key)
  if (!object) return { status: 404, headers: xml, body: errorXml("NoSuchKey", "no key") }
  const etag = `"${createHash("md5").update(object.bytes).digest("hex")}"`
  const headers = { "last-modified": new Date(Date.now() - 60_000).toUTCString(), etag, ...object.headers }
  if (request.headers.range !== "bytes=0-0" || object.bytes.length === 0)
    return { status: 200, headers, body: object.bytes }
  const range = { "content-range": `bytes 0-0/${object.bytes.length}` }
  return { status: 206, headers: { ...headers, ...range }, body: object.bytes.subarray(0, 1) }
}

/** Starts a server with the bucket `shop`. The caller stops it. */
export const startQuirkyS3 = async (): Promise<QuirkyS3> => {
  const objects = new Map<string, StoredObject>()
  let quirk: Quirk = () => {}
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const answer = respond(objects, request, body)
      quirk(answer, request)
      const length = { "content-length": String(Buffer.byteLength(answer.body)) }
      response.writeHead(answer.status, answer.status === 204 ? answer.headers : { ...answer.headers, ...length })
      response.end(request.method === "HEAD" || answer.status === 204 ? undefined : answer.body)
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setQuirk: (next) => (quirk = next),
    stop: async () => {
      await new Promise((done) => {
        server.close(done)
        server.closeAllConnections()
      })
    },
  }
}
