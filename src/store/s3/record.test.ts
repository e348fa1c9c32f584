import { createHash } from "node:crypto"

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { cacheTagOf, cacheTagsOf } from "../cache-tag.ts"
import { decodeValue, encodeValue } from "../object-record.ts"
import type { RenditionMeta } from "../store.ts"
import { fromHeaders, isOwnTag, toHeaders } from "./record.ts"

const BYTES = Buffer.from("a rendition")
const OWN_TAG = `"${createHash("md5").update(BYTES).digest("hex")}"`

const META: RenditionMeta = {
  original: "shop/größe.jpg",
  version: "abc-2",
  kind: "jpeg",
  recipeId: "r1",
  etag: OWN_TAG,
  contentType: "image/avif",
  modifiedMs: 1_700_000_000_000,
}

describe("encodeValue and decodeValue", () => {
  it("encodeValue makes any text a value that headers carry unchanged, and decodeValue restores it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const value = encodeValue(text)
        expect(new Headers({ x: value }).get("x")).toBe(value)
        expect(value).toMatch(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
        expect(decodeValue(value)).toBe(text)
      }),
    )
  })

  it("encodeValue leaves common keys readable", () => {
    expect(encodeValue("shop/a photo+1%.jpg")).toBe("shop/a photo+1%.jpg")
  })

  it("the record of the longest key fits into S3's 2 kB of metadata", () => {
    const meta = {
      ...META,
      original: "ü".repeat(512),
      version: "0".repeat(100),
      weakVersion: "0".repeat(40),
      isStable: false,
      digest: "0".repeat(64),
      etag: `"${"0".repeat(32)}"`,
    }
    const headers = Object.entries(toHeaders("480h/a.jpg", BYTES, meta, "no-store")).filter(([name]) =>
      name.startsWith("x-amz-meta-"),
    )
    const bytes = headers.reduce((sum, [name, value]) => sum + name.length - "x-amz-meta-".length + value.length, 0)
    expect(bytes).toBeLessThan(2048)
  })
})

describe("toHeaders and fromHeaders", () => {
  it.each([
    ["with all required parts", META],
    ["without a known kind of original", { ...META, kind: undefined }],
    ["with a digest", { ...META, digest: "0f".repeat(32) }],
    ["with a weak version", { ...META, weakVersion: "1700000000-5", isStable: true }],
    ["of an original that was not stable", { ...META, isStable: false }],
    ["with an ETag of another kind", { ...META, etag: '"other"' }],
  ])("a record %s is restored from the object's headers", (_, meta) => {
    const headers = { ...toHeaders("480h/a.jpg", BYTES, meta, undefined), etag: OWN_TAG }
    expect(fromHeaders(headers)).toEqual(meta)
  })

  it("toHeaders leaves out an ETag that equals the object's own", () => {
    expect(isOwnTag(BYTES, META)).toBe(true)
    expect(toHeaders("480h/a.jpg", BYTES, META, undefined)).not.toHaveProperty("x-amz-meta-etag")
    // An encrypted object has another ETag, with which S3 serves it.
    expect(fromHeaders({ ...toHeaders("480h/a.jpg", BYTES, META, undefined), etag: '"kms"' })?.etag).toBe('"kms"')
  })

  it("fromHeaders describes an object without a record as foreign", () => {
    expect(
      fromHeaders({ etag: 'W/"x"', "content-type": "image/png", "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT" }),
    ).toEqual({
      original: "",
      version: "",
      kind: undefined,
      recipeId: "",
      isForeign: true,
      etag: '"x"',
      contentType: "image/png",
      modifiedMs: 1_700_000_000_000,
    })
    expect(fromHeaders({ "content-type": "image/png" })).toBeUndefined()
  })

  it("cacheTagsOf gives all renditions of an original the same tag, in characters that every CDN accepts", () => {
    expect(cacheTagOf("shop/a.jpg")).toBe(cacheTagOf("shop/a.jpg"))
    expect(cacheTagOf("shop/a.jpg")).not.toBe(cacheTagOf("shop/A.jpg"))
    expect(cacheTagOf("🏺.jpg")).toMatch(/^[0-9a-f]{32}$/)
    expect(cacheTagsOf("shop/480h/a.jpg")).toBe(cacheTagOf("shop/a.jpg"))
    expect(cacheTagsOf("shop/info/a.jpg.json")).toBe(cacheTagOf("shop/a.jpg"))
  })

  it("cacheTagsOf gives a rendition that two originals can have both tags", () => {
    expect(cacheTagsOf("shop/480h/a.jpg.webp").split(",")).toEqual(["shop/a.jpg.webp", "shop/a.jpg"].map(cacheTagOf))
    expect(toHeaders("480h/a.webp", BYTES, META, undefined)).toMatchObject({
      "x-amz-meta-cache-tag": `${cacheTagOf("a.webp")},${cacheTagOf("a")}`,
    })
  })
})
