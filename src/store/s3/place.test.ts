import { describe, expect, it } from "vitest"

import { formatS3Url, keyLimitsOf, parseS3Url } from "./place.ts"

describe("parseS3Url, formatS3Url and keyLimitsOf", () => {
  it.each([
    ["s3://shop-photos", { bucket: "shop-photos", prefix: "" }],
    ["s3://shop-photos/", { bucket: "shop-photos", prefix: "" }],
    ["s3://shop-photos/in", { bucket: "shop-photos", prefix: "in/" }],
    ["s3://shop-photos/in/2026/", { bucket: "shop-photos", prefix: "in/2026/" }],
    ["s3://img.example.com/a b%20", { bucket: "img.example.com", prefix: "a b%20/" }],
  ])("parseS3Url reads bucket and prefix of %s, and formatS3Url writes them back", (text, place) => {
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
  ])("parseS3Url is undefined for %s", (text) => {
    expect(parseS3Url(text)).toBeUndefined()
  })

  it("keyLimitsOf subtracts the bytes of the prefix", () => {
    expect(keyLimitsOf({ bucket: "shop", prefix: "" })).toEqual({ segment: 1024, key: 1024 })
    expect(keyLimitsOf({ bucket: "shop", prefix: "größe/" })).toEqual({ segment: 1016, key: 1016 })
  })
})
