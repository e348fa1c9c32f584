/**
 * Responsible for the URL of a function, where it is stricter than emulators: it verifies the signature of CloudFront, answers 429 if as
 * many environments as may run are busy, and renames headers that it sets itself.
 */
import type { ServerResponse } from "node:http"

import type { EventV2, ProxyResult } from "../../src/aws/events.ts"
import type { Identity } from "../support/versitygw.ts"
import type { Emulator } from "./emulator.ts"
import type { Listener } from "./processes.ts"
import { isSignedForLambda } from "./sigv4.ts"

/** Between status and headers of a streamed response, and its body. */
const DELIMITER = Buffer.alloc(8)

/** A response of the URL. */
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

/** The response for what a function streamed or returned. An error of the function, or of its limits, is 502. */
const toAnswer = (output: Buffer): FunctionAnswer => {
  const at = output.indexOf(DELIMITER)
  const result = JSON.parse(output.subarray(0, at < 0 ? output.length : at).toString()) as Partial<ProxyResult>
  const { statusCode, headers = {}, body = "", isBase64Encoded } = result
  if (statusCode === undefined) return refusal(502, "Internal Server Error")
  const bytes = at < 0 ? Buffer.from(body, isBase64Encoded ? "base64" : "utf8") : output.subarray(at + DELIMITER.length)
  return { status: statusCode, headers, body: bytes }
}

/** The event of a GET, with the path in the encoding of the client. */
export const eventOf = (path: string, headers: EventV2["headers"] = {}): EventV2 => ({
  version: "2.0",
  rawPath: path,
  rawQueryString: "",
  headers,
  requestContext: { domainName: "x1y2.lambda-url.eu-central-1.on.aws", http: { method: "GET" } },
})

/** Headers that the URL sets itself. Those of the function are renamed. */
const REMAPPED = new Set(["connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"])

const remap = (headers: FunctionAnswer["headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [REMAPPED.has(name) ? `x-amzn-remapped-${name}` : name, value]),
  )

/** Without a length, so that the body is sent in chunks, as a stream is. */
const send = (response: ServerResponse, { status, headers, body }: FunctionAnswer): void => {
  response.writeHead(status, remap(headers))
  if (body.length > 0) response.write(body)
  response.end()
}

/** Options of a function's URL. */
export interface FunctionUrlOptions {
  /** The environments that run already. */
  readonly environments: readonly Emulator[]
  /** The most environments at a time: the reserved concurrency. */
  readonly concurrency: number
  /** Starts one more, as Lambda does when it is needed. */
  readonly start: () => Promise<Emulator>
  /** Whose signature is accepted. */
  readonly caller: Identity
}

/** A function behind a URL. */
export interface FunctionUrl {
  readonly listener: Listener
  /** Calls the function without HTTP and without a signature. */
  readonly call: (event: EventV2) => Promise<FunctionAnswer>
  /** Paths of the calls since the last time. Refused calls are not among them. */
  readonly takeCalls: () => readonly string[]
  /** The logs of all environments. */
  readonly log: () => Promise<string>
}

interface Slot {
  readonly emulator: Promise<Emulator>
  isTaken: boolean
}

/** Puts a function behind a URL. */
export const functionUrl = ({ environments, concurrency, start, caller }: FunctionUrlOptions): FunctionUrl => {
  const slots: Slot[] = environments.map((each) => ({ emulator: Promise.resolve(each), isTaken: false }))
  let calls: string[] = []

  const findSlot = (): Slot | undefined => {
    const free = slots.find(({ isTaken }) => !isTaken)
    if (free ?? slots.length >= concurrency) return free
    const added = { emulator: start(), isTaken: false }
    slots.push(added)
    return added
  }
  const call = async (event: EventV2): Promise<FunctionAnswer> => {
    const slot = findSlot()
    if (!slot) return refusal(429, "Rate Exceeded.")
    calls.push(event.rawPath)
    slot.isTaken = true
    try {
      return toAnswer(await (await slot.emulator).invoke(event))
    } finally {
      slot.isTaken = false
    }
  }
  const listener: Listener = async ({ method = "GET", url = "/", headers }, response) => {
    const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    if (!isSignedForLambda({ method, url, headers: texts }, caller)) {
      const message = "The request signature we calculated does not match the signature you provided."
      return send(response, refusal(403, message))
    }
    const [path = "/", query = ""] = url.split("?")
    const { requestContext, ...event } = eventOf(path, texts)
    const context = { ...requestContext, http: { method } }
    send(response, await call({ ...event, rawQueryString: query, requestContext: context }))
  }
  const takeCalls = (): readonly string[] => {
    const taken = calls
    calls = []
    return taken
  }
  const log = async (): Promise<string> =>
    (await Promise.all(slots.map(async ({ emulator }) => (await emulator).log()))).join("")
  return { listener, call, takeCalls, log }
}
