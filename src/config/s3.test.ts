/** Tests of s3:// URLs as settings: how they differ from folders, and the settings that they need or exclude. */
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { temporaryFolder } from "../../test/support/folders.ts"
import { load } from "./load.ts"
import type { TailorConfig } from "./options.ts"
import { resolveConfig } from "./resolve.ts"

const SIZES = ["360x270"]

const resolve = (options: object, region: string | undefined = "eu-central-1"): TailorConfig =>
  resolveConfig({ sizes: SIZES, ...options }, { directory: "/nowhere", threads: 4, region })

const mistakes = (options: object, region?: string): string => {
  try {
    resolveConfig({ sizes: SIZES, ...options }, { directory: "/nowhere", threads: 4, region })
  } catch (error) {
    expect(error).toMatchObject({ code: "bad-config" })
    return (error as Error).message
  }
  return ""
}

describe("locations in S3", () => {
  it("resolveConfig keeps an s3:// URL as written, and resolves a folder beside it", () => {
    const config = resolve({ originals: "s3://shop/in", renditions: "made" })
    expect(config).toMatchObject({ originals: "s3://shop/in", renditions: "/nowhere/made" })
  })

  it("resolveConfig rechecks originals in S3 every minute unless configured otherwise", () => {
    expect(resolve({ originals: "s3://shop" }).recheckSeconds).toBe(60)
    expect(resolve({ originals: "s3://shop", recheckSeconds: 0 }).recheckSeconds).toBe(0)
    expect(mistakes({ originals: "s3://shop", recheckSeconds: -1 }, "x")).toContain("recheckSeconds")
  })

  it("resolveConfig needs a region for Amazon S3, and none with an endpoint", () => {
    expect(mistakes({ originals: "s3://shop" })).toContain("s3Region: Expected the region of s3://shop")
    expect(mistakes({ originals: "s3://shop", s3Endpoint: "http://127.0.0.1:9000" })).toBe("")
    expect(resolve({ originals: "s3://shop" }, "us-west-2").s3.s3Region).toBe("us-west-2")
    expect(resolve({ originals: "s3://shop", s3Region: "eu-west-1" }, "us-west-2").s3.s3Region).toBe("eu-west-1")
  })

  it.each(["s3://", "s3://a", "s3://shop//x", "s3://shop/../x"])(
    "resolveConfig rejects the location %s",
    (originals) => {
      expect(mistakes({ originals }, "x")).toContain("originals: Expected s3://bucket/prefix")
    },
  )

  it.each([
    "127.0.0.1:9000",
    "https://example.com/path",
    "ftp://example.com",
    "https://user:secret@example.com",
    "http://a b",
  ])("resolveConfig rejects the endpoint %s", (s3Endpoint) => {
    expect(mistakes({ originals: "s3://shop", s3Endpoint }, "x")).toContain("s3Endpoint: Expected the URL of a server")
  })

  it("resolveConfig rejects originals and renditions that coincide or nest, unless the store is shared", () => {
    const both = (originals: string, renditions: string, more: object = {}): string =>
      mistakes({ originals, renditions, ...more }, "x")
    expect(both("s3://shop/a", "s3://shop/a/")).toContain("sharedStore: true")
    expect(both("s3://shop/a", "s3://shop/a/", { sharedStore: true })).toBe("")
    expect(both("s3://shop", "s3://shop/made")).toContain("renditions: Expected a location outside the originals")
    expect(both("s3://shop/a/b", "s3://shop/a")).toContain("originals: Expected a location outside the renditions")
    expect(both("s3://shop/a", "s3://shop/ab")).toBe("")
    expect(both("s3://shop", "s3://shop2")).toBe("")
  })

  it("resolveConfig rejects watch for originals in S3", () => {
    expect(mistakes({ originals: "s3://shop", watch: true }, "x")).toContain("watch: Expected originals in a folder")
  })

  it("load takes s3:// URLs from options and environment, and the region from AWS_REGION or AWS_DEFAULT_REGION", async () => {
    const cwd = await temporaryFolder()
    const env = { IMGTAILOR_RENDITIONS: "s3://made/x", AWS_REGION: "eu-north-1", IMGTAILOR_S3_PATH_STYLE: "true" }
    const { config } = await load({ cwd, env, args: { originals: "s3://shop", sizes: SIZES } })
    expect(config).toMatchObject({
      originals: "s3://shop",
      renditions: "s3://made/x",
      s3: { s3Region: "eu-north-1", s3PathStyle: true },
    })
    const { config: other } = await load({
      cwd,
      env: { AWS_DEFAULT_REGION: "x-1" },
      args: { originals: "s3://shop", sizes: SIZES },
    })
    expect(other).toMatchObject({ renditions: join(cwd, ".imgtailor"), s3: { s3Region: "x-1" } })
  })
})
