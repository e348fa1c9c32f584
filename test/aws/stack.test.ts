/** The template of the direct flow: its contents, the effect of options, and that one change of the list changes every part of it. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { runInNewContext } from "node:vm"

import { describe, expect, it } from "vitest"

import { edgeSource } from "../../src/aws/edge/source.ts"
import { loadFunction } from "../../src/aws/function-config.ts"
import type { Template } from "../../src/aws/stack/cloudformation.ts"
import { makeTemplate, type StackOptions } from "../../src/aws/stack/stack.ts"
import { environment } from "../../src/config/load.ts"
import { optionsFrom } from "../../src/config/parse-text.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { variableOf } from "../../src/config/setting.ts"
import { ERRORS } from "../../src/error-codes.ts"
import { temporaryFolder } from "../support/folders.ts"
import { ALL, at, CERTIFICATE, deployed, find, ofType, SETTINGS, statementsOf, variablesOf } from "./templates.ts"

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource?: unknown
}

/** Every statement of every policy in a template. */
const statementsIn = (value: unknown): readonly Statement[] => {
  if (typeof value !== "object" || value === null) return []
  const own = "Effect" in value && "Action" in value ? [value as Statement] : []
  return [...own, ...Object.values(value).flatMap(statementsIn)]
}

/** The status that the edge function answers a GET with; undefined if it passes the request on. */
const refusedBy = (template: Template, uri: string): number | undefined => {
  const event = { version: "1.0", request: { method: "GET", uri, headers: {}, querystring: {}, cookies: {} } }
  const source = String(at(template, "Edge", "FunctionCode"))
  return (runInNewContext(`${source};handler(${JSON.stringify(event)})`) as { readonly statusCode?: number }).statusCode
}

const DISTRIBUTION = {
  "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}",
}

describe("the template of the stack", () => {
  it("lets only CloudFront call the renderer, with both permissions", async () => {
    const template = await makeTemplate(SETTINGS)
    expect(at(template, "RendererUrl", "AuthType")).toBe("AWS_IAM")
    expect(at(template, "RendererUrl", "InvokeMode")).toBe("RESPONSE_STREAM")
    const permissions = ofType(template, "AWS::Lambda::Permission")
      .filter(([, { Properties }]) => JSON.stringify(Properties["FunctionName"]) === '{"Ref":"Renderer"}')
      .map(([, { Properties }]) => Properties)
    expect(permissions).toMatchObject([
      { Action: "lambda:InvokeFunctionUrl", Principal: "cloudfront.amazonaws.com", SourceArn: DISTRIBUTION },
      {
        Action: "lambda:InvokeFunction",
        Principal: "cloudfront.amazonaws.com",
        SourceArn: DISTRIBUTION,
        InvokedViaFunctionUrl: true,
      },
    ])
  })

  it("requests the bucket before the renderer, and caches errors no longer than the table of errors says", async () => {
    const template = await makeTemplate(SETTINGS)
    const config = ["DistributionConfig"] as const
    expect(at(template, "Distribution", ...config, "OriginGroups", "Items", 0)).toMatchObject({
      Members: { Items: [{ OriginId: "renditions" }, { OriginId: "renderer" }] },
      FailoverCriteria: { StatusCodes: { Items: [403, 404, 500, 502, 503, 504] } },
    })
    expect(at(template, "Distribution", ...config, "CacheTagConfig")).toEqual({ HeaderName: "x-amz-meta-cache-tag" })
    expect(at(template, "Distribution", ...config, "DefaultCacheBehavior")).toMatchObject({
      AllowedMethods: ["GET", "HEAD", "OPTIONS"],
      ViewerProtocolPolicy: "redirect-to-https",
    })
    const ttls = at(template, "Distribution", ...config, "CustomErrorResponses") as readonly Record<string, number>[]
    const secondsOf = Object.fromEntries(
      ttls.map(({ ErrorCode, ErrorCachingMinTTL }) => [ErrorCode, ErrorCachingMinTTL]),
    )
    expect(secondsOf).toMatchObject({ 400: 60, 403: 0, 404: 10, 405: 0, 500: 0, 502: 0, 503: 0, 504: 0 })
    for (const { status, cacheSeconds } of Object.values(ERRORS))
      expect(secondsOf[status] ?? 0).toBeLessThanOrEqual(cacheSeconds)
  })

  it("lets CloudFront wait longer for the renderer than the renderer may take", async () => {
    const template = await makeTemplate(SETTINGS)
    const timeout = Number(
      at(template, "Distribution", "DistributionConfig", "Origins", 1, "CustomOriginConfig", "OriginReadTimeout"),
    )
    expect(timeout).toBeGreaterThan(Number(at(template, "Renderer", "Timeout")))
    expect(Number(variablesOf(template, "Renderer")["IMGTAILOR_DEADLINE_MS"])).toBeLessThan(
      1000 * Number(at(template, "Renderer", "Timeout")),
    )
  })

  it("has no wildcard among its actions, no public bucket and no keys of users", async () => {
    const template = await makeTemplate(SETTINGS, ALL)
    const text = JSON.stringify(template)
    expect(text).not.toMatch(/AmazonS3FullAccess|arn:aws:iam::aws:policy|AccessKey|AWS::IAM::User/)
    const allowed = statementsIn(template.Resources).filter(({ Effect }) => Effect === "Allow")
    expect(allowed.length).toBeGreaterThan(12)
    expect(allowed.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([])
    expect(
      allowed.filter(({ Resource }) => JSON.stringify(Resource) === '"*"' || JSON.stringify(Resource) === '["*"]'),
    ).toEqual([])
    expect(at(template, "Renditions", "PublicAccessBlockConfiguration")).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    })
  })

  it("keeps the bucket of renditions, except after a first deployment that fails", async () => {
    expect(find(await makeTemplate(SETTINGS), "Renditions")).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      UpdateReplacePolicy: "Retain",
    })
  })

  it("runs every function on arm64 with a current version of Node", async () => {
    const template = await makeTemplate(SETTINGS, ALL)
    for (const id of ["Renderer", "Sync", "Batch", "Setup"])
      expect(find(template, id).Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] })
    expect(find(template, "Renderer").Properties).toMatchObject({ Handler: "index.handler", Timeout: 30 })
    expect(find(template, "Batch").Properties).toMatchObject({ Handler: "batch.handler", Timeout: 300 })
    expect((await makeTemplate(SETTINGS)).Resources).not.toHaveProperty("Batch")
  })

  it("reserves no concurrency by default, and leaves it and the memory to parameters", async () => {
    const template = await makeTemplate(SETTINGS)
    expect(template.Parameters["Concurrency"]).toMatchObject({ Type: "Number", Default: 0 })
    expect(template.Parameters["Memory"]).toMatchObject({ Type: "Number", Default: 1536, MinValue: 512 })
    expect(template.Conditions).toEqual({
      HasConcurrency: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "Concurrency" }, "0"] }] },
    })
    expect(find(template, "Renderer").Properties).toMatchObject({
      MemorySize: { Ref: "Memory" },
      ReservedConcurrentExecutions: { "Fn::If": ["HasConcurrency", { Ref: "Concurrency" }, { Ref: "AWS::NoValue" }] },
    })
    const other = await makeTemplate(SETTINGS, { concurrency: 3, memory: 3008 })
    expect(other.Parameters).toMatchObject({ Concurrency: { Default: 3 }, Memory: { Default: 3008 } })
  })

  it("turns on events of the bucket of originals by default", async () => {
    const template = await makeTemplate(SETTINGS)
    expect(find(template, "EventsOfOriginals").Properties).toMatchObject({
      ServiceToken: { "Fn::GetAtt": ["Setup", "Arn"] },
      Task: "events",
      Bucket: { Ref: "OriginalsBucket" },
    })
    expect(at(template, "SetupRole", "Policies", 0, "PolicyDocument", "Statement", 0)).toMatchObject({
      Action: ["s3:GetBucketNotification", "s3:PutBucketNotification"],
      Resource: [{ "Fn::Sub": "arn:${AWS::Partition}:s3:::${OriginalsBucket}" }],
    })
    expect(template.Outputs).not.toHaveProperty("EventsCommand")
  })

  it("has the command that turns on events as an output if it does not do it itself", async () => {
    const template = await makeTemplate(SETTINGS, { enableEvents: false })
    expect(template.Resources).not.toHaveProperty("Setup")
    expect(JSON.stringify(template.Outputs["EventsCommand"]?.Value)).toContain(
      "aws s3api put-bucket-notification-configuration --bucket ${OriginalsBucket}",
    )
  })

  it("sends events to two queues: at once, and when no render of the old original can be running", async () => {
    const template = await makeTemplate({ ...SETTINGS, originals: "s3://shop-photos/by/year" })
    expect(at(template, "Changes", "EventPattern")).toEqual({
      source: ["aws.s3"],
      "detail-type": ["Object Created", "Object Deleted"],
      detail: { bucket: { name: [{ Ref: "OriginalsBucket" }] }, object: { key: [{ prefix: "by/year/" }] } },
    })
    const dead = { "Fn::GetAtt": ["DeadLetters", "Arn"] }
    expect(at(template, "Changes", "Targets")).toMatchObject([
      { Arn: { "Fn::GetAtt": ["FirstPass", "Arn"] }, DeadLetterConfig: { Arn: dead } },
      { Arn: { "Fn::GetAtt": ["SecondPass", "Arn"] }, DeadLetterConfig: { Arn: dead } },
    ])
    expect(at(template, "FirstPass", "DelaySeconds")).toBe(0)
    for (const id of ["FirstPass", "SecondPass"]) {
      expect(at(template, id, "RedrivePolicy", "deadLetterTargetArn")).toEqual(dead)
      expect(at(template, id, "VisibilityTimeout")).toBeGreaterThanOrEqual(6 * Number(at(template, "Sync", "Timeout")))
    }
    expect(at(template, "SecondPass", "DelaySeconds")).toBeGreaterThan(Number(at(template, "Renderer", "Timeout")))
    const warm = await makeTemplate(SETTINGS, { warm: true })
    expect(at(warm, "SecondPass", "DelaySeconds")).toBeGreaterThan(Number(at(warm, "Batch", "Timeout")))
    expect(at(warm, "SecondPass", "DelaySeconds")).toBeLessThanOrEqual(900)
  })

  it("limits how many functions delete at once", async () => {
    const template = await makeTemplate(SETTINGS)
    const mappings = ofType(template, "AWS::Lambda::EventSourceMapping")
    expect(mappings.map(([, { Properties }]) => Properties["ScalingConfig"])).toEqual([
      { MaximumConcurrency: 10 },
      { MaximumConcurrency: 10 },
    ])
  })

  it("alarms about failures that visitors notice, and sends alarms to a topic", async () => {
    const template = await makeTemplate(SETTINGS, { alarmTopic: String(ALL.alarmTopic) })
    const alarms = ofType(template, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties)
    expect(alarms.map(({ MetricName }) => String(MetricName)).toSorted()).toEqual([
      "ApproximateNumberOfMessagesVisible",
      "Errors",
      "HitsAtFunction",
      "RefusedRenders",
      "Throttles",
      "Url5xxCount",
    ])
    for (const alarm of alarms) expect(alarm).toMatchObject({ AlarmActions: [ALL.alarmTopic], Period: 300 })
    const filters = ofType(template, "AWS::Logs::MetricFilter").map(([, { Properties }]) => Properties["FilterPattern"])
    expect(filters).toEqual([expect.stringContaining('"original-too-large"'), '{ $.outcome = "hit" }'])
    for (const [, { Properties }] of ofType(await makeTemplate(SETTINGS), "AWS::CloudWatch::Alarm"))
      expect(Properties).not.toHaveProperty("AlarmActions")
  })

  it("passes options of CloudFront on to the distribution", async () => {
    const template = await makeTemplate(SETTINGS, ALL)
    expect(at(template, "Distribution", "DistributionConfig")).toMatchObject({
      Aliases: ["images.example.com"],
      ViewerCertificate: { AcmCertificateArn: CERTIFICATE, MinimumProtocolVersion: "TLSv1.2_2021" },
      WebACLId: ALL.webAcl,
      PriceClass: "PriceClass_100",
      Logging: { Bucket: "shop-logs.s3.amazonaws.com", Prefix: "imgtailor/" },
      Origins: [
        { OriginShield: { Enabled: true, OriginShieldRegion: "eu-central-1" } },
        { OriginShield: { Enabled: true, OriginShieldRegion: "eu-central-1" } },
      ],
    })
  })

  it("limits the requests of an IP address with its own web ACL", async () => {
    const template = await makeTemplate(SETTINGS, { rateLimit: 2000 })
    expect(at(template, "RateLimit", "Rules", 0)).toMatchObject({
      Action: { Block: {} },
      Statement: { RateBasedStatement: { AggregateKeyType: "IP", EvaluationWindowSec: 300, Limit: 2000 } },
    })
    expect(at(template, "Distribution", "DistributionConfig", "WebACLId")).toEqual({
      "Fn::GetAtt": ["RateLimit", "Arn"],
    })
  })

  it("lets the renderer decrypt originals with the given key", async () => {
    const decrypting = (template: Template): readonly object[] =>
      statementsOf(template, "RendererRole").filter((statement) => JSON.stringify(statement).includes("kms:"))
    expect(decrypting(await makeTemplate(SETTINGS, { kmsKeyArn: String(ALL.kmsKeyArn) }))).toEqual([
      { Sid: "DecryptOriginals", Effect: "Allow", Action: ["kms:Decrypt"], Resource: [ALL.kmsKeyArn] },
    ])
    expect(decrypting(await makeTemplate(SETTINGS))).toEqual([])
  })

  it("uses an existing bucket for renditions, whose policy it merges", async () => {
    const template = await makeTemplate(SETTINGS, { renditionsBucket: "shop-renditions" })
    expect(template.Parameters["RenditionsBucket"]).toMatchObject({ Default: "shop-renditions" })
    expect(ofType(template, "AWS::S3::Bucket")).toEqual([])
    expect(ofType(template, "AWS::S3::BucketPolicy")).toEqual([])
    expect(deployed(find(template, "RenditionsPolicy").Properties)).toMatchObject({
      Task: "bucket-policy",
      Bucket: "shop-renditions",
      Statements: [
        {
          Sid: "ImgTailorCloudFrontReads",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::shop-renditions/*",
          Condition: {
            StringEquals: { "AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE1ABCD" },
          },
        },
      ],
    })
    expect(JSON.stringify(template)).not.toMatch(/\$\{Renditions[.}]/)
  })

  it("counts the prefix of the originals among the bytes of variables, which AWS limits", async () => {
    const exclude = Array.from({ length: 60 }, (_, index) => `${index}/${"x".repeat(45)}/`)
    const prefix = Array.from({ length: 15 }, () => "y".repeat(60)).join("/")
    await makeTemplate({ ...SETTINGS, exclude })
    await expect(makeTemplate({ ...SETTINGS, exclude, originals: `s3://shop-photos/${prefix}` })).rejects.toThrow(
      "Expected at most 4096 bytes as variables of a function",
    )
  })

  it("changes the edge function, variables and policies together with the list", async () => {
    const more = { ...SETTINGS, sizes: ["360x270", "200w"], retired: { sizes: ["640w", "480h"] } }
    for (const settings of [SETTINGS, more, { ...more, unknownSize: "snap" }]) {
      const template = await makeTemplate(settings)
      const config = resolveConfig(
        { ...settings, renditions: "s3://others" },
        { ...environment(), region: "us-east-1" },
      )
      expect(at(template, "Edge", "FunctionCode")).toBe(await edgeSource(config))
      for (const id of ["Renderer", "Sync"]) {
        const variables = variablesOf(template, id)
        const read = optionsFrom((setting) =>
          setting.path[0] === "originals" || setting.path[0] === "renditions"
            ? undefined
            : variables[variableOf(setting)],
        )
        expect(read).toMatchObject({ sizes: settings.sizes, retired: settings.retired })
      }
      const listed = [...config.grammar.sizes.map(({ name }) => name), "info"]
      const retired = config.grammar.retired.sizes
      const patterns = (names: readonly string[]): object[] =>
        names.flatMap((name) => ["", "*/"].map((folder) => ({ "Fn::Sub": `\${Renditions.Arn}/${folder}${name}/*` })))
      const resources = (id: string, index: number): unknown =>
        at(template, id, "Policies", 0, "PolicyDocument", "Statement", index, "Resource")
      expect(resources("RendererRole", 1)).toEqual(patterns(listed))
      expect(resources("SyncRole", 0)).toEqual(patterns([...listed, ...retired]))
    }
    const [before, after] = await Promise.all([SETTINGS, more].map((settings) => makeTemplate(settings)))
    expect(before && at(before, "Edge", "FunctionCode")).not.toBe(after && at(after, "Edge", "FunctionCode"))
    const statuses = ["360x270", "480h", "200w", "640w"].map((size) =>
      [before, after].map((template) => template && refusedBy(template, `/a/${size}/b.jpg`)),
    )
    expect(statuses).toEqual([
      [undefined, undefined],
      [undefined, 400],
      [400, undefined],
      [400, 400],
    ])
  })

  it("lets the functions delete renditions of former names of sizes", async () => {
    const sizes = [{ size: "360x270", name: "card", aliases: ["small"] }]
    const [statement] = statementsOf(await makeTemplate({ ...SETTINGS, sizes }), "SyncRole")
    expect(JSON.stringify(statement)).toContain("arn:aws:s3:::shop-renditions/*/small/*")
  })

  it("names files of overlays, the placeholder and focal points as they are in the zip", async () => {
    const folder = await temporaryFolder()
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text)
      return join(folder, name)
    }
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'
    const image = await write("logo.svg", svg)
    const variables = variablesOf(
      await makeTemplate({
        ...SETTINGS,
        sizes: [{ size: "360x270", name: "card", overlay: { image } }],
        missing: await write("none.svg", svg),
        focalPoints: await write("points.json", "{}"),
      }),
      "Renderer",
    )
    expect(variables["IMGTAILOR_SIZES"]).toMatch(/"image":"\.\/assets\/[0-9a-f]{16}-logo\.svg"/)
    expect(variables["IMGTAILOR_MISSING"]).toMatch(/^\.\/assets\/[0-9a-f]{16}-none\.svg$/)
    expect(variables["IMGTAILOR_FOCAL_POINTS"]).toMatch(/^\.\/assets\/[0-9a-f]{16}-points\.json$/)
    expect(JSON.stringify(variables)).not.toContain(folder)
  })

  it("passes the URL of focal points on, and allows the function to read the object", async () => {
    const focalPoints = "s3://shop-renditions/focal-points.json"
    const template = await makeTemplate({ ...SETTINGS, sizes: ["360x270"], focalPoints })
    expect(variablesOf(template, "Renderer")["IMGTAILOR_FOCAL_POINTS"]).toBe(focalPoints)
    expect(statementsOf(template, "RendererRole")).toContainEqual({
      Sid: "ReadFocalPoints",
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: ["arn:aws:s3:::shop-renditions/focal-points.json"],
    })
  })

  it("passes every setting to the functions, except those that the edge or the stack decides", async () => {
    const settings = {
      ...SETTINGS,
      formats: [],
      quality: { avif: 50 },
      basePath: "/img",
      host: "::",
      renditions: "renditions",
      limits: { pixels: 9 },
    }
    expect(variablesOf(await makeTemplate(settings), "Renderer")).toEqual({
      IMGTAILOR_ORIGINALS: { "Fn::Sub": "s3://${OriginalsBucket}/" },
      IMGTAILOR_RENDITIONS: { "Fn::Sub": "s3://${Renditions}" },
      IMGTAILOR_SIZES: '["360x270","480h",{"size":"1280w","name":"wide","quality":70}]',
      IMGTAILOR_RETIRED_SIZES: "640w",
      IMGTAILOR_FORMATS: "[]",
      IMGTAILOR_QUALITY: "avif=50",
      IMGTAILOR_DEADLINE_MS: "29000",
      IMGTAILOR_PIXELS: "9",
      IMGTAILOR_STREAMING: "true",
      IMGTAILOR_EDGE_BASE_PATH: "/img",
    })
  })

  it("passes settings to the functions unchanged", async () => {
    const settings = {
      ...SETTINGS,
      originals: "s3://shop-photos/by/year",
      formats: ["webp"],
      background: "#123456",
      basePath: "/img",
    }
    const variables = variablesOf(await makeTemplate(settings), "Renderer")
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(deployed(value))]))
    const { config } = await loadFunction({
      ...env,
      AWS_REGION: "eu-central-1",
      LAMBDA_TASK_ROOT: await temporaryFolder(),
    })
    expect(config).toMatchObject({
      originals: "s3://shop-photos/by/year/",
      renditions: "s3://shop-renditions",
      basePath: "",
    })
    expect(config.grammar.sizes.map(({ name, quality }) => [name, quality])).toEqual([
      ["360x270", {}],
      ["480h", {}],
      ["wide", { jpeg: 70, webp: 70, avif: 70 }],
    ])
    expect(config.grammar).toMatchObject({ formats: ["webp"], retired: { sizes: ["640w"] }, basePath: "/img" })
    expect([config.settings.background, config.limits.deadlineMs]).toEqual(["#123456", 29_000])
  })

  const wide = (count: number): string[] => Array.from({ length: count }, (_, index) => `${1000 + index}x1000`)

  it.each<[string, object, StackOptions, string]>([
    ["no originals", { originals: undefined }, {}, "originals: Expected a bucket like s3://shop-photos, got none."],
    ["a folder as originals", { originals: "photos" }, {}, "originals: Expected a bucket"],
    ["a pattern as a prefix", { originals: "s3://shop/a*" }, {}, "originals: Expected a prefix without *"],
    ["a shared store", { sharedStore: true }, {}, "sharedStore: Expected none"],
    ["another S3 server", { s3Endpoint: "https://s3.example.com" }, {}, "s3Endpoint: Expected none"],
    ["a mistake in the list", { sizes: ["1ww"] }, {}, "sizes.0: Expected a size"],
    ["a domain without a certificate", {}, { aliases: ["a.example.com"] }, "aliases: Expected domains together"],
    ["a certificate without a domain", {}, { certificateArn: CERTIFICATE }, "aliases: Expected domains together"],
    ["half an execution", {}, { concurrency: 0.5 }, "concurrency: Expected a whole number"],
    ["too little memory", {}, { memory: 128 }, "memory: Expected a whole number of MB from 512 to 10240"],
    [
      "the ARN of a queue as a topic",
      {},
      { alarmTopic: "arn:aws:sqs:eu-central-1:123456789012:a" },
      "alarmTopic: Expected",
    ],
    [
      "a regional web ACL",
      {},
      { webAcl: "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/a" },
      "webAcl: Expected",
    ],
    ["an alias of a key", {}, { kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:alias/a" }, "kmsKeyArn: Expected"],
    ["a city as a region", {}, { originShield: "Frankfurt" }, "originShield: Expected a region"],
    [
      "two web ACLs",
      {},
      { webAcl: String(ALL.webAcl), rateLimit: 100 },
      "rateLimit: Expected none together with webAcl",
    ],
    [
      "a list longer than a policy",
      { sizes: wide(60), retired: {} },
      {},
      "with 60 sizes and 0 retired ones; the first 44 would fit.",
    ],
  ])("is refused for %s", async (_, settings, stack, complaint) => {
    await expect(makeTemplate({ ...SETTINGS, ...settings }, stack)).rejects.toThrow(complaint)
  })

  it("accepts as many sizes as its message says", async () => {
    await expect(makeTemplate({ ...SETTINGS, sizes: wide(44), retired: {} })).resolves.toBeDefined()
  })
})
