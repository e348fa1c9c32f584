/** Responsible for a server of photos over HTTP that behaves like those that shops have, and like those that they have trouble with. */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** How the server describes versions, and what it does not support. */
export interface PhotoServerOptions {
  /** Validators in responses. @default "both" */
  readonly validators?: "both" | "etag" | "weak etag" | "time" | "none"
  /** @default true */
  readonly hasHead?: boolean
  /** False for bodies in chunks, without a length. @default true */
  readonly hasLength?: boolean
  /** Folder in URLs. @default "/media" */
  readonly path?: string
}

interface Photo {
  readonly bytes: Uint8Array
  readonly modifiedMs: number
  readonly type: string
  readonly encoding?: string | undefined
}

/** What happens to a request instead of the usual response. True if it was answered. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean

/** A running server. */
export interface PhotoServer {
  readonly origin: string
  readonly baseUrl: string
  /** Creates or replaces a photo. @param modifiedMs @default now */
  readonly set: (key: string, bytes: Uint8Array, photo?: Partial<Photo>) => void
  readonly remove: (key: string) => void
  readonly intercept: (intercept: Intercept | undefined) => void
  /** Requests since the last call, as "GET /media/a.jpg 200". */
  readonly takeLog: () => readonly string[]
  readonly stop: () => Promise<void>
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000

const validatorsOf = (
  { bytes, modifiedMs }: Photo,
  validators: PhotoServerOptions["validators"],
): Readonly<Record<string, string>> => {
  const digest = createHash("sha1").update(bytes).digest("hex")
  const time = { "last-modified": new Date(modifiedMs).toUTCString() }
  if (validators === "none") return {}
  if (validators === "time") return time
  if (validators === "etag") return { etag: `"${digest}"` }
  // Like nginx: made of the time in seconds and the length, so that two changes within a second look the same.
  const coarse = `${(toSeconds(modifiedMs) / 1000).toString(16)}-${bytes.length.toString(16)}`
  return { ...time, etag: validators === "weak etag" ? `W/"${coarse}"` : `"${coarse}"` }
}

const isNotModified = (request: IncomingMessage, headers: Readonly<Record<string, string>>): boolean => {
  const { "if-none-match": tag, "if-modified-since": since } = request.headers
  const plain = (text: string): string => text.replace(/^W\//, "")
  if (tag !== undefined) return headers["etag"] !== undefined && plain(tag) === plain(headers["etag"])
  return since !== undefined && headers["last-modified"] === since
}

const send = (request: IncomingMessage, response: ServerResponse, photo: Photo, options: PhotoServerOptions): void => {
  const { bytes, type, encoding } = photo
  const headers = validatorsOf(photo, options.validators ?? "both")
  if (isNotModified(request, headers)) return void response.writeHead(304, headers).end()
  const length = (options.hasLength ?? true) ? { "content-length": String(bytes.length) } : {}
  const encoded = encoding === undefined ? {} : { "content-encoding": encoding }
  response.writeHead(200, { "content-type": type, ...headers, ...length, ...encoded })
  response.end(request.method === "HEAD" ? undefined : bytes)
}

/** Starts a server on a free port. The caller stops it. */
export const startPhotoServer = async (options: PhotoServerOptions = {}): Promise<PhotoServer> => {
  const { hasHead = true, path = "/media" } = options
  const photos = new Map<string, Photo>()
  let intercept: Intercept | undefined
  let log: string[] = []

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = "/" } = request
    response.once("finish", () => log.push(`${method} ${url} ${response.statusCode}`))
    if (intercept?.(request, response)) return
    if (method === "HEAD" && !hasHead) return void response.writeHead(405).end()
    // A plus stays a plus, and a query is no part of a name.
    const key = decodeURIComponent(url.replace(/[?#].*/, "").slice(path.length + 1))
    const photo = url.startsWith(`${path}/`) ? photos.get(key) : undefined
    if (photo) return send(request, response, photo, options)
    response.writeHead(404, { "content-type": "text/html" }).end("<p>not found")
  }

  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    baseUrl: origin + path,
    set: (key, bytes, photo = {}) =>
      void photos.set(key, { modifiedMs: Date.now(), type: "image/jpeg", ...photo, bytes: bytes.slice() }),
    remove: (key) => void photos.delete(key),
    intercept: (next) => (intercept = next),
    takeLog: () => {
      const taken = log
      log = []
      return taken
    },
    stop: async () => {
      await new Promise((done) => {
        server.close(done)
        server.closeAllConnections()
      })
    },
  }
}
