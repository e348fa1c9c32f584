import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"

import { describe, expect, it } from "vitest"

import { decodeContent } from "./content-encoding.ts"

const PHOTO = Buffer.from("a photo that repeats itself, ".repeat(100))

describe("decodeContent", () => {
  it.each([
    ["no encoding", undefined, PHOTO],
    ["an empty encoding", "", PHOTO],
    ["identity", "identity", PHOTO],
    ["an encoding of S3's own", "aws-chunked", PHOTO],
    ["gzip", "gzip", gzipSync(PHOTO)],
    ["x-gzip in capitals", "X-GZIP", gzipSync(PHOTO)],
    ["deflate", "deflate", deflateSync(PHOTO)],
    ["Brotli", "br", brotliCompressSync(PHOTO)],
    ["two encodings in their order", "gzip, br", brotliCompressSync(gzipSync(PHOTO))],
    ["a wrong declaration", "gzip", PHOTO],
  ])("decodeContent returns the photo for %s", async (_, encoding, body) => {
    expect(Buffer.from(await decodeContent(body, encoding, Infinity)).equals(PHOTO)).toBe(true)
  })

  it("decodeContent rejects a result over the limit with original-too-large, and accepts one at the limit", async () => {
    const body = gzipSync(PHOTO)
    await expect(decodeContent(body, "gzip", PHOTO.length - 1)).rejects.toMatchObject({ code: "original-too-large" })
    expect(await decodeContent(body, "gzip", PHOTO.length)).toHaveLength(PHOTO.length)
  })
})
