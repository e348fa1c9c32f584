/** Responsible for a proxy in front of an S3 server that makes requests fail as networks and S3 do, on demand. */
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"

/** What happens to a request instead of its normal response. */
export type Fault =
  /** No response, ever. */
  | { readonly kind: "silence" }
  /** The normal response, after a promise resolves. */
  | { readonly kind: "hold"; readonly until: Promise<void> }
  /** A success whose bytes arrive one by one. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** The header and half of the body, then the connection closes. */
  | { readonly kind: "cut" }
  /** The same with a chunked body, which has no Content-Length. */
  | { readonly kind: "cut chunks" }
  /** A body with neither a length nor a declared end. */
  | { readonly kind: "no length" }
  | { readonly kind: "reset" }
  /** An error of S3. */
  | { readonly kind: "error"; readonly status: number; readonly code: string; readonly message?: string }
  /** The HTML page of another proxy. */
  | { readonly kind: "page"; readonly status: number }
  /** The body of the request is changed on its way to S3. */
  | { readonly kind: "tamper" }
  /** S3's response to clients that may not list: a missing object is forbidden. */
  | { readonly kind: "forbidden instead of missing" }

interface Plan {
  readonly fault: Fault
  /** Number of further requests that fail. */
  remaining: number
  readonly applies: (request: IncomingMessage) => boolean
}

/** Which requests fail. */
export interface FailOptions {
  /** @default every one */
  readonly times?: number
  /** @default every method */
  readonly methods?: readonly string[]
  /** A pattern of the path and query. @default every URL */
  readonly urls?: RegExp
}

export interface FaultyS3 {
  readonly endpoint: string
  /** Makes requests fail from now on. */
  readonly fail: (fault: Fault, options?: FailOptions) => void
  /** Passes every request on from now on. */
  readonly heal: () => void
  /** Requests since the last call, as "GET /bucket/key". */
  readonly takeLog: () => readonly string[]
  /** Stops listening until it is opened again. */
  readonly close: () => Promise<void>
  readonly open: () => Promise<void>
}

const errorXml = (code: string, message = "because"): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`

interface Forwarded {
  readonly status: number
  readonly headers: IncomingMessage["rawHeaders"]
  readonly body: Buffer
}

/** Sends a request on unchanged, so that its signature stays valid. */
const forward = async (
  target: URL,
  request: IncomingMessage,
  change: (body: Buffer) => Buffer = (body) => body,
): Promise<Forwarded> => {
  const body = change(await buffer(request))
  return new Promise((resolve, reject) => {
    const { method, url, rawHeaders } = request
    const forwarded = send({ host: target.hostname, port: target.port, method, path: url, headers: rawHeaders })
    forwarded.once("error", reject)
    forwarded.once("response", (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, body: bytes }),
        reject,
      )
    })
    forwarded.end(body)
  })
}

const respond = (response: ServerResponse, status: number, body: string, type = "application/xml"): void => {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body)
}

const pass = async (
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  change?: (body: Buffer) => Buffer,
): Promise<void> => {
  const { status, headers, body } = await forward(target, request, change)
  response.writeHead(status, headers).end(body)
}

const cut = async (
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  isChunked: boolean,
): Promise<void> => {
  const { status, headers, body } = await forward(target, request)
  const names = new Set(["content-length", "transfer-encoding", "connection"])
  const kept = headers.filter((_, at) => !names.has(headers[at - (at % 2)]?.toLowerCase() ?? ""))
  response.writeHead(status, isChunked ? kept : [...kept, "content-length", String(body.length)])
  response.write(body.subarray(0, body.length / 2), () => response.destroy())
}

const drip = (response: ServerResponse, everyMs: number): void => {
  response.writeHead(200, { etag: '"drip"', "content-length": "100000" })
  const timer = setInterval(() => response.write("x"), everyMs)
  response.once("close", () => clearInterval(timer))
}

const forbid = async (target: URL, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { status, headers, body } = await forward(target, request)
  // The response to HEAD has no error code.
  const isMissing = status === 404 && (body.includes("NoSuchKey") || request.method === "HEAD")
  if (isMissing) respond(response, 403, errorXml("AccessDenied", "Access Denied"))
  else response.writeHead(status, headers).end(body)
}

const applyFault = async (
  fault: Exclude<Fault, { readonly kind: "hold" }>,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  switch (fault.kind) {
    case "silence":
      return
    case "drip":
      return drip(response, fault.everyMs)
    case "cut":
    case "cut chunks":
      return cut(target, request, response, fault.kind === "cut chunks")
    case "no length":
      return void response.socket?.end('HTTP/1.1 200 OK\r\nETag: "x"\r\nConnection: close\r\n\r\npart of a picture')
    case "reset":
      return void request.socket.resetAndDestroy()
    case "error":
      return respond(response, fault.status, errorXml(fault.code, fault.message))
    case "page":
      return respond(response, fault.status, "<!doctype html><p>no</p><br>", "text/html")
    case "tamper":
      return pass(target, request, response, (body) => body.fill("?", 0, 1))
    case "forbidden instead of missing":
      return forbid(target, request, response)
  }
}

const listen = async (server: Server, port: number): Promise<number> => {
  await new Promise<void>((done, fail) => {
    server.once("error", fail)
    server.listen(port, "127.0.0.1", () => {
      server.off("error", fail)
      done()
    })
  })
  return (server.address() as AddressInfo).port
}

/** Starts a proxy in front of a server. The caller closes it. */
export const startFaultyS3 = async (endpoint: string): Promise<FaultyS3> => {
  const target = new URL(endpoint)
  let plan: Plan | undefined
  let log: string[] = []

  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`)
    const current = plan && plan.remaining > 0 && plan.applies(request) ? plan : undefined
    if (current) current.remaining -= 1
    const fault = current?.fault
    const until = fault?.kind === "hold" ? fault.until : Promise.resolve()
    const done = until.then(() =>
      fault && fault.kind !== "hold" ? applyFault(fault, target, request, response) : pass(target, request, response),
    )
    done.catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  const port = await listen(server, 0)

  return {
    endpoint: `http://127.0.0.1:${port}`,
    fail: (fault, { times = Infinity, methods, urls = /^/ } = {}) => {
      const applies = ({ method = "", url = "" }: IncomingMessage): boolean =>
        (methods?.includes(method) ?? true) && urls.test(url)
      plan = { fault, remaining: times, applies }
    },
    heal: () => (plan = undefined),
    takeLog: () => {
      const taken = log
      log = []
      return taken
    },
    close: async () => {
      await new Promise((done) => {
        server.close(done)
        server.closeAllConnections()
      })
    },
    open: async () => void (await listen(server, port)),
  }
}
