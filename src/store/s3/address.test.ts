import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { addressOf, urlOf } from "./address.ts"

describe("addressOf and urlOf", () => {
  it.each([
    [{ bucket: "shop", region: "eu-central-1" }, "https://shop.s3.eu-central-1.amazonaws.com", "eu-central-1"],
    [{ bucket: "shop", region: "cn-north-1" }, "https://shop.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    [{ bucket: "a.b", region: "us-east-1" }, "https://s3.us-east-1.amazonaws.com/a.b", "us-east-1"],
    [{ bucket: "shop", region: "us-east-1", pathStyle: true }, "https://s3.us-east-1.amazonaws.com/shop", "us-east-1"],
    [{ bucket: "shop", endpoint: "http://127.0.0.1:9000/" }, "http://127.0.0.1:9000/shop", "us-east-1"],
    [
      { bucket: "shop", endpoint: "https://minio.example", pathStyle: false },
      "https://shop.minio.example",
      "us-east-1",
    ],
    [
      { bucket: "shop", endpoint: "https://x.r2.cloudflarestorage.com" },
      "https://x.r2.cloudflarestorage.com/shop",
      "auto",
    ],
  ])("addressOf(%o) is %s in %s", (options, base, region) => {
    expect(addressOf(options)).toEqual({ base, region })
  })

  it("addressOf is undefined for Amazon without a region", () => {
    expect(addressOf({ bucket: "shop" })).toBeUndefined()
  })

  it("urlOf writes any key in unreserved characters, and each segment decodes to itself", () => {
    const address = { base: "https://shop.example", region: "us-east-1" }
    const segment = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => !["", ".", ".."].includes(text.replaceAll("/", "")))
    fc.assert(
      fc.property(
        fc.array(
          segment.map((text) => text.replaceAll("/", "_")),
          { minLength: 1 },
        ),
        (segments) => {
          const { pathname, search } = urlOf(address, segments.join("/"))
          expect(pathname.slice(1).split("/").map(decodeURIComponent)).toEqual(segments)
          expect(pathname).toMatch(/^[A-Za-z0-9._~%/-]+$/)
          expect(search).toBe("")
        },
      ),
    )
  })

  it("urlOf escapes a query as signatures require", () => {
    const url = urlOf({ base: "https://shop.example", region: "x" }, "", { prefix: "a b/+ü!", "list-type": "2" })
    expect(url.href).toBe("https://shop.example/?prefix=a%20b%2F%2B%C3%BC%21&list-type=2")
  })
})
