/**
 * Functions as Lambda runs them, under its runtime interface emulator, and the URL of one: a request becomes an event, and what the
 * function streams or returns becomes an answer. An emulator takes one event at a time, as a function's environment does; where all are
 * busy the URL says so, as it does where the reserved concurrency is used up.
 */
import type { ServerResponse } from "node:http"
import { buffer } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

import type { EventV2, ProxyResult } from "../../src/aws/events.ts"
import { needTools } from "../support/tools.ts"
import { freePort } from "../support/versitygw.ts"
import { answers, type Listener, type Parts } from "./processes.ts"

const RUNTIME = fileURLToPath(new URL("../support/lambda-runtime.mjs", import.meta.url))

/** Twice what the stack has: a machine that has other things to do is slower than Lambda. */
export const TIMEOUT_SECONDS = 60

export interface FunctionOptions {
  /** Where its zip was unpacked. */
  readonly folder: string
  /** The Node that runs it. */
  readonly node: string
  readonly env: Readonly<Record<string, string>>
}

/** One environment of a function. */
export interface Emulator {
  /** Calls it with an event. @returns what it gave, byte for byte */
  readonly invoke: (event: object) => Promise<Buffer>
  readonly isBusy: () => boolean
  /** What it logged. */
  readonly log: () => string
}

export const startEmulator = async (parts: Parts, { folder, node, env }: FunctionOptions): Promise<Emulator> => {
  const program = needTools("aws-lambda-rie")["aws-lambda-rie"]
  const [port, apiPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const places = ["--runtime-interface-emulator-address", `127.0.0.1:${port}`]
  const api = ["--runtime-api-address", `127.0.0.1:${apiPort}`]
  const limits = { AWS_LAMBDA_FUNCTION_TIMEOUT: String(TIMEOUT_SECONDS), AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1536" }
  let streamed: Buffer | undefined
  const stream = await parts.listen(async (request, response) => {
    streamed = await buffer(request)
    response.end()
  })
  const { log } = await parts.start(program, [...places, ...api, node, RUNTIME], {
    cwd: folder,
    env: { LAMBDA_TASK_ROOT: folder, STREAM_TO: stream.url, ...limits, ...env },
    isUp: () => answers(url),
  })
  let calls = 0
  const post = async (event: object): Promise<Buffer> => {
    calls += 1
    try {
      const path = "/2015-03-31/functions/function/invocations"
      const response = await fetch(url + path, { method: "POST", body: JSON.stringify(event) })
      return Buffer.from(await response.arrayBuffer())
    } finally {
      calls -= 1
    }
  }
  const invoke = async (event: object): Promise<Buffer> => {
    streamed = undefined
    const returned = await post(event)
    return streamed ?? returned
  }
  return { invoke, isBusy: () => calls > 0, log }
}

/** Between what a function streams first, its status and headers, and its bytes. */
const DELIMITER = Buffer.alloc(8)

export interface FunctionAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const refusal = (status: number, message: string): FunctionAnswer => ({
  status,
  headers: { "content-type": "application/json" },
  body: Buffer.from(JSON.stringify({ Message: message })),
})

/** What a function gave, streamed or in one piece, as its URL's answer. An error of the function's, or of its limits, is a 502. */
const toAnswer = (given: Buffer): FunctionAnswer => {
  const at = given.indexOf(DELIMITER)
  const result = JSON.parse(given.subarray(0, at < 0 ? given.length : at).toString()) as Partial<ProxyResult>
  const { statusCode, headers = {}, body = "", isBase64Encoded } = result
  if (statusCode === undefined) return refusal(502, "Internal Server Error")
  const bytes = at < 0 ? Buffer.from(body, isBase64Encoded ? "base64" : "utf8") : given.subarray(at + DELIMITER.length)
  return { status: statusCode, headers, body: bytes }
}

/** A GET as function URLs put it: the path as it was sent. */
export const eventOf = (path: string, headers: EventV2["headers"] = {}): EventV2 => ({
  version: "2.0",
  rawPath: path,
  rawQueryString: "",
  headers,
  requestContext: { domainName: "x1y2.lambda-url.eu-central-1.on.aws", http: { method: "GET" } },
})

export interface FunctionUrl {
  readonly listener: Listener
  /** The same without HTTP. */
  readonly call: (event: EventV2) => Promise<FunctionAnswer>
  /** Paths that it was called with since this was last asked; refused ones are not among them. */
  readonly takeCalls: () => readonly string[]
}

const send = (response: ServerResponse, { status, headers, body }: FunctionAnswer): void => {
  response.writeHead(status, { ...headers, "content-length": body.length }).end(body)
}

/** The URL of a function that may run in so many environments at a time. */
export const functionUrl = (environments: readonly Emulator[]): FunctionUrl => {
  let calls: string[] = []
  const call = async (event: EventV2): Promise<FunctionAnswer> => {
    const free = environments.find(({ isBusy }) => !isBusy())
    if (!free) return refusal(429, "Rate Exceeded.")
    calls.push(event.rawPath)
    return toAnswer(await free.invoke(event))
  }
  const listener: Listener = async ({ method = "GET", url = "/", headers }, response) => {
    const [path = "/", query = ""] = url.split("?")
    const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    const { requestContext, ...event } = eventOf(path, texts)
    const context = { ...requestContext, http: { method } }
    send(response, await call({ ...event, rawQueryString: query, requestContext: context }))
  }
  const takeCalls = (): readonly string[] => {
    const taken = calls
    calls = []
    return taken
  }
  return { listener, call, takeCalls }
}
