/** Responsible for a real server over real folders, and a client that sends its request line and headers exactly as given. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import type { Server } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { onTestFinished } from "vitest"

import type { TailorOptions } from "../../src/config/options.ts"
import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { closeServer, createNodeServer } from "../../src/server/node.ts"
import { filesBelow, temporaryFolder } from "./folders.ts"

export interface RawRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface RawResponse {
  readonly status: number
  /** By lower-case name. Repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The body as text. */
  readonly text: string
}

const parseHead = (head: string): Pick<RawResponse, "status" | "headers"> => {
  const [statusLine = "", ...lines] = head.split("\r\n")
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const at = line.indexOf(":")
    const name = line.slice(0, at).toLowerCase()
    const value = line.slice(at + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return { status: Number(statusLine.split(" ")[1]), headers }
}

/** @throws {Error} the bytes are not one complete response */
export const parseResponse = (bytes: Buffer, method = "GET"): RawResponse => {
  const end = bytes.indexOf("\r\n\r\n")
  if (end < 0) throw new Error(`Expected a response, got ${JSON.stringify(bytes.toString("latin1").slice(0, 200))}`)
  const { status, headers } = parseHead(bytes.subarray(0, end).toString("latin1"))
  const body = bytes.subarray(end + 4)
  const promised = Number(headers["content-length"] ?? 0)
  const isBodiless = method === "HEAD" || status === 204 || status === 304
  if (headers["transfer-encoding"] === undefined && body.length !== (isBodiless ? 0 : promised))
    throw new Error(`Expected a body of ${isBodiless ? 0 : promised} bytes, got ${body.length}`)
  return { status, headers, body, text: body.toString() }
}

/** Sends a request on a new connection. The target may be bytes, which are sent unchanged. */
export const openRequest = (
  port: number,
  target: string | Buffer,
  { method = "GET", headers = {} }: RawRequest = {},
): Socket => {
  const lines = Object.entries({ host: "localhost", connection: "close", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const socket = connect(port, "127.0.0.1")
  socket.write(
    Buffer.concat([Buffer.from(`${method} `), Buffer.from(target), Buffer.from(` HTTP/1.1\r\n${lines.join("")}\r\n`)]),
  )
  return socket
}

/** Reads until the other side ends the connection. */
export const readAll = async (socket: Socket): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Sends one request on its own connection, and reads the response. */
export const send = async (port: number, target: string | Buffer, request: RawRequest = {}): Promise<RawResponse> =>
  parseResponse(await readAll(openRequest(port, target, request)), request.method)

/** A folder of photos. */
export interface Photos {
  readonly folder: string
  /** Moves a new file into place, like an upload. */
  readonly write: (key: string, bytes: Uint8Array) => Promise<void>
  readonly remove: (key: string) => Promise<void>
}

/** A folder of photos. @param given an existing folder; by default a new one */
export const createPhotos = async (given?: string): Promise<Photos> => {
  const folder = given ?? (await temporaryFolder())
  let count = 0
  return {
    folder,
    write: async (key, bytes) => {
      const path = join(folder, key)
      // Beside the file, since the folder may be a mount.
      const temporary = join(dirname(path), `.upload-${(count += 1)}`)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(temporary, bytes)
      await rename(temporary, path)
    },
    remove: (key) => rm(join(folder, key)),
  }
}

export interface RunningServer extends Photos {
  readonly port: number
  readonly server: Server
  readonly tailor: Tailor
  readonly renditions: string
  /** One report for each handled request. */
  readonly reports: readonly RequestReport[]
  readonly get: (target: string | Buffer, headers?: Readonly<Record<string, string>>) => Promise<RawResponse>
  readonly send: (target: string | Buffer, request?: RawRequest) => Promise<RawResponse>
  /** Keys of all stored renditions, once nothing is being stored. */
  readonly stored: () => Promise<readonly string[]>
}

export interface ServerOptions extends Partial<TailorOptions> {
  /** Folder of photos. @default an empty one */
  readonly photos?: Photos
}

/** Starts a server on a free port. It is closed at the end of the test. */
export const startServer = async ({ photos: given, ...options }: ServerOptions = {}): Promise<RunningServer> => {
  const photos = given ?? (await createPhotos())
  const renditions = typeof options.renditions === "string" ? options.renditions : await temporaryFolder()
  const reports: RequestReport[] = []
  const tailor = createTailor(
    { originals: photos.folder, renditions, sizes: ["360x270", "480h", "1280w"], isolation: "none", ...options },
    { onRequest: (report) => reports.push(report) },
  )
  const server = createNodeServer(tailor)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(async () => {
    await closeServer(server, 0)
    // A failed test may have left a store waiting.
    await Promise.race([tailor.idle(), sleep(500)])
  })
  const { port } = server.address() as AddressInfo
  return {
    ...photos,
    port,
    server,
    tailor,
    renditions,
    reports,
    get: (target, headers = {}) => send(port, target, { headers }),
    send: (target, request) => send(port, target, request),
    stored: async () => {
      await tailor.idle()
      return filesBelow(join(renditions, "files"))
    },
  }
}
