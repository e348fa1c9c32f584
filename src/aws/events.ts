/**
 * What Lambda is called with by each of its HTTP fronts, as the one plain request that everything here answers, and the way back.
 *
 * The fronts differ in what they leave of an address. As captured from live ones (github.com/hotsock/voker pull 8, and
 * github.com/middleapi/standard-server pull 93, which tells of them; github.com/fastify/aws-lambda-fastify issue 169):
 * - a function URL, a REST API and a load balancer give the path as it was sent, escapes and all;
 * - an HTTP API gives it decoded, whichever its payload format, so that `%2F` cannot be told from a slash, and cuts it at a decoded `?`;
 * - the raw query of format 2.0 is as it was sent; a load balancer's parameters are too ("does not decode them", ELB guide, "Lambda
 *   functions as targets"; fastify/aws-lambda-fastify issue 90); those of format 1.0 are decoded, so a plus cannot be told from a space.
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

/** Payload format 1.0: REST APIs, HTTP APIs that are told so (they name the version), and load balancers (`elb`). */
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

/** A request over HTTP, in any of its shapes. */
export type HttpEvent = EventV2 | EventV1

/** One parameter of a query, as often as it was given. */
export interface Parameter {
  readonly name: string
  /** What it may mean, likeliest first: a plus in it may stand for a space. None where an escape is malformed. */
  readonly meanings: readonly string[]
}

/** A request, and what its front demands of the answer. */
export interface HttpCall {
  readonly request: HttpRequest
  readonly parameters: readonly Parameter[]
  /** Longest body that a buffered answer can carry, before it becomes a third longer as Base64. */
  readonly maxBytes: number
  /** The front reads lists of header values, and nothing else. */
  readonly takesLists: boolean
}

/** A buffered answer, as every front understands it. */
export interface ProxyResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** Lambda takes 6 MB (6 291 556 bytes) of JSON from a function; this leaves room for the headers. */
const MAX_BYTES = 4_500_000
/** A load balancer takes 1 MB of JSON (ELB guide, "Lambda functions as targets"). */
const MAX_BALANCER_BYTES = 700_000

const isV2 = (event: HttpEvent): event is EventV2 => event.version === "2.0"

/** True for what comes from a front of HTTP, rather than from anything else that may call a function. */
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

/** A raw plus is one in an address, and a space in a form: S3's redirects and people write the former. */
const meaningsOfRaw = (raw: string): readonly string[] => {
  const asPlus = decode(raw)
  const asSpace = raw.includes("+") ? decode(raw.replaceAll("+", " ")) : undefined
  return [asPlus, asSpace].filter((meaning) => meaning !== undefined)
}

/** Decoded already, and nobody knows any more whether a space was sent as one. */
const meaningsOfDecoded = (value: string): readonly string[] =>
  value.includes(" ") ? [value, value.replaceAll(" ", "+")] : [value]

const parseQuery = (query: string): readonly Parameter[] =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? []
      return { name: decode(name) ?? name, meanings: meaningsOfRaw(value) }
    })

/** Name and value of every parameter or header, of which there may be a list beside the last one. */
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

/** A path without the stage in front of it, which HTTP APIs leave there and which is no part of the address. */
const withoutStage = (path: string, stage: string | undefined): string =>
  stage !== undefined && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path

const fromV2 = ({ rawPath, rawQueryString = "", headers, requestContext }: EventV2): HttpCall => {
  const { domainName = "", stage, http } = requestContext
  // Function URLs have no names of their own, so this tells them from HTTP APIs, which look the same otherwise.
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
      : pairs.map(([name, value]) => ({ name, meanings: meaningsOfDecoded(value) })),
    maxBytes: isBalancer ? MAX_BALANCER_BYTES : MAX_BYTES,
    takesLists: isBalancer && !headers && Boolean(multiValueHeaders),
  }
}

/** The request of an event. @throws where it is none over HTTP, such as the console's own test event */
export const toHttpCall = (event: HttpEvent): HttpCall => {
  if (!isHttpEvent(event))
    throw new TypeError("Expected an event of a function URL, of API Gateway or of a load balancer: see docs/aws.md.")
  return isV2(event) ? fromV2(event) : fromV1(event)
}

/** The body of an answer, read whole. */
const readAnswer = async ({ body }: Answer): Promise<Buffer> => {
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const isText = (type: string | undefined): boolean => /^text\/|^application\/(?:[\w.-]+\+)?json\b/.test(type ?? "")

/** An answer for a front that takes it whole. */
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
