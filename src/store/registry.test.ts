import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { describe, expect, it } from "vitest"

import {
  asFolder,
  asRemoteUrl,
  missingSetting,
  openOriginals,
  openRenditions,
  parseLocation,
  parseObjectUrl,
} from "./registry.ts"

const FORMS = "a folder, s3://bucket/prefix, https://host/path, azure://account/container/prefix or gs://bucket/prefix"

describe("parseLocation", () => {
  it.each([
    ["photos", { scheme: "file", text: "photos" }],
    ["/srv/photos/", { scheme: "file", text: "/srv/photos/" }],
    [String.raw`C:\photos`, { scheme: "file", text: String.raw`C:\photos` }],
    ["s3://shop-photos", { scheme: "s3", text: "s3://shop-photos" }],
    ["s3://shop-photos/in/", { scheme: "s3", text: "s3://shop-photos/in" }],
    ["https://cms.example.com/", { scheme: "https", text: "https://cms.example.com" }],
    ["http://127.0.0.1:8080/my%20photos/", { scheme: "http", text: "http://127.0.0.1:8080/my%20photos" }],
    ["azure://shop/photos/in/", { scheme: "azure", text: "azure://shop/photos/in" }],
    ["gs://shop.example.com/in", { scheme: "gs", text: "gs://shop.example.com/in" }],
  ])("parseLocation(%s) is %o", (text, location) => {
    expect(parseLocation(text)).toEqual(location)
  })

  it.each([
    ["", `Expected ${FORMS}`],
    ["s3://", "Expected s3://bucket/prefix"],
    ["s3://shop//in", "Expected s3://bucket/prefix"],
    ["https://cms.example.com/a?b", "Expected https://host/path"],
    ["https://user:secret@cms.example.com", "Expected https://host/path"],
    ["https://cms.example.com/a/../b", "Expected https://host/path"],
    ["azure://shop", "Expected azure://account/container/prefix"],
    ["azure://shop/a--b", "Expected azure://account/container/prefix"],
    ["gs://A", "Expected gs://bucket/prefix"],
    ["file://host/photos", `Expected ${FORMS}`],
    ["S3://shop", "Expected s3:// in lower case"],
    ["s3:/shop", "Expected s3://bucket/prefix"],
    ["gs:shop", "Expected gs://bucket/prefix"],
    ["ftp://shop", `Expected ${FORMS} (ftp:// is not supported)`],
    ["constructor://shop", `Expected ${FORMS} (constructor:// is not supported)`],
  ])("parseLocation(%j) has the problem: %s", (text, problem) => {
    expect(parseLocation(text)).toEqual({ problem })
  })

  it("parseLocation refuses a server of HTTP for renditions", () => {
    expect(parseLocation("https://cms.example.com", "renditions")).toEqual({
      problem: `Expected ${FORMS.replace(", https://host/path", "")} (https:// is only for originals)`,
    })
  })

  it.skipIf(process.platform === "win32")("parseLocation reads the path of a file: URL", () => {
    expect(parseLocation("file:///srv/my%20photos")).toEqual({ scheme: "file", text: "/srv/my photos" })
  })
})

describe("asFolder and asRemoteUrl", () => {
  it.each([
    ["photos", "photos", undefined],
    ["s3://shop/in/", undefined, "s3://shop/in"],
    ["gs://shop", undefined, "gs://shop"],
    ["ftp://shop", undefined, undefined],
    [{ name: "custom" }, undefined, undefined],
    [undefined, undefined, undefined],
  ])("%j has the folder %j and the remote URL %j", (location, folder, url) => {
    expect(asFolder(location)).toBe(folder)
    expect(asRemoteUrl(location)).toBe(url)
  })
})

describe("parseObjectUrl", () => {
  it.each([
    ["s3://shop/points.json", { location: "s3://shop", key: "points.json" }],
    ["s3://shop/a/points.json", { location: "s3://shop/a", key: "points.json" }],
    ["https://example.com/points.json", { location: "https://example.com", key: "points.json" }],
    ["./points.json", undefined],
    ["C:\\points.json", undefined],
  ])("parseObjectUrl(%j) is %j", (text, object) => {
    expect(parseObjectUrl(text)).toEqual(object)
  })

  it.each(["s3://shop", "s3://shop/", "ftp://shop/points.json", "file:///points.json"])(
    "%s names no object",
    (text) => {
      expect(parseObjectUrl(text)).toEqual({ problem: expect.stringMatching(/^Expected/) as string })
    },
  )
})

describe("missingSetting", () => {
  it.each([
    ["photos", {}, undefined],
    ["s3://shop", { s3Region: "eu-central-1" }, undefined],
    ["s3://shop", { s3Endpoint: "http://127.0.0.1:9000" }, undefined],
    ["s3://shop/in/", {}, "s3Region: Expected the region of s3://shop/in, in this setting or in AWS_REGION."],
  ])("missingSetting(%s) with %j is %s", (location, settings, problem) => {
    expect(missingSetting(location, settings)).toBe(problem)
  })
})

describe("openOriginals and openRenditions", () => {
  it("openOriginals opens a folder, by path or URL", async () => {
    const folder = await mkdtemp(join(tmpdir(), "imgtailor-registry-"))
    await writeFile(join(folder, "a.jpg"), "photo")
    for (const location of [folder, pathToFileURL(folder).href]) {
      const originals = openOriginals(location, { deadlineMs: 1000 })
      expect(originals.name).toBe("folder")
      expect((await originals.get("a.jpg"))?.bytes.length).toBe(5)
      const keys: string[] = []
      for await (const key of originals.list("")) keys.push(key)
      expect(keys).toEqual(["a.jpg"])
    }
    await rm(folder, { recursive: true })
  })

  it("openRenditions knows the limits of keys before the store is loaded", () => {
    const options = { deadlineMs: 1000, isShared: false }
    expect(openRenditions("renditions", options).keyLimits).toEqual({ segment: 255, key: 2048 })
    expect(openRenditions("s3://shop/out", options)).toMatchObject({ name: "s3", keyLimits: { key: 1020 } })
  })

  it("openOriginals reports wrong options with the first call", async () => {
    const originals = openOriginals("s3://shop", { deadlineMs: 1000, s3PathStyle: true })
    const region = process.env["AWS_REGION"]
    delete process.env["AWS_REGION"]
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "bad-config" })
    if (region !== undefined) process.env["AWS_REGION"] = region
  })

  it("openOriginals rejects a malformed location", () => {
    expect(() => openOriginals("ftp://shop", { deadlineMs: 1000 })).toThrow("ftp:// is not supported")
  })
})
