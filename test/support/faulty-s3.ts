/** A server between imgtailor and S3 that does to requests what networks and S3 do to them: on demand, and only as often as it is told. */
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"

/** What is done to a request in place of what it asked for. */
export type Fault =
  /** Nothing, for ever. */
  | { readonly kind: "silence" }
  /** What it asked for, but not before something else has happened. */
  | { readonly kind: "hold"; readonly until: Promise<void> }
  /** A success whose bytes come one by one. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** The head and half of the body of what S3 answers, and then the end. */
  | { readonly kind: "cut" }
  /** The same without a length that would tell. */
  | { readonly kind: "cut chunks" }
  /** A body whose length and end are both unknown. */
  | { readonly kind: "no length" }
  | { readonly kind: "reset" }
  /** An error of S3's. */
  | { readonly kind: "error"; readonly status: number; readonly code: string; readonly message?: string }
  /** A proxy's page, which is not XML. */
  | { readonly kind: "page"; readonly status: number }
  /** What was sent is not what arrives. */
  | { readonly kind: "tamper" }
  /** As S3 speaks to those who may not list: a missing object is forbidden. */
  | { readonly kind: "forbidden instead of missing" }

interface Plan {
  readonly fault: Fault
  /** How many more requests it is for. */
  left: number
  readonly isMeant: (request: IncomingMessage) => boolean
}

export interface FaultyS3 {
  readonly endpoint: string
  /** From now on; for all methods and for ever, unless told otherwise. */
  readonly fail: (fault: Fault, options?: { readonly times?: number; readonly methods?: readonly string[] }) => void
  /** From now on everything goes through. */
  readonly heal: () => void
  /** Requests since the last call, as "GET /bucket/key". */
  readonly takeLog: () => readonly string[]
  /** Nobody listens any more, until it is opened again. */
  readonly close: () => Promise<void>
  readonly open: () => Promise<void>
}

const errorXml = (code: string, message = "because"): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`

interface Passed {
  readonly status: number
  readonly headers: IncomingMessage["rawHeaders"]
  readonly body: Buffer
}

/** The request sent on as it came, so that its signature holds. */
const passOn = async (
  target: URL,
  request: IncomingMessage,
  change: (body: Buffer) => Buffer = (body) => body,
): Promise<Passed> => {
  const body = change(await buffer(request))
  return new Promise((resolve, reject) => {
    const { method, url, rawHeaders } = request
    const onward = send({ host: target.hostname, port: target.port, method, path: url, headers: rawHeaders })
    onward.once("error", reject)
    onward.once("response", (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, body: bytes }),
        reject,
      )
    })
    onward.end(body)
  })
}

const answer = (response: ServerResponse, status: number, body: string, type = "application/xml"): void => {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body)
}

const pass = async (
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  change?: (body: Buffer) => Buffer,
): Promise<void> => {
  const { status, headers, body } = await passOn(target, request, change)
  response.writeHead(status, headers).end(body)
}

const cut = async (
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  isChunked: boolean,
): Promise<void> => {
  const { status, headers, body } = await passOn(target, request)
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
  const { status, headers, body } = await passOn(target, request)
  // The answer to a HEAD does not say what is missing.
  const isMissing = status === 404 && (body.includes("NoSuchKey") || request.method === "HEAD")
  if (isMissing) answer(response, 403, errorXml("AccessDenied", "Access Denied"))
  else response.writeHead(status, headers).end(body)
}

const inflict = async (
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
      return answer(response, fault.status, errorXml(fault.code, fault.message))
    case "page":
      return answer(response, fault.status, "<!doctype html><p>no</p><br>", "text/html")
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

/** Starts one in front of a server; whoever starts it closes it. */
export const startFaultyS3 = async (endpoint: string): Promise<FaultyS3> => {
  const target = new URL(endpoint)
  let plan: Plan | undefined
  let log: string[] = []

  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`)
    const current = plan && plan.left > 0 && plan.isMeant(request) ? plan : undefined
    if (current) current.left -= 1
    const fault = current?.fault
    const until = fault?.kind === "hold" ? fault.until : Promise.resolve()
    const done = until.then(() =>
      fault && fault.kind !== "hold" ? inflict(fault, target, request, response) : pass(target, request, response),
    )
    done.catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  const port = await listen(server, 0)

  return {
    endpoint: `http://127.0.0.1:${port}`,
    fail: (fault, { times = Infinity, methods } = {}) => {
      plan = { fault, left: times, isMeant: ({ method = "" }) => methods?.includes(method) ?? true }
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
