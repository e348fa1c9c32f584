/** Reading access logs: each format, gzip, and texts that come in pieces of any size. */
import { gzipSync } from "node:zlib"

import { describe, expect, it } from "vitest"

import { createLogParser } from "./access-log.ts"
import { type Pieces, readText } from "./read-text.ts"

const parse = (...lines: readonly string[]): unknown => {
  const parseLine = createLogParser()
  return lines.map(parseLine).findLast((request) => request !== undefined)
}

const CLOUDFRONT = [
  "#Version: 1.0",
  "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header",
]
const fieldsOf = (stem: string, query: string): string =>
  [
    "2026-01-02",
    "03:04:05",
    "FRA60-P1",
    "5120",
    "192.0.2.1",
    "GET",
    "d111111abcdef8.cloudfront.net",
    stem,
    "200",
    "-",
    "Mozilla/5.0%20(X11)",
    query,
    "-",
    "Hit",
    "abc==",
    "Photos.example.com",
  ].join("\t")

describe("a line of a log", () => {
  it.each<[string, readonly string[], object]>([
    [
      "the combined format",
      [
        '192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET /a.jpg?w=300 HTTP/1.1" 200 5120 "https://x.example/" "Mozilla"',
      ],
      { method: "GET", target: "/a.jpg?w=300", status: 200, byteLength: 5120 },
    ],
    [
      "the common format, with a host in front",
      ['x.example:443 192.0.2.1 - bob [02/Jan/2026:03:04:05 +0000] "HEAD /a.jpg HTTP/2.0" 304 -'],
      { method: "HEAD", target: "/a.jpg", status: 304, byteLength: undefined },
    ],
    [
      "escaped bytes",
      ['192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET /caf\\xC3\\xA9.jpg HTTP/1.1" 200 1 "-" "-"'],
      { target: "/caf%C3%A9.jpg" },
    ],
    [
      "JSON of nginx",
      [
        '{"request_method":"GET","request_uri":"/a.jpg?w=1","status":"200","body_bytes_sent":"5","http_host":"X.example:8080"}',
      ],
      { method: "GET", target: "/a.jpg?w=1", status: 200, byteLength: 5, host: "x.example" },
    ],
    ["JSON with a query", ['{"method":"GET","path":"/a.jpg","query":"?w=1","status":200}'], { target: "/a.jpg?w=1" }],
    ["JSON with a request line", ['{"request":"GET /a.jpg HTTP/1.1","status":404}'], { target: "/a.jpg", status: 404 }],
    [
      "JSON with nested objects",
      ['{"level":"info","request":{"method":"GET","host":"x.example","uri":"/a.jpg"},"status":200,"size":7}'],
      { target: "/a.jpg", host: "x.example", byteLength: 7 },
    ],
    [
      "JSON of pino",
      ['{"req":{"method":"GET","url":"/a.jpg"},"res":{"statusCode":200}}'],
      { method: "GET", target: "/a.jpg", status: 200 },
    ],
    ["JSON of imgtailor", ['{"method":"GET","target":"/320w/a.jpg","status":200,"byteLength":9}'], { byteLength: 9 }],
    [
      "CloudFront's standard log",
      [...CLOUDFRONT, fieldsOf("/red%2520bag.jpg", "w=300&x=%2525")],
      {
        method: "GET",
        target: "/red%20bag.jpg?w=300&x=%25",
        status: 200,
        byteLength: 5120,
        host: "photos.example.com",
      },
    ],
    ["CloudFront without a query", [...CLOUDFRONT, fieldsOf("/a.jpg", "-")], { target: "/a.jpg" }],
    [
      "W3C fields with spaces",
      ["#Fields: date cs-method cs-uri-stem cs-uri-query sc-status", "2026-01-02 GET /a%20b.jpg w=1 200"],
      { target: "/a%20b.jpg?w=1", status: 200 },
    ],
  ])("a line in %s is parsed", (_, lines, expected) => {
    expect(parse(...lines)).toMatchObject(expected)
  })

  it.each([
    "",
    "# comment",
    "{",
    "{}",
    "[1]",
    "null",
    '{"target":5}',
    '{"method":{},"target":"/a"}',
    "not a log",
    '"GET" 200',
    '- "\\x16\\x03\\x01" 400 150',
  ])("a line that is no request is skipped: %s", (line) => {
    expect(parse(line)).toBeUndefined()
  })
})

async function* inParts(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

const readAll = async (chunks: AsyncIterable<Uint8Array>): Promise<Pieces> => {
  const pieces: string[] = []
  let kind: Pieces["kind"] = "lines"
  for await (const part of readText(chunks)) {
    kind = part.kind
    pieces.push(...part.pieces)
  }
  return { kind, pieces }
}

describe("a text", () => {
  const text = "première\nzweite €\n\n🏺 last"

  it("a text is split into the same lines however its bytes arrive", async () => {
    const bytes = Buffer.from(text)
    for (let length = 1; length <= bytes.length; length++)
      expect((await readAll(inParts(bytes, length))).pieces).toEqual(text.split("\n"))
  })

  it("a text in one or more members of gzip is decompressed", async () => {
    const bytes = Buffer.concat([gzipSync("a\nb"), gzipSync("c\nd\n")])
    for (const length of [1, 7, bytes.length])
      expect((await readAll(inParts(bytes, length))).pieces).toEqual(["a", "bc", "d", ""])
  })

  it("truncated and damaged gzip, and an error of the source, are errors", async () => {
    const bytes = gzipSync("a\n".repeat(1000))
    await expect(readAll(inParts(bytes.subarray(0, 15), 9))).rejects.toThrow(/unexpected end/)
    await expect(readAll(inParts(Buffer.from([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]), 99))).rejects.toThrow(
      /unknown compression method|incorrect header check/,
    )
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync("a\n")
      throw new Error("the disk is gone")
    }
    await expect(readAll(failing())).rejects.toThrow("the disk is gone")
  })

  it("lines that are too long are skipped, and the next one is read", async () => {
    const bytes = Buffer.from(`first\n${"x".repeat(200_000)}\nthird\n`)
    expect((await readAll(inParts(bytes, 4096))).pieces).toEqual(["first", "third", ""])
  })

  it("a text that begins with < is split into tags", async () => {
    const { kind, pieces } = await readAll(inParts(Buffer.from(" \n<a>1</a><b/>"), 3))
    expect([kind, pieces.filter((piece) => piece.trim() !== "")]).toEqual(["tags", ["a>1", "/a>", "b/>"]])
    expect((await readAll(inParts(Buffer.from("  \n \n"), 2))).pieces).toEqual([])
  })
})
