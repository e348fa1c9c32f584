/** Some of the hostile requests of `npm run stress`, and a check that a malformed response is noticed. */
import { describe, expect, it } from "vitest"

import { readAnswers } from "./hostile-requests.ts"
import { tryPart } from "./part.ts"
import { requests } from "./requests.ts"

describe("hostile requests", () => {
  it.skipIf(process.platform !== "linux")(
    "get valid HTTP responses in order, store only listed renditions, and change no other file",
    async () => {
      const { trials, broken } = await tryPart(requests, { count: 1000, seconds: 20, seed: 1 })
      expect(broken).toEqual([])
      expect(trials).toBe(1000)
    },
  )
})

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

const faultsOf = (text: string, methods = ["GET"]): readonly string[] =>
  readAnswers(Buffer.from(text, "latin1"), methods, true).faults

describe("the parser of responses", () => {
  it("accepts complete responses: one, several, without a body, in chunks", () => {
    expect(faultsOf(ANSWER)).toEqual([])
    expect(faultsOf(ANSWER + ANSWER, ["GET", "POST"])).toEqual([])
    expect(faultsOf("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", ["HEAD"])).toEqual([])
    expect(faultsOf("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")).toEqual([])
  })

  it.each([
    ["half a head", "HTTP/1.1 200 OK\r\ncontent-le"],
    ["2 answers to 1 requests", ANSWER + ANSWER],
    ["1 bytes too few", ANSWER.slice(0, -1)],
    ['the status line "HTTP/1.1 500 Internal Server Error"', ANSWER.replace("200 OK", "500 Internal Server Error")],
    ["no length", "HTTP/1.1 200 OK\r\n\r\nok"],
    ["a header of the client's", ANSWER.replace("content", "x-injected: y\r\ncontent")],
    ["etag twice", ANSWER.replace("content", "etag: y\r\netag: y\r\ncontent")],
    ['the header "a\\u0000: b"', ANSWER.replace("content", "a\0: b\r\ncontent")],
  ])("notices %s", (fault, text) => {
    expect(faultsOf(text)).toContain(fault)
  })
})
