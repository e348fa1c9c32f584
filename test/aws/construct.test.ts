/** The construct of the CDK: two in one stack, names of outputs and resources, and access to its resources. */
import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import type { CfnDistribution } from "aws-cdk-lib/aws-cloudfront"
import { Bucket } from "aws-cdk-lib/aws-s3"
import { App, Stack } from "aws-cdk-lib/core"
import { describe, expect, it } from "vitest"

import type { Template } from "../../src/aws/stack/cloudformation.ts"
import { ImageTailor } from "../../src/aws/stack/construct.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"
import { ofType } from "./templates.ts"

const lint = findTools("cfn-lint")?.["cfn-lint"]

/** The CDK replaces parameters by their values, also within `Fn::Sub`, which then has no variables. */
const REPLACED = ["--ignore-checks", "W1020"]

/** Errors and warnings of cfn-lint; none without the program. */
const problemsIn = (file: string): Promise<string> =>
  new Promise((done) => {
    if (lint === undefined) return done("")
    const options = ["--non-zero-exit-code", "warning", "--format", "parseable", ...REPLACED, "--", file]
    execFile(lint, options, (error, stdout) => done(error ? stdout : ""))
  })

interface Synthesised {
  readonly file: string
  readonly template: Template
}

/** Synthesises a stack. @param add adds to the stack, with the path of a zip */
const synthesise = async (add: (stack: Stack, code: string) => void): Promise<Synthesised> => {
  const folder = await temporaryFolder()
  const code = join(folder, "code.zip")
  await writeFile(code, "a zip")
  const app = new App({ outdir: join(folder, "assembly") })
  add(new Stack(app, "Shop"), code)
  const file = join(app.synth().directory, "Shop.template.json")
  return { file, template: JSON.parse(await readFile(file, "utf8")) as Template }
}

const namesIn = (template: Template, type: string, config: string): readonly string[] =>
  ofType(template, type).map(([, { Properties }]) => JSON.stringify((Properties[config] as { Name: unknown }).Name))

describe("the construct ImageTailor", () => {
  it("can be in a stack twice, for a bucket of the stack and for one by its name", { timeout: 60_000 }, async () => {
    let products: ImageTailor | undefined
    const { file, template } = await synthesise((stack, code) => {
      const originals = new Bucket(stack, "Photos")
      products = new ImageTailor(stack, "Products", { originals, sizes: ["360x270"], code })
      void new ImageTailor(stack, "People", { originals: "s3://shop-people/faces", sizes: ["64w"], warm: true, code })
    })
    const distributions = ofType(template, "AWS::CloudFront::Distribution")
    expect(distributions.map(([id]) => id.replace(/[0-9A-F]{8}$/, ""))).toEqual([
      "ProductsTemplateDistribution",
      "PeopleTemplateDistribution",
    ])
    const names = [
      ...namesIn(template, "AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig"),
      ...namesIn(template, "AWS::CloudFront::CachePolicy", "CachePolicyConfig").map((name) => `policy ${name}`),
    ]
    expect(new Set(names).size).toBe(6)

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

    if (!products) throw new Error("Expected a construct")
    const stack = Stack.of(products)
    const buckets = ofType(template, "AWS::S3::Bucket").map(([id]) => id)
    expect(stack.resolve(products.domainName)).toEqual({ "Fn::GetAtt": [distributions[0]?.[0], "DomainName"] })
    expect(stack.resolve(products.distribution.distributionId)).toEqual({ "Fn::GetAtt": [distributions[0]?.[0], "Id"] })
    expect(stack.resolve(products.renditions.bucketName)).toEqual({ Ref: buckets[1] })
    expect(JSON.stringify(stack.resolve(products.renderer.functionArn))).toContain("ProductsTemplateRenderer")
    expect(await problemsIn(file)).toBe("")
    // Another ID would replace the bucket of a stack that is deployed.
    expect(buckets).toEqual([
      "PhotosB9552D0D",
      "ProductsTemplateRenditionsC2ACFC1C",
      "PeopleTemplateRenditions13AE62DB",
    ])
  })

  it("gives access to its resources, to set properties without an option", { timeout: 60_000 }, async () => {
    const { template } = await synthesise((stack, code) => {
      const images = new ImageTailor(stack, "Images", { originals: "s3://shop-photos", sizes: ["360x270"], code })
      const distribution = images.getResource("Distribution") as CfnDistribution
      distribution.addPropertyOverride("DistributionConfig.Comment", "photos of the shop")
    })
    expect(ofType(template, "AWS::CloudFront::Distribution")[0]?.[1].Properties["DistributionConfig"]).toMatchObject({
      Comment: "photos of the shop",
      Enabled: true,
    })
  })

  it("uses an existing bucket for renditions", { timeout: 60_000 }, async () => {
    let name: unknown
    const { file, template } = await synthesise((stack, code) => {
      const props = { originals: "s3://shop-photos", sizes: ["360x270"], renditionsBucket: "shop-renditions", code }
      name = stack.resolve(new ImageTailor(stack, "Images", props).renditions.bucketName)
    })
    expect(name).toBe("shop-renditions")
    expect(ofType(template, "AWS::S3::Bucket")).toEqual([])
    expect(await problemsIn(file)).toBe("")
  })

  it("reserves concurrent executions only with the option", { timeout: 60_000 }, async () => {
    const { template } = await synthesise((stack, code) => {
      const props = { originals: "s3://shop-photos", sizes: ["360x270"], code }
      void new ImageTailor(stack, "Unlimited", props)
      void new ImageTailor(stack, "Limited", { ...props, concurrency: 40 })
    })
    const reserved = ofType(template, "AWS::Lambda::Function")
      .filter(([, { Properties }]) => Properties["Handler"] === "index.handler")
      .map(([, { Properties }]) => Properties["ReservedConcurrentExecutions"])
    expect(reserved).toEqual([undefined, 40])
  })

  it("throws every mistake in its settings", async () => {
    const stack = new Stack(new App(), "Shop")
    expect(() => new ImageTailor(stack, "Images", { originals: "shop-photos", sizes: ["1w"], memory: 1 })).toThrow(
      /originals: Expected a bucket like s3:\/\/shop-photos, got "shop-photos"\.[^]*memory: Expected/,
    )
  })
})
