/** Tests of Lambda's HTTP events, in each of their formats: decoding, stages, headers, limits, and the response. */
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

describe("toHttpCall", () => {
  it.each(["function-url", "http-api-stage", "rest-api", "http-api-v1", "load-balancer", "load-balancer-lists"])(
    "the path of %s is the requested one, decoded once and without a stage",
    async (name) => {
      const { request } = toHttpCall(await fixture<HttpEvent>(name))
      expect(decodePath(pathOf(request.target))).toEqual(SEGMENTS)
      expect(request.method).toBe("GET")
    },
  )

  it("the path of an HTTP API is decoded, so a percent sign in it is literal", async () => {
    const event = await fixture<EventV2>("http-api-stage")
    const { request } = toHttpCall({ ...event, rawPath: "/prod/360x270/100%25.jpg" })
    expect(decodePath(request.target)).toEqual(["360x270", "100%25.jpg"])
  })

  it("the path of a function URL keeps a segment that looks like a stage", async () => {
    const event = await fixture<EventV2>("function-url")
    expect(toHttpCall({ ...event, rawPath: "/$default/480h/a.jpg" }).request.target).toBe("/$default/480h/a.jpg")
  })
})

describe("the query of an event", () => {
  it.each(["function-url", "http-api", "http-api-stage", "load-balancer", "load-balancer-lists"])(
    "a plus in the query of %s is read as a plus, then as a space",
    async (name) => {
      const { parameters } = toHttpCall(await fixture<HttpEvent>(`${name}-resizer`))
      expect(parameters).toEqual([{ name: "key", readings: [PLUS, SPACES] }])
    },
  )

  it.each(["rest-api", "http-api-v1"])(
    "a space in the query of %s is read as a space, then as a plus, since the query is decoded",
    async (name) => {
      const { parameters } = toHttpCall(await fixture<HttpEvent>(`${name}-resizer`))
      expect(parameters).toEqual([{ name: "key", readings: [SPACES, SPACES.replaceAll(" ", "+")] }])
    },
  )

  it.each([
    ["", []],
    ["key=a%2Bb", [{ name: "key", readings: ["a+b"] }]],
    ["key=a%20b", [{ name: "key", readings: ["a b"] }]],
    ["key=a%2520b", [{ name: "key", readings: ["a%20b"] }]],
    ["key=100%", [{ name: "key", readings: [] }]],
    ["key=a=b", [{ name: "key", readings: ["a=b"] }]],
    ["key", [{ name: "key", readings: [""] }]],
    [
      "key=a&b.jpg",
      [
        { name: "key", readings: ["a"] },
        { name: "b.jpg", readings: [""] },
      ],
    ],
  ])("the raw query %j is read without form decoding", async (rawQueryString, parameters) => {
    const event = await fixture<EventV2>("function-url-resizer")
    expect(toHttpCall({ ...event, rawQueryString }).parameters).toEqual(parameters)
  })

  it("a repeated parameter is there twice", async () => {
    const event = await fixture<EventV1>("rest-api-resizer")
    const call = toHttpCall({ ...event, multiValueQueryStringParameters: { key: ["a", "b"] } })
    expect(call.parameters.map(({ name }) => name)).toEqual(["key", "key"])
  })

  it("every escaped key is decoded to the same key", async () => {
    const event = await fixture<EventV2>("http-api-resizer")
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (key) => {
        const { parameters } = toHttpCall({ ...event, rawQueryString: `key=${encodeURIComponent(key)}` })
        expect(parameters[0]?.readings).toEqual([key])
      }),
    )
  })
})

describe("the headers of an event", () => {
  it.each(["function-url", "rest-api", "load-balancer", "load-balancer-lists"])(
    "the headers of %s are found by their lower-case names",
    async (name) => {
      const { request } = toHttpCall(await fixture<HttpEvent>(name))
      expect(request.header("accept")).toContain("image/avif")
      expect(request.header("x-forwarded-proto")).toBe("https")
      expect(request.header("cookie")).toBeUndefined()
    },
  )

  it("repeated headers are joined", async () => {
    const event = await fixture<EventV1>("load-balancer-lists")
    const { request } = toHttpCall({ ...event, multiValueHeaders: { "If-None-Match": ['"a"', '"b"'] } })
    expect(request.header("if-none-match")).toBe('"a", "b"')
  })

  it("an event without headers has none", async () => {
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
])("isHttpEvent for %s is %s", async (name, isHttp) => {
  expect(isHttpEvent(await fixture(name))).toBe(isHttp)
})

it("toHttpCall throws for an event that is not HTTP", async () => {
  expect(() => toHttpCall({ key1: "value1" } as unknown as HttpEvent)).toThrow("Expected an event of a function URL")
})

describe("toProxyResult", () => {
  const answer = (more: Partial<Answer>): Answer => ({
    status: 200,
    headers: { "content-type": "image/jpeg", etag: '"a"' },
    decision: { outcome: "miss", reason: "", timings: {} },
    ...more,
  })

  it("toProxyResult encodes an image as Base64", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, at) => at)
    const call = toHttpCall(await fixture<HttpEvent>("function-url"))
    const result = await toProxyResult(answer({ body: body.subarray(3) }), call)
    expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: true, headers: { etag: '"a"' } })
    expect(Buffer.from(result.body, "base64")).toEqual(Buffer.from(body.subarray(3)))
  })

  it("toProxyResult joins the chunks of a body", async () => {
    const body = (async function* () {
      yield Uint8Array.of(1, 2)
      yield Uint8Array.of(3)
    })()
    const result = await toProxyResult(answer({ body }), toHttpCall(await fixture<HttpEvent>("rest-api")))
    expect([...Buffer.from(result.body, "base64")]).toEqual([1, 2, 3])
  })

  it.each(["text/plain; charset=utf-8", "application/problem+json", "application/json"])(
    "toProxyResult does not encode %s",
    async (type) => {
      const text = answer({ headers: { "content-type": type }, body: new TextEncoder().encode("größe") })
      const result = await toProxyResult(text, toHttpCall(await fixture<HttpEvent>("http-api-resizer")))
      expect(result).toMatchObject({ body: "größe", isBase64Encoded: false })
    },
  )

  it("toProxyResult returns an empty body for an answer without one", async () => {
    const result = await toProxyResult(answer({ status: 304 }), toHttpCall(await fixture<HttpEvent>("function-url")))
    expect(result).toMatchObject({ statusCode: 304, body: "", isBase64Encoded: false })
  })

  it("toProxyResult returns lists of headers to a load balancer that sent lists, and only to it", async () => {
    const lists = await toProxyResult(answer({}), toHttpCall(await fixture<HttpEvent>("load-balancer-lists")))
    expect(lists.multiValueHeaders).toEqual({ "content-type": ["image/jpeg"], etag: ['"a"'] })
    expect(lists).not.toHaveProperty("headers")
    for (const name of ["load-balancer", "rest-api", "function-url"])
      expect(await toProxyResult(answer({}), toHttpCall(await fixture<HttpEvent>(name)))).not.toHaveProperty(
        "multiValueHeaders",
      )
  })

  it("the longest body allowed fits the limits of Lambda and of a load balancer", async () => {
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
