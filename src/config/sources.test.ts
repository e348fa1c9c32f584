/** Tests of several sources of originals in a configuration. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { memoryOriginals } from "../store/memory.ts"
import type { TailorConfig } from "./options.ts"
import { variablesFrom } from "./parse-text.ts"
import { tryConfig } from "./resolve.ts"
import { optionsFromVariables } from "./variables.ts"

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "imgtailor-sources-"))
  for (const name of ["photos", "more", "made"]) mkdirSync(join(home, name))
})
afterAll(() => rmSync(home, { recursive: true }))

const tryOptions = (options: object): ReturnType<typeof tryConfig> =>
  tryConfig({ sizes: ["480h"], ...options }, { directory: home, threads: 4 })

const resolve = (options: object): TailorConfig => {
  const resolved = tryOptions(options)
  if ("problems" in resolved) throw new Error(resolved.problems.join("\n"))
  return resolved.config
}

const problemsOf = (options: object): string => {
  const resolved = tryOptions(options)
  return "problems" in resolved ? resolved.problems.join("\n") : ""
}

describe("several sources of originals", () => {
  it("folders become absolute, and each source has its own time for rechecks", () => {
    const custom = memoryOriginals()
    const { originals } = resolve({
      originals: { "cms/": "https://cms.example.com/media/", "generated/": custom, "": "./photos" },
      renditions: "made",
    })
    expect(originals).toEqual([
      { prefix: "cms/", location: "https://cms.example.com/media/", recheckSeconds: 60 },
      { prefix: "generated/", location: custom, recheckSeconds: 0 },
      { prefix: "", location: join(home, "photos"), recheckSeconds: 0 },
    ])
  })

  it("recheckSeconds applies to all sources", () => {
    const { originals } = resolve({ originals: { "a/": "https://a.example", "": "photos" }, recheckSeconds: 5 })
    expect(originals).toMatchObject([{ recheckSeconds: 5 }, { recheckSeconds: 5 }])
  })

  it.each<[string, object, string]>([
    ["a prefix without a slash", { shop: "s3://shop" }, "originals.shop: Expected a prefix with a slash at its end"],
    ["a prefix with dots", { "../": "photos" }, "originals.../: Expected a prefix with a slash"],
    ["an absolute prefix", { "/shop/": "photos" }, "originals./shop/: Expected a prefix with a slash"],
    ["an unknown scheme", { "shop/": "ftp://shop" }, "originals.shop/: Expected a folder, s3://bucket/prefix"],
    ["a missing folder", { "shop/": "nowhere" }, "originals.shop/: Expected a folder, found none at"],
    ["renditions inside a source", { "shop/": "made/.." }, "renditions: Expected a folder outside the originals"],
    ["a bucket without a region", { "shop/": "s3://shop", "": "photos" }, "s3Region: Expected the region of s3://shop"],
    ["an empty object", {}, "originals: Expected a folder"],
  ])("%s is a mistake", (_, originals, problem) => {
    expect(problemsOf({ originals, renditions: "made" })).toContain(problem)
  })

  it("renditions at the location of a source are a mistake, shared store or not", () => {
    const options = { originals: { "shop/": "photos" }, renditions: "photos" }
    expect(problemsOf({ ...options, sharedStore: true })).toBe(
      "renditions: Expected another folder than that of originals.shop/.",
    )
  })

  it("the default for renditions is outside all sources", () => {
    const { renditions, notices } = resolve({ originals: { "": ".", "more/": "more" } })
    expect(renditions).not.toContain(home)
    expect(notices.join()).toContain("because the working directory is inside the originals")
  })

  it("a server can watch as soon as one source is a folder", () => {
    expect(problemsOf({ originals: { "a/": "https://a.example", "": "photos" }, watch: true })).toBe("")
    expect(problemsOf({ originals: { "a/": "https://a.example" }, watch: true })).toContain("watch: Expected originals")
  })

  it("sources and headers are the same after a way through the environment", () => {
    const options = {
      originals: { "shop/": "s3://shop", "": "photos" },
      originalsHeaders: { authorization: "Bearer a=b,c" },
    }
    expect(optionsFromVariables(variablesFrom(options))).toEqual(options)
  })

  it.each([{ "bad name": "secret" }, { authorization: null }, { authorization: { key: "secret" } }, ["secret"]])(
    "originalsHeaders that are no headers are a mistake, and are not shown: case %#",
    (originalsHeaders) => {
      const problem = problemsOf({ originals: "photos", originalsHeaders })
      expect(problem).toContain("originalsHeaders: Expected headers by name")
      expect(problem).not.toContain("secret")
    },
  )

  it.each([
    { compatKeys: { imgproxy: "secret" } },
    { compatKeys: "secret" },
    { notifyHeaders: "secret" },
    { notify: "htps://shop:secret@hooks.example.com/" },
    { originals: "https://shop:secret@cms.example.com" },
  ])("a mistake in a setting shows no key or password: case %#", (options) => {
    const problem = problemsOf({ originals: "photos", ...options })
    expect(problem).toMatch(/^[\w.]+: Expected .+, got .+\.$/)
    expect(problem).not.toContain("secret")
  })
})
