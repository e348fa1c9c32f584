/** The policies and routing rules of a setup by hand, and the command that prints them. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { mergeStatements, removeStatements } from "../../src/aws/merge-policy.ts"
import { runCommand } from "../support/command.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"

const OTHER = { Sid: "Other", Effect: "Allow" }
const OWN = { Sid: "Own", Effect: "Allow" }
const policyOf = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement })

describe("mergeStatements", () => {
  it("creates a policy if there is none", () => {
    expect(JSON.parse(mergeStatements(undefined, [OWN]))).toEqual({ Version: "2012-10-17", Statement: [OWN] })
  })

  it("keeps other statements, those without an ID as well, and replaces its own", () => {
    const policy = JSON.stringify({
      Version: "2008-10-17",
      Id: "shop",
      Statement: [OTHER, { Effect: "Deny" }, { ...OWN, Effect: "Deny" }],
    })
    expect(JSON.parse(mergeStatements(policy, [OWN]))).toEqual({
      Version: "2008-10-17",
      Id: "shop",
      Statement: [OTHER, { Effect: "Deny" }, OWN],
    })
  })

  it("accepts a policy whose only statement is not in a list", () => {
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: OTHER })
    expect(JSON.parse(mergeStatements(policy, [OWN]))).toMatchObject({ Statement: [OTHER, OWN] })
  })
})

describe("removeStatements", () => {
  it("removes its own statements, and the whole policy if nothing is left", () => {
    expect(JSON.parse(String(removeStatements(policyOf(OTHER, OWN), [OWN])))).toMatchObject({ Statement: [OTHER] })
    expect(removeStatements(policyOf(OWN), [OWN])).toBeUndefined()
    expect(removeStatements(undefined, [OWN])).toBeUndefined()
  })
})

interface Policy {
  readonly Statement: readonly {
    readonly Sid: string
    readonly Action: readonly string[]
    readonly Resource: readonly string[]
  }[]
}

const SIZES = ["--sizes", "360x270,480h"]
const SHARED = ["--bucket", "shop-photos", ...SIZES]
const TWO = ["--originals", "s3://shop-photos/in", "--renditions", "s3://shop-renditions", ...SIZES]

const printed = async (args: readonly string[], cwd?: string): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(["policies", ...args], { cwd: cwd ?? (await temporaryFolder()) })
  expect([code, stderr]).toEqual([0, ""])
  return stdout
}

const policy = async (args: readonly string[], cwd?: string): Promise<Policy> =>
  JSON.parse(await printed(args, cwd)) as Policy

const RENDITIONS = ["360x270", "480h", "info"].flatMap((name) => [
  `arn:aws:s3:::shop-photos/${name}/*`,
  `arn:aws:s3:::shop-photos/*/${name}/*`,
])

describe("imgtailor policies", () => {
  it("prints every document of the redirect flow with its name", async () => {
    const text = await printed(SHARED)
    const names = ["bucket-policy.json", "website.json", "website.xml", "renderer-policy.json", "sync-policy.json"]
    for (const name of names) expect(text).toContain(`${name}\n`)
  })

  it("lets everybody read renditions only", async () => {
    expect(await policy(["bucket-policy", ...SHARED])).toMatchObject({
      Statement: [{ Sid: "EverybodyReadsRenditions", Principal: "*", Action: ["s3:GetObject"], Resource: RENDITIONS }],
    })
  })

  it("lets everybody read originals as well with --public-originals", async () => {
    expect(await policy(["bucket-policy", ...SHARED, "--public-originals"])).toMatchObject({
      Statement: [{ Sid: "EverybodyReads", Resource: ["arn:aws:s3:::shop-photos/*"] }],
    })
  })

  it("merges the bucket policy with an existing one", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "present.json"), policyOf(OTHER))
    const { Statement } = await policy(["bucket-policy", ...SHARED, "--existing", "present.json"], folder)
    expect(Statement.map(({ Sid }) => Sid)).toEqual(["Other", "EverybodyReadsRenditions"])
  })

  it("lets the renderer read originals, and write renditions of listed sizes only", async () => {
    const { Statement } = await policy(["renderer-policy", ...SHARED])
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["s3:GetObject"], ["arn:aws:s3:::shop-photos/*"]],
      [["s3:GetObject", "s3:PutObject"], RENDITIONS],
    ])
  })

  it("lets the renderer read the object with focal points", async () => {
    const { Statement } = await policy(["renderer-policy", ...SHARED, "--focal-points", "s3://shop-photos/points.json"])
    expect(Statement.at(-1)).toMatchObject({
      Action: ["s3:GetObject"],
      Resource: ["arn:aws:s3:::shop-photos/points.json"],
    })
  })

  it("lets the renderer decrypt originals with a key", async () => {
    const key = "arn:aws:kms:eu-central-1:123456789012:key/a"
    const { Statement } = await policy(["renderer-policy", ...SHARED, "--kms-key-arn", key])
    expect(Statement.at(-1)).toMatchObject({ Action: ["kms:Decrypt"], Resource: [key] })
  })

  it("lets the function that deletes invalidate one distribution", async () => {
    const arn = "arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE1ABCD"
    const { Statement } = await policy(["sync-policy", ...SHARED, "--retired-sizes", "640w", "--distribution-arn", arn])
    expect(Statement.map(({ Sid }) => Sid)).toEqual(["DeleteRenditionsOnly", "MarkInvalidations", "Invalidate"])
    expect(Statement[0]?.Resource).toContain("arn:aws:s3:::shop-photos/*/640w/*")
    expect(Statement[2]?.Resource).toEqual([arn])
  })

  it("redirects requests for objects that S3 reports as missing or forbidden", async () => {
    const args = [...SHARED, "--api-host", "api.example.com", "--route", "/prod/resizer/"]
    const rules = JSON.parse(await printed(["website.json", ...args])) as { readonly RoutingRules: readonly object[] }
    const redirect = {
      Protocol: "https",
      HostName: "api.example.com",
      ReplaceKeyPrefixWith: "prod/resizer?key=",
      HttpRedirectCode: "307",
    }
    expect(rules.RoutingRules).toEqual(
      ["404", "403"].map((status) => ({ Condition: { HttpErrorCodeReturnedEquals: status }, Redirect: redirect })),
    )
    const xml = await printed(["website.xml", ...args])
    expect(xml.match(/<ReplaceKeyPrefixWith>prod\/resizer\?key=<\/ReplaceKeyPrefixWith>/g)).toHaveLength(2)
  })

  it("prints the policies of the direct flow for two buckets", async () => {
    const arn = "arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE1ABCD"
    const text = await printed([...TWO, "--distribution-arn", arn])
    expect(text).not.toContain("website")
    const { Statement } = await policy(["bucket-policy", ...TWO, "--distribution-arn", arn])
    expect(Statement).toMatchObject([{ Sid: "ImgTailorCloudFrontReads", Resource: ["arn:aws:s3:::shop-renditions/*"] }])
    const renderer = await policy(["renderer-policy", ...TWO])
    expect(renderer.Statement[0]?.Resource).toEqual(["arn:aws:s3:::shop-photos/in/*"])
  })

  it("reads the list from a configuration file, and writes files into a folder", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "imgtailor.config.mjs"), 'export default { sizes: ["1280w"] }')
    await printed(["--bucket", "shop-photos", "--out", "aws"], folder)
    expect(await filesBelow(join(folder, "aws"))).toEqual([
      "bucket-policy.json",
      "renderer-policy.json",
      "sync-policy.json",
      "website.json",
      "website.xml",
    ])
    expect(await readFile(join(folder, "aws", "renderer-policy.json"), "utf8")).toContain("shop-photos/*/1280w/*")
  })

  it.each([
    [["bucket", ...SHARED], "bucket: Expected one of bucket-policy.json, website.json"],
    [SIZES, "originals: Expected a bucket in S3, or --bucket for the redirect flow."],
    [
      [...SIZES, "--originals", '{"a/":"s3://a","":"s3://b"}', "--renditions", "s3://c"],
      "originals: Expected one bucket in S3, got several sources. Run the command for each of them, with --originals.",
    ],
    [
      ["--bucket", "s3://shop-photos", ...SIZES],
      '--bucket: Expected the name of a bucket like shop-photos, got "s3://shop-photos".',
    ],
    [["--bucket", "shop-photos", "--sizes", "1ww"], "sizes.0: Expected a size"],
    [[...SHARED, "--existing", "none.json"], "--existing: Expected a policy as JSON, got none.json: ENOENT"],
    [[...SHARED, "--existing", "bad.json"], "--existing: Expected a policy as JSON, got bad.json: "],
    [[...SHARED, "--out", "bad.json/policies"], "--out: Expected a folder that can be written, got "],
    [[...SHARED, "--route", "prod/images"], "--route: Expected a path that ends in resizer, like prod/resizer"],
  ])("refuses %j with the expected value", async (args, complaint) => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, "bad.json"), "{")
    const { code, stderr } = await runCommand(["policies", ...args], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(complaint)
  })
})
