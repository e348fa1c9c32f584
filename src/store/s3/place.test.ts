import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { addressOf, formatS3Url, keyLimitsOf, parseS3Url, urlOf } from "./place.ts"

describe("s3:// addresses", () => {
  it.each([
    ["s3://shop-photos", { bucket: "shop-photos", prefix: "" }],
    ["s3://shop-photos/", { bucket: "shop-photos", prefix: "" }],
    ["s3://shop-photos/in", { bucket: "shop-photos", prefix: "in/" }],
    ["s3://shop-photos/in/2026/", { bucket: "shop-photos", prefix: "in/2026/" }],
    ["s3://img.example.com/a b%20", { bucket: "img.example.com", prefix: "a b%20/" }],
  ])("%s is a bucket and a prefix", (text, place) => {
    expect(parseS3Url(text)).toEqual(place)
    expect(parseS3Url(formatS3Url(place))).toEqual(place)
  })

  it.each([
    "s3://",
    "s3://a",
    "s3:///in",
    "s3://shop//in",
    "s3://shop/../x",
    "s3://shop/./x",
    "s3://sho p",
    "photos",
    "S3://shop",
  ])("%s is none", (text) => {
    expect(parseS3Url(text)).toBeUndefined()
  })

  it("a prefix shortens the keys that fit, in bytes", () => {
    expect(keyLimitsOf({ bucket: "shop", prefix: "" })).toEqual({ segment: 1024, key: 1024 })
    expect(keyLimitsOf({ bucket: "shop", prefix: "größe/" })).toEqual({ segment: 1016, key: 1016 })
  })
})

describe("where requests go", () => {
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
  ])("%o", (options, base, region) => {
    expect(addressOf(options)).toEqual({ base, region })
  })

  it("is not known without a region on Amazon's", () => {
    expect(addressOf({ bucket: "shop" })).toBeUndefined()
  })

  it("any key survives its URL, spelt in unreserved characters alone", () => {
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

  it("a query is escaped as signatures want it", () => {
    const url = urlOf({ base: "https://shop.example", region: "x" }, "", { prefix: "a b/+ü!", "list-type": "2" })
    expect(url.href).toBe("https://shop.example/?prefix=a%20b%2F%2B%C3%BC%21&list-type=2")
  })
})
