/** Each shape of event, to a request and back: what its front decodes and what it does not, stages, headers, limits. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import {
  type EventV1,
  type EventV2,
  type HttpEvent,
  isHttpEvent,
  toHttpCall,
  toProxyResult,
} from "../../src/aws/events.ts"
import type { Answer } from "../../src/http/answer.ts"
import { decodePath } from "../../src/sizes/decode-path.ts"
import { fixture } from "./fixture.ts"

const SEGMENTS = ["produs_227613", "360x270", "größe 1+1.jpg"]
const PLUS = "produs_227613/360x270/größe 1+1.jpg"
const SPACES = "produs_227613/360x270/größe 1 1.jpg"

const pathOf = (target: string): string => target.split("?")[0] ?? ""

describe("the path of", () => {
  it.each(["function-url", "http-api-stage", "rest-api", "http-api-v1", "load-balancer", "load-balancer-lists"])(
    "%s is the address that was asked for, decoded once and without a stage",
    async (name) => {
      const { request } = toHttpCall(await fixture<HttpEvent>(name))
      expect(decodePath(pathOf(request.target))).toEqual(SEGMENTS)
      expect(request.method).toBe("GET")
    },
  )

  it("an HTTP API is decoded already: a percent sign in it is one", async () => {
    const event = await fixture<EventV2>("http-api-stage")
    const { request } = toHttpCall({ ...event, rawPath: "/prod/360x270/100%25.jpg" })
    expect(decodePath(request.target)).toEqual(["360x270", "100%25.jpg"])
  })

  it("a function URL keeps what looks like its stage", async () => {
    const event = await fixture<EventV2>("function-url")
    expect(toHttpCall({ ...event, rawPath: "/$default/480h/a.jpg" }).request.target).toBe("/$default/480h/a.jpg")
  })
})

describe("the query of", () => {
  it.each(["function-url", "http-api", "http-api-stage", "load-balancer", "load-balancer-lists"])(
    "%s leaves open whether a plus is one, and is first read as one",
    async (name) => {
      const { parameters } = toHttpCall(await fixture<HttpEvent>(`${name}-resizer`))
      expect(parameters).toEqual([{ name: "key", meanings: [PLUS, SPACES] }])
    },
  )

  it.each(["rest-api", "http-api-v1"])("%s is decoded, so that any space may have been a plus", async (name) => {
    const { parameters } = toHttpCall(await fixture<HttpEvent>(`${name}-resizer`))
    expect(parameters).toEqual([{ name: "key", meanings: [SPACES, SPACES.replaceAll(" ", "+")] }])
  })

  it.each([
    ["", []],
    ["key=a%2Bb", [{ name: "key", meanings: ["a+b"] }]],
    ["key=a%20b", [{ name: "key", meanings: ["a b"] }]],
    ["key=a%2520b", [{ name: "key", meanings: ["a%20b"] }]],
    ["key=100%", [{ name: "key", meanings: [] }]],
    ["key=a=b", [{ name: "key", meanings: ["a=b"] }]],
    ["key", [{ name: "key", meanings: [""] }]],
    [
      "key=a&b.jpg",
      [
        { name: "key", meanings: ["a"] },
        { name: "b.jpg", meanings: [""] },
      ],
    ],
  ])("a raw one is read letter by letter: %s", async (rawQueryString, parameters) => {
    const event = await fixture<EventV2>("function-url-resizer")
    expect(toHttpCall({ ...event, rawQueryString }).parameters).toEqual(parameters)
  })

  it("shows a parameter that was given twice as two", async () => {
    const event = await fixture<EventV1>("rest-api-resizer")
    const call = toHttpCall({ ...event, multiValueQueryStringParameters: { key: ["a", "b"] } })
    expect(call.parameters.map(({ name }) => name)).toEqual(["key", "key"])
  })

  it("gives back every key that was escaped, whatever is in it", async () => {
    const event = await fixture<EventV2>("http-api-resizer")
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (key) => {
        const { parameters } = toHttpCall({ ...event, rawQueryString: `key=${encodeURIComponent(key)}` })
        expect(parameters[0]?.meanings).toEqual([key])
      }),
    )
  })
})

describe("headers", () => {
  it.each(["function-url", "rest-api", "load-balancer", "load-balancer-lists"])(
    "of %s are found by their lower-case names",
    async (name) => {
      const { request } = toHttpCall(await fixture<HttpEvent>(name))
      expect(request.header("accept")).toContain("image/avif")
      expect(request.header("x-forwarded-proto")).toBe("https")
      expect(request.header("cookie")).toBeUndefined()
    },
  )

  it("that were given twice are joined", async () => {
    const event = await fixture<EventV1>("load-balancer-lists")
    const { request } = toHttpCall({ ...event, multiValueHeaders: { "If-None-Match": ['"a"', '"b"'] } })
    expect(request.header("if-none-match")).toBe('"a", "b"')
  })

  it("may be missing altogether", async () => {
    const event = await fixture<EventV1>("rest-api")
    const { request } = toHttpCall({ ...event, headers: null, multiValueHeaders: null })
    expect(request.header("accept")).toBeUndefined()
  })
})

it.each([
  ["function-url", true],
  ["rest-api", true],
  ["load-balancer", true],
  ["s3-created", false],
  ["s3-test", false],
  ["eventbridge-created", false],
])("%s is a request over HTTP: %s", async (name, isOne) => {
  expect(isHttpEvent(await fixture(name))).toBe(isOne)
})

it("what is no request is refused with what was expected", async () => {
  expect(() => toHttpCall({ key1: "value1" } as unknown as HttpEvent)).toThrow("Expected an event of a function URL")
})

describe("an answer", () => {
  const answer = (more: Partial<Answer>): Answer => ({
    status: 200,
    headers: { "content-type": "image/jpeg", etag: '"a"' },
    decision: { outcome: "miss", reason: "", timings: {} },
    ...more,
  })

  it("with a picture goes out as Base64, byte for byte", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, at) => at)
    const call = toHttpCall(await fixture<HttpEvent>("function-url"))
    const result = await toProxyResult(answer({ body: body.subarray(3) }), call)
    expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: true, headers: { etag: '"a"' } })
    expect(Buffer.from(result.body, "base64")).toEqual(Buffer.from(body.subarray(3)))
  })

  it("that comes in pieces is put together", async () => {
    const body = (async function* () {
      yield Uint8Array.of(1, 2)
      yield Uint8Array.of(3)
    })()
    const result = await toProxyResult(answer({ body }), toHttpCall(await fixture<HttpEvent>("rest-api")))
    expect([...Buffer.from(result.body, "base64")]).toEqual([1, 2, 3])
  })

  it.each(["text/plain; charset=utf-8", "application/problem+json", "application/json"])(
    "of %s stays readable",
    async (type) => {
      const text = answer({ headers: { "content-type": type }, body: new TextEncoder().encode("größe") })
      const result = await toProxyResult(text, toHttpCall(await fixture<HttpEvent>("http-api-resizer")))
      expect(result).toMatchObject({ body: "größe", isBase64Encoded: false })
    },
  )

  it("without a body has none", async () => {
    const result = await toProxyResult(answer({ status: 304 }), toHttpCall(await fixture<HttpEvent>("function-url")))
    expect(result).toMatchObject({ statusCode: 304, body: "", isBase64Encoded: false })
  })

  it("to a load balancer that gave lists has lists, and nothing else does", async () => {
    const lists = await toProxyResult(answer({}), toHttpCall(await fixture<HttpEvent>("load-balancer-lists")))
    expect(lists.multiValueHeaders).toEqual({ "content-type": ["image/jpeg"], etag: ['"a"'] })
    expect(lists).not.toHaveProperty("headers")
    for (const name of ["load-balancer", "rest-api", "function-url"])
      expect(await toProxyResult(answer({}), toHttpCall(await fixture<HttpEvent>(name)))).not.toHaveProperty(
        "multiValueHeaders",
      )
  })

  it("as long as its front takes fits into what Lambda and a load balancer take", async () => {
    for (const [name, limit] of [
      ["function-url", 6_291_556],
      ["load-balancer", 1_048_576],
    ] as const) {
      const call = toHttpCall(await fixture<HttpEvent>(name))
      const result = await toProxyResult(answer({ body: new Uint8Array(call.maxBytes) }), call)
      expect(JSON.stringify(result).length).toBeLessThan(limit - 20_000)
    }
  })
})
