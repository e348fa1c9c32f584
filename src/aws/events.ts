/**
 * Responsible for Lambda's HTTP events: from each of their formats to one plain request, and back to a response.
 *
 * Invariants, observed on live requests (github.com/hotsock/voker pull 8, github.com/middleapi/standard-server pull 93,
 * github.com/fastify/aws-lambda-fastify issues 90 and 169; ELB guide, "Lambda functions as targets"):
 * - A function URL, a REST API and a load balancer pass the path unchanged.
 * - An HTTP API decodes the path in both payload formats, so `%2F` becomes a slash, and truncates it at a decoded `?`.
 * - The raw query of format 2.0 and the parameters of a load balancer are unchanged. Parameters of format 1.0 are decoded, so a
 *   plus becomes a space.
 */
import type { Answer, HttpRequest } from "../http/answer.ts"
import { encodeKey } from "../sizes/key.ts"

type Texts = Readonly<Record<string, string | undefined>>
type TextLists = Readonly<Record<string, readonly string[] | undefined>>

/** Payload format 2.0: function URLs and HTTP APIs. */
export interface EventV2 {
  readonly version: "2.0"
  readonly rawPath: string
  readonly rawQueryString?: string
  readonly headers?: Texts
  readonly requestContext: {
    readonly domainName?: string
    readonly stage?: string
    readonly http: { readonly method: string }
  }
}

/** Payload format 1.0: REST APIs, HTTP APIs configured for it (their events have a version), and load balancers (`elb`). */
export interface EventV1 {
  readonly version?: "1.0"
  readonly httpMethod: string
  readonly path: string
  readonly headers?: Texts | null
  readonly multiValueHeaders?: TextLists | null
  readonly queryStringParameters?: Texts | null
  readonly multiValueQueryStringParameters?: TextLists | null
  readonly requestContext: { readonly stage?: string; readonly elb?: object }
}

/** An HTTP event in any format. */
export type HttpEvent = EventV2 | EventV1

/** One parameter of a query. A repeated one is there as often. */
export interface Parameter {
  readonly name: string
  /** Possible values, the likeliest first: a plus can be a space. Empty if an escape is malformed. */
  readonly readings: readonly string[]
}

/** A request, and the requirements of its event format for the response. */
export interface HttpCall {
  readonly request: HttpRequest
  readonly parameters: readonly Parameter[]
  /** Longest body of a buffered response in bytes, before Base64 makes it longer by a third. */
  readonly maxBytes: number
  /** True if the response must have lists of header values. */
  readonly takesLists: boolean
}

/** A response in one piece. */
export interface ProxyResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** Lambda accepts 6 MB (6 291 556 bytes) of JSON from a function. This leaves room for the headers. */
const MAX_BYTES = 4_500_000
/** A load balancer accepts 1 MB of JSON (ELB guide, "Lambda functions as targets"). */
const MAX_BALANCER_BYTES = 700_000

const isV2 = (event: HttpEvent): event is EventV2 => event.version === "2.0"

/** True for an HTTP event (function URL, API Gateway, ALB). */
export const isHttpEvent = (event: unknown): event is HttpEvent => {
  const { version, rawPath, httpMethod } = (event ?? {}) as Partial<EventV2 & EventV1>
  return version === "2.0" ? typeof rawPath === "string" : typeof httpMethod === "string"
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A plus is literal in a URL and a space in a form. S3's redirects and people write the former. */
const readingsOfRaw = (raw: string): readonly string[] => {
  const asPlus = decode(raw)
  const asSpace = raw.includes("+") ? decode(raw.replaceAll("+", " ")) : undefined
  return [asPlus, asSpace].filter((reading) => reading !== undefined)
}

/** The value is decoded, so a space may have been sent as a plus. */
const readingsOfDecoded = (value: string): readonly string[] =>
  value.includes(" ") ? [value, value.replaceAll(" ", "+")] : [value]

const parseQuery = (query: string): readonly Parameter[] =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? []
      return { name: decode(name) ?? name, readings: readingsOfRaw(value) }
    })

/** Name and value of every parameter or header. The lists have all values, the texts only the last. */
const pairsOf = (lists: TextLists | null | undefined, texts: Texts | null | undefined): readonly [string, string][] => {
  const all = Object.entries(lists ?? texts ?? {})
  return all.flatMap(([name, value]) => [value ?? []].flat().map((text): [string, string] => [name, text]))
}

const headerReader = (pairs: readonly (readonly [string, string])[]): HttpRequest["header"] => {
  const headers = new Map<string, string>()
  for (const [name, value] of pairs) {
    const before = headers.get(name.toLowerCase())
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
  }
  return (name) => headers.get(name)
}

/** A path without the stage, which HTTP APIs leave in it. */
const withoutStage = (path: string, stage: string | undefined): string =>
  stage !== undefined && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path

const fromV2 = ({ rawPath, rawQueryString = "", headers, requestContext }: EventV2): HttpCall => {
  const { domainName = "", stage, http } = requestContext
  // A function URL has no custom domain, so its domain distinguishes it from an HTTP API.
  const isFunctionUrl = domainName.includes(".lambda-url.")
  const path = isFunctionUrl ? rawPath : encodeKey(withoutStage(rawPath, stage))
  return {
    request: {
      method: http.method,
      target: rawQueryString === "" ? path : `${path}?${rawQueryString}`,
      header: headerReader(pairsOf(undefined, headers)),
    },
    parameters: parseQuery(rawQueryString),
    maxBytes: MAX_BYTES,
    takesLists: false,
  }
}

const fromV1 = (event: EventV1): HttpCall => {
  const { version, path, httpMethod, headers, multiValueHeaders, requestContext } = event
  const isBalancer = requestContext.elb !== undefined
  const pairs = pairsOf(event.multiValueQueryStringParameters, event.queryStringParameters)
  const query = pairs.map((pair) => pair.map((text) => (isBalancer ? text : encodeKey(text))).join("=")).join("&")
  const target = version === undefined ? path : encodeKey(withoutStage(path, requestContext.stage))
  return {
    request: {
      method: httpMethod,
      target: query === "" ? target : `${target}?${query}`,
      header: headerReader(pairsOf(multiValueHeaders, headers)),
    },
    parameters: isBalancer
      ? parseQuery(query)
      : pairs.map(([name, value]) => ({ name, readings: readingsOfDecoded(value) })),
    maxBytes: isBalancer ? MAX_BALANCER_BYTES : MAX_BYTES,
    takesLists: isBalancer && !headers && Boolean(multiValueHeaders),
  }
}

/** The request of an event. @throws {TypeError} for another event, such as the console's test event */
export const toHttpCall = (event: HttpEvent): HttpCall => {
  if (!isHttpEvent(event))
    throw new TypeError("Expected an event of a function URL, of API Gateway or of a load balancer: see docs/aws.md.")
  return isV2(event) ? fromV2(event) : fromV1(event)
}

/** The body of a response, read whole. */
const readAnswer = async ({ body }: Answer): Promise<Buffer> => {
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const isText = (type: string | undefined): boolean => /^text\/|^application\/(?:[\w.-]+\+)?json\b/.test(type ?? "")

/** A response in one piece. */
export const toProxyResult = async (answer: Answer, { takesLists }: HttpCall): Promise<ProxyResult> => {
  const { status, headers } = answer
  const bytes = await readAnswer(answer)
  const isBase64Encoded = bytes.length > 0 && !isText(headers["content-type"])
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  return {
    statusCode: status,
    ...(takesLists ? { multiValueHeaders: lists } : { headers }),
    body: bytes.toString(isBase64Encoded ? "base64" : "utf8"),
    isBase64Encoded,
  }
}
