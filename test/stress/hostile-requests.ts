/**
 * Responsible for hostile requests, byte by byte, from a seed, and for a strict parser of the responses. A request is clean if an ordinary
 * client could have sent it: then it has to get a complete response.
 */
import type { Random } from "./mutate.ts"
import { KEYS, SIZES } from "./served.ts"

/** The bytes that are sent on one connection. */
export interface Attack {
  readonly bytes: Buffer
  /** The method of each request, in order. The last request closes the connection. */
  readonly methods: readonly string[]
  readonly isClean: boolean
}

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const times = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make)
const below = (random: Random, end: number): number => Math.floor(random() * end)

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]
const SEGMENTS = [
  ".",
  "..",
  "",
  "%2e%2e",
  "..%2f",
  "%5c",
  "\\",
  "%00",
  "%",
  "%zz",
  "%ff",
  "%C0%AF",
  "info",
  "tmp",
  "files",
]
const WRONG_SIZES = ["1x1", "99999w", "0h", "-1w", "48H", "36x27x", "1e9w", "48h%20", "info", "%34%38h", "９0w", ""]
const WRONG_ENDINGS = [".json", ".jpg", ".jxl", ".webp.webp", ".avif.json", ".WEBP", ".", "/", "%2Ejson", ".tmp"]
const ACCEPTS = [
  "image/avif,image/webp,*/*;q=0.8",
  "image/webp",
  "*/*",
  "",
  "image/avif;q=0",
  "text/html",
  "application/json",
  ";;q=,,",
  "image/*;q=nan",
  "a/b;".repeat(400),
]
const HEADERS: readonly ((random: Random) => string)[] = [
  (random) => `accept: ${pick(random, ACCEPTS)}`,
  (random) =>
    `range: bytes=${pick(random, ["0-0", "-1", "5-", "9-1", "0-,1-", "-0", "99999999999999999999-", "a-b", "0-0,0-0,0-0"])}`,
  (random) => `if-none-match: ${pick(random, ["*", '"x"', 'W/"x"', "x", '"', '"a", "b"'])}`,
  (random) => `if-match: ${pick(random, ["*", '"x"', "\x80"])}`,
  (random) => `if-modified-since: ${pick(random, ["Thu, 01 Jan 1970 00:00:00 GMT", "tomorrow", "-1"])}`,
  (random) => `if-range: ${pick(random, ['"x"', "never"])}`,
  (random) => `x-${"y".repeat(1 + below(random, 300))}: ${"z".repeat(below(random, 2000))}`,
  (random) => `x-forwarded-host: ${pick(random, ["evil.example", "a\tb"])}`,
  () => "accept-encoding: gzip, br, zstd",
  () => "origin: https://evil.example",
  () => "cookie: a=b",
]
const DIRTY_HEADERS: readonly ((random: Random) => string)[] = [
  () => "host: b.example",
  () => "expect: 100-continue",
  () => "expect: a miracle",
  () => "upgrade: h2c\r\nconnection: upgrade, http2-settings",
  (random) => `content-length: ${pick(random, ["5", "-1", "5, 6", "1e3", "99999999999999999999"])}`,
  () => "transfer-encoding: chunked",
  () => "transfer-encoding: chunked\r\ncontent-length: 3",
  (random) => `x: ${"y".repeat(below(random, 40_000))}`,
  () => "bad header",
  () => " folded: line",
  () => "x: a\0b",
  () => "x\x01: y",
  (random) => times(below(random, 3000), () => "a: b").join("\r\n"),
]

const encode = (key: string): string => key.split("/").map(encodeURIComponent).join("/")

/** The URL path of an existing original, with a listed size or another one. */
const existingPath = (random: Random): string => {
  const segments = encode(pick(random, KEYS)).split("/")
  const size = pick(random, random() < 0.8 ? [...SIZES, "info"] : WRONG_SIZES)
  const ending = pick(random, random() < 0.8 ? ["", ".avif", ".webp", size === "info" ? ".json" : ""] : WRONG_ENDINGS)
  return `/${[...segments.slice(0, -1), size, `${segments.at(-1)}${ending}`].join("/")}`
}

/** A URL path that does not exist, or should not. */
const strangePath = (random: Random): string => {
  const kind = below(random, 4)
  if (kind === 0)
    return `/${times(1 + below(random, 8), () => pick(random, [...SEGMENTS, ...SIZES, ...KEYS.map(encode)])).join("/")}`
  if (kind === 1) return `${"/x".repeat(below(random, 3000))}/48h/a.jpg`
  if (kind === 2)
    return `/48h/${times(below(random, 60), () => `%${below(random, 256).toString(16).padStart(2, "0")}`).join("")}`
  const text = existingPath(random)
  const at = below(random, text.length)
  return (
    text.slice(0, at) + pick(random, ["../", "%2e%2e/", "%0d%0ax-injected:%20y", "//", "%", "?", "é"]) + text.slice(at)
  )
}

const query = (random: Random): string =>
  random() < 0.8 ? "" : `?${pick(random, ["v=1", "x=%0d%0ax-injected:%20y", "/../..", "q".repeat(2000), "%"])}`

const cleanRequest = (random: Random, method: string, isLast: boolean): Buffer => {
  const target = (random() < 0.75 ? existingPath(random) : strangePath(random)) + query(random)
  // Without characters that a client would have to escape, and always a path.
  const escaped = target.replace(/[^\x21-\x7e]/g, encodeURIComponent).replace(/^(?!\/)/, "/")
  const headers = times(below(random, 4), () => pick(random, HEADERS)(random))
  const lines = [
    `${method} ${escaped} HTTP/1.1`,
    "host: a.example",
    ...headers,
    ...(isLast ? ["connection: close"] : []),
  ]
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1")
}

const dirtyRequest = (random: Random, method: string): Buffer => {
  const line = `${method} ${strangePath(random)} ${pick(random, ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", "", "ICY"])}`
  const headers = times(below(random, 4), () => pick(random, [...HEADERS, ...DIRTY_HEADERS, ...DIRTY_HEADERS])(random))
  const text = [line, ...(random() < 0.9 ? ["host: a.example"] : []), ...headers].join(random() < 0.95 ? "\r\n" : "\n")
  const bytes = Buffer.from(`${text}\r\n\r\n`, random() < 0.5 ? "utf8" : "latin1")
  for (let count = below(random, 3) * below(random, 3); count > 0; count--)
    bytes[below(random, bytes.length)] = below(random, 256)
  return bytes
}

/** One to eight requests in one piece. */
export const attack = (random: Random): Attack => {
  const isClean = random() < 0.6
  const methods = times(random() < 0.6 ? 1 : 1 + below(random, 8), () => pick(random, METHODS))
  const requests = methods.map((method, at) =>
    isClean || random() < 0.5 ? cleanRequest(random, method, at === methods.length - 1) : dirtyRequest(random, method),
  )
  return { bytes: Buffer.concat(requests), methods, isClean }
}

const HEADER_LINE = /^[\w!#$%&'*+.^`|~-]+: [\t\x20-\x7e]*$/
const STATUSES: ReadonlySet<number> = new Set([
  100, 200, 204, 206, 304, 400, 404, 405, 408, 412, 413, 415, 416, 417, 422, 431, 503,
])

/** Statuses for bytes that are not a request. */
const UNPARSED: ReadonlySet<number> = new Set([400, 408, 431])

/** The end of the body, or the reason why it has none. */
const bodyEnd = (bytes: Buffer, at: number, headers: readonly string[], isBodiless: boolean): number | string => {
  if (isBodiless) return at
  const length = headers.find((line) => /^content-length:/i.test(line))?.slice("content-length: ".length)
  if (length !== undefined) return /^\d+$/.test(length) ? at + Number(length) : `a length of ${length}`
  if (headers.some((line) => /^transfer-encoding: chunked$/i.test(line))) {
    const end = bytes.indexOf("0\r\n\r\n", at)
    return end < 0 ? Infinity : end + 5
  }
  return headers.some((line) => /^connection: close$/i.test(line)) ? bytes.length : "no length"
}

const faultsOfHead = (line: string, headers: readonly string[]): readonly string[] => {
  const status = Number(/^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(line)?.[1])
  const names = headers.map((header) => header.split(":")[0]?.toLowerCase() ?? "")
  const twice = names.filter((name, at) => names.indexOf(name) !== at)
  return [
    ...(STATUSES.has(status) ? [] : [`the status line ${JSON.stringify(line)}`]),
    ...headers.filter((header) => !HEADER_LINE.test(header)).map((header) => `the header ${JSON.stringify(header)}`),
    ...(twice.length > 0 ? [`${twice.join(", ")} twice`] : []),
    ...(names.includes("x-injected") ? ["a header of the client's"] : []),
  ]
}

/** One of several responses: its end, whether it is final, and its faults. */
interface Part {
  readonly end: number
  readonly isFinal: boolean
  readonly faults: readonly string[]
}

const readAnswer = (bytes: Buffer, at: number, end: number, method: string | undefined): Part => {
  const [line = "", ...headers] = bytes.toString("latin1", at, end).split("\r\n")
  const status = Number(line.slice(9, 12))
  const faults = faultsOfHead(line, headers)
  const isBodiless = method === "HEAD" || status < 200 || status === 204 || status === 304
  // Bytes that are not a request have no method. The response has a body, and the connection ends after it.
  const isUnparsed = UNPARSED.has(status) && headers.some((header) => /^connection: close$/i.test(header))
  const next = bodyEnd(bytes, end + 4, headers, isBodiless && !(isUnparsed && bytes.length > end + 4))
  if (typeof next === "string") return { end: bytes.length, isFinal: true, faults: [...faults, next] }
  return { end: next, isFinal: status >= 200, faults }
}

/**
 * Parses the bytes of a connection. @returns the number of responses, and their faults as text
 * @param isWhole the server closed the connection, so that no byte may be missing
 */
export const readAnswers = (
  bytes: Buffer,
  methods: readonly string[],
  isWhole: boolean,
): { readonly answers: number; readonly faults: readonly string[] } => {
  const faults: string[] = []
  let [at, answers] = [0, 0]
  while (at < bytes.length && faults.length === 0) {
    const end = bytes.indexOf("\r\n\r\n", at)
    if (end < 0) return { answers, faults: isWhole ? ["half a head"] : [] }
    const answer = readAnswer(bytes, at, end, methods[answers])
    faults.push(...answer.faults)
    at = answer.end
    if (answer.isFinal) answers += 1
  }
  if (at > bytes.length && isWhole) faults.push(`${at - bytes.length} bytes too few`)
  if (answers > methods.length) faults.push(`${answers} answers to ${methods.length} requests`)
  return { answers, faults }
}
