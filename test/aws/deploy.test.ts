import { execFile } from "node:child_process"
/** The ways to the stack: the construct in an app of the CDK, and the commands that print the template, package its code, and deploy it. */
import { chmod, readFile, writeFile } from "node:fs/promises"
import { delimiter, join } from "node:path"

import { Bucket } from "aws-cdk-lib/aws-s3"
import { App, Stack } from "aws-cdk-lib/core"
import { unzipSync } from "fflate"
import { describe, expect, it } from "vitest"

import type { Resource, Template } from "../../src/aws/stack/cloudformation.ts"
import { ImageTailor } from "../../src/aws/stack/construct.ts"
import { runCommand } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"

const lint = findTools("cfn-lint")?.["cfn-lint"]

/** What cfn-lint calls an error; nothing where there is none to ask. */
const errorsIn = (file: string): Promise<string> =>
  new Promise((done) => {
    if (lint === undefined) return done("")
    const given = ["--non-zero-exit-code", "error", "--format", "parseable", file]
    execFile(lint, given, (error, stdout) => done(error ? stdout : ""))
  })

const zipIn = async (folder: string): Promise<string> => {
  const file = join(folder, "code.zip")
  await writeFile(file, "a zip")
  return file
}

/** A stack with two constructs: one for a bucket that it makes itself, and one for a bucket by its name. */
const synthesise = async (): Promise<{
  readonly file: string
  readonly template: Template
  readonly one: ImageTailor
}> => {
  const folder = await temporaryFolder()
  const app = new App({ outdir: join(folder, "assembly") })
  const stack = new Stack(app, "Shop")
  const code = await zipIn(folder)
  const originals = new Bucket(stack, "Photos")
  const one = new ImageTailor(stack, "Products", { originals, sizes: ["360x270"], enableEvents: true, code })
  void new ImageTailor(stack, "People", { originals: "s3://shop-people/faces", sizes: ["64w"], warm: true, code })
  const file = join(app.synth().directory, "Shop.template.json")
  return { file, template: JSON.parse(await readFile(file, "utf8")) as Template, one }
}

const ofType = ({ Resources }: Template, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type)

describe("the construct", () => {
  it(
    "may be in a stack twice, for a bucket of the stack's own and for one by its name",
    { timeout: 60_000 },
    async () => {
      const { file, template, one } = await synthesise()
      const distributions = ofType(template, "AWS::CloudFront::Distribution")
      expect(distributions.map(([id]) => id.replace(/[0-9A-F]{8}$/, ""))).toEqual([
        "ProductsTemplateDistribution",
        "PeopleTemplateDistribution",
      ])
      const names = [
        ...ofType(template, "AWS::CloudFront::OriginAccessControl").map(
          ([, { Properties }]) => Properties["OriginAccessControlConfig"],
        ),
        ...ofType(template, "AWS::CloudFront::CachePolicy").map(
          ([, { Properties }]) => Properties["CachePolicyConfig"],
        ),
      ].map((config) => JSON.stringify((config as { Name: unknown }).Name))
      expect(names.filter((name) => name.includes("Renditions"))).toHaveLength(2)
      expect(new Set(names).size).toBe(4)

      const [photos = ["", undefined]] = ofType(template, "AWS::S3::Bucket")
      const patterns = ofType(template, "AWS::Events::Rule").map(([, { Properties }]) => Properties["EventPattern"])
      expect(patterns).toMatchObject([
        { detail: { bucket: { name: [{ Ref: photos[0] }] } } },
        { detail: { bucket: { name: ["shop-people"] }, object: { key: [{ prefix: "faces/" }] } } },
      ])
      const variables = ofType(template, "AWS::Lambda::Function").map(([, { Properties }]) =>
        JSON.stringify(Properties["Environment"] ?? ""),
      )
      expect(variables.filter((text) => text.includes(`{"Ref":"${photos[0]}"}`))).toHaveLength(2)
      expect(variables.filter((text) => text.includes("s3://shop-people/faces/"))).toHaveLength(3)
      expect(Object.keys(template.Parameters)).toEqual(["BootstrapVersion"])

      const stack = Stack.of(one)
      expect(stack.resolve(one.domainName)).toEqual({ "Fn::GetAtt": [distributions[0]?.[0], "DomainName"] })
      expect(stack.resolve(one.distribution.distributionId)).toEqual({ "Fn::GetAtt": [distributions[0]?.[0], "Id"] })
      expect(stack.resolve(one.renditions.bucketName)).toEqual({ Ref: ofType(template, "AWS::S3::Bucket")[1]?.[0] })
      expect(JSON.stringify(stack.resolve(one.renderer.functionArn))).toContain("ProductsTemplateRenderer")

      expect(await errorsIn(file)).toBe("")
      // With another id, what is deployed would be replaced.
      expect(ofType(template, "AWS::S3::Bucket").map(([id]) => id)).toEqual([
        "PhotosB9552D0D",
        "ProductsTemplateRenditionsC2ACFC1C",
        "PeopleTemplateRenditions13AE62DB",
      ])
    },
  )

  it("says what is wrong with its settings", async () => {
    const stack = new Stack(new App(), "Shop")
    expect(() => new ImageTailor(stack, "Images", { originals: "shop-photos", sizes: ["1w"] })).toThrow(
      'originals: Expected a bucket like s3://shop-photos, got "shop-photos".',
    )
  })
})

const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000"
const PLACE = ["--originals", "s3://shop-photos", "--sizes", "360x270,480h,1280w"]

describe("imgtailor template", () => {
  it("prints the template and nothing else", async () => {
    const folder = await temporaryFolder()
    const { code, stdout, stderr } = await runCommand(["template", ...PLACE, "--warm", "--concurrency", "3"], {
      cwd: folder,
    })
    expect([code, stderr]).toEqual([0, ""])
    const { Resources, Parameters } = JSON.parse(stdout) as Template
    expect(Parameters["OriginalsBucket"]).toMatchObject({ Default: "shop-photos" })
    expect(Resources["Renderer"]?.Properties).toMatchObject({ ReservedConcurrentExecutions: 3 })
    expect(Resources).toHaveProperty("Batch")
    expect(Resources).not.toHaveProperty("Switch")
  })

  it("takes settings from a configuration file, whose renditions and port are for another machine", async () => {
    const folder = await temporaryFolder()
    const sizes = `[{ size: "1280w", name: "wide" }]`
    const file = `export default { originals: "s3://other", renditions: "elsewhere", port: 80, sizes: ${sizes} }`
    await writeFile(join(folder, "imgtailor.config.mjs"), file)
    const { stdout } = await runCommand(["template", "--originals", "s3://shop-photos"], { cwd: folder })
    const template = JSON.parse(stdout) as Template
    expect(template.Parameters["OriginalsBucket"]).toMatchObject({ Default: "shop-photos" })
    expect(template.Resources["Renderer"]?.Properties["Environment"]).toMatchObject({
      Variables: { IMGTAILOR_SIZES: '[{"size":"1280w","name":"wide"}]' },
    })
    expect(stdout).not.toMatch(/IMGTAILOR_PORT|elsewhere/)
  })

  it.each([
    [["--sizes", "1w"], "originals: Expected a bucket like s3://shop-photos, got none."],
    [[...PLACE, "--aliases", "a.example.com"], "aliases: Expected names together with the ARN"],
    [[...PLACE, "--concurrency", "many"], "concurrency: Expected a whole number"],
    [[...PLACE, "--concurrency", "ten"], 'concurrency: Expected a whole number, 0 for none, got "ten".'],
    [[...PLACE, "--renditions", "s3://b"], "unknown option '--renditions'"],
    [["--sizes", "1ww", "--concurrency", "ten", "--aliases", "a.example.com"], "The configuration has 4 mistakes"],
    [
      [...PLACE, "--aliases", "a.example.com", "--certificate-arn", CERTIFICATE.replace("us-east-1", "eu-central-1")],
      "certificateArn: Expected the ARN of a certificate in us-east-1",
    ],
  ])("refuses %j with what would be right", async (args, complaint) => {
    const { code, stdout, stderr } = await runCommand(["template", ...args], { cwd: await temporaryFolder() })
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(complaint)
  })
})

describe("imgtailor deploy", () => {
  it.each([
    ["--stack", "my photos", "--stack: Expected a letter, then letters, digits and hyphens"],
    ["--code", "nowhere.zip", "--code: Expected a zip made by imgtailor package --mode direct, found none"],
    ["--synth", "", "--synth: Expected a folder, got none."],
  ])("refuses %s %j with what would be right", async (name, value, complaint) => {
    const folder = await temporaryFolder()
    const code = name === "--code" ? [] : ["--code", await zipIn(folder)]
    const args = ["deploy", ...PLACE, ...code, "--synth", "out", name, value]
    const done = await runCommand(args, { cwd: folder })
    expect([done.code, done.stdout]).toEqual([2, ""])
    expect(done.stderr).toContain(complaint)
  })

  it("writes the assembly of an app with one stack", async () => {
    const folder = await temporaryFolder()
    const zip = await zipIn(folder)
    const args = ["deploy", ...PLACE, "--stack", "Photos", "--code", zip, "--synth", "out"]
    const { code, stdout, stderr } = await runCommand(args, { cwd: folder })
    expect([code, stderr, stdout]).toEqual([0, "", `${join(folder, "out")}\n`])
    const template = JSON.parse(await readFile(join(folder, "out", "Photos.template.json"), "utf8")) as Template
    expect(ofType(template, "AWS::CloudFront::Distribution")).toHaveLength(1)
  })

  it.skipIf(process.platform === "win32")(
    "hands the assembly to cdk with what follows --, and ends as it does",
    async () => {
      const folder = await temporaryFolder()
      const zip = await zipIn(folder)
      const program = `#!/bin/sh\necho "$@"\nls "$3"\nexit 7\n`
      await writeFile(join(folder, "cdk"), program)
      await chmod(join(folder, "cdk"), 0o755)
      const args = ["deploy", ...PLACE, "--code", zip, "--", "--require-approval", "never"]
      const env = { PATH: [folder, process.env["PATH"] ?? ""].join(delimiter) }
      const { code, stdout } = await runCommand(args, { cwd: folder, env })
      expect(code).toBe(7)
      expect(stdout).toMatch(/^deploy --app \S+ --require-approval never\n/)
      expect(stdout).toContain("ImgTailor.template.json")
    },
  )

  it("says how to get cdk where it is not", async () => {
    const folder = await temporaryFolder()
    const env = { PATH: folder }
    const { code, stderr } = await runCommand(["deploy", ...PLACE, "--code", await zipIn(folder)], { cwd: folder, env })
    expect(code).toBe(2)
    expect(stderr).toContain(
      "The command cdk was not found. Install it beside imgtailor: npm install aws-cdk-lib constructs aws-cdk",
    )
  })

  it.each([
    [[...PLACE, "more"], "more: Expected no arguments; those for cdk follow --."],
    [["--originals", "s3://shop-photos", "--sizes", "1ww"], "sizes.0: Expected a size"],
    [["--sizes", "1ww", "--code", "nowhere.zip", "--stack", "1"], "The configuration has 4 mistakes"],
  ])("refuses %j as every command does", async (args, complaint) => {
    const { code, stderr } = await runCommand(["deploy", ...args], { cwd: await temporaryFolder() })
    expect(code).toBe(2)
    expect(stderr).toContain(complaint)
  })
})

describe("imgtailor package --mode direct", () => {
  it("puts every function of the stack into one zip", { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder()
    const env = { HOME: process.env["HOME"] ?? folder }
    const { code } = await runCommand(["package", "--mode", "direct", "--layer"], { cwd: folder, env })
    expect(code).toBe(0)
    const files = Object.keys(unzipSync(await readFile(join(folder, "imgtailor-direct.zip"))))
    expect(files).toEqual(expect.arrayContaining(["LICENCES.txt", "index.mjs", "sync.mjs"]))
  })
})
