/**
 * The direct flow as code: that CloudFormation's own rules hold, that what must never be forgotten is in it, that one change of the list
 * changes all that is derived from it, and, on a real S3 server, that the policies allow what the functions do and nothing else.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { runInNewContext } from "node:vm"

import { AwsClient } from "aws4fetch"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"

import { edgeSource } from "../../src/aws/edge/source.ts"
import { loadFunction } from "../../src/aws/function-config.ts"
import type { Resource, Template } from "../../src/aws/stack/cloudformation.ts"
import { makeTemplate, type StackOptions } from "../../src/aws/stack/stack.ts"
import { environment } from "../../src/config/load.ts"
import { optionsFrom } from "../../src/config/parse-text.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { variableOf } from "../../src/config/setting.ts"
import { ERRORS } from "../../src/error-codes.ts"
import { launch, PACKAGE } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"
import { freePort, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const SETTINGS = {
  originals: "s3://shop-photos",
  sizes: ["360x270", "480h", { size: "1280w", name: "wide", quality: 70 }],
  retired: { sizes: ["640w"] },
}

const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000"
const ALL: StackOptions = {
  enableEvents: true,
  warm: true,
  aliases: ["images.example.com"],
  certificateArn: CERTIFICATE,
}

const lint = findTools("cfn-lint")?.["cfn-lint"]

/** What cfn-lint calls an error, of any of the files. */
const errorsIn = (files: readonly string[]): Promise<string> =>
  new Promise((done) => {
    execFile(String(lint), ["--non-zero-exit-code", "error", "--format", "parseable", ...files], (error, stdout) =>
      done(error ? stdout : ""),
    )
  })

const find = (template: Template, id: string): Resource => {
  const found = template.Resources[id]
  if (!found) throw new Error(`Expected a resource ${id}`)
  return found
}

/** A value somewhere below a resource's properties, as JSON has it. */
const at = (template: Template, id: string, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (value as Record<string | number, unknown> | undefined)?.[name],
    find(template, id).Properties,
  )

const variablesOf = (template: Template, id: string): Readonly<Record<string, string>> =>
  at(template, id, "Environment", "Variables") as Record<string, string>

const VALUES: Readonly<Record<string, string>> = {
  "Renditions.Arn": "arn:aws:s3:::shop-renditions",
  Renditions: "shop-renditions",
  OriginalsBucket: "shop-photos",
  "AWS::Partition": "aws",
  "AWS::AccountId": "123456789012",
  Distribution: "E2EXAMPLE1ABCD",
}

const fill = (text: string): string =>
  text.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => VALUES[name] ?? "arn:aws:sqs:eu-central-1:123456789012:other")

/** A value with its texts filled in, as they are once the stack is there. */
const filled = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll(/\{"Fn::Sub":"([^"]*)"\}/g, (_, text: string) => JSON.stringify(fill(text))),
  ) as unknown

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

describe("the template", () => {
  it.skipIf(lint === undefined)("has no mistakes that cfn-lint knows, whatever it is made with", async () => {
    const folder = await temporaryFolder()
    const sets: readonly (readonly [object, StackOptions])[] = [
      [SETTINGS, {}],
      [SETTINGS, ALL],
      [{ originals: "s3://shop-photos/by/year", sizes: ["1w"], formats: [], basePath: "/img" }, { concurrency: 0 }],
    ]
    const files = await Promise.all(
      sets.map(async ([settings, stack], index) => {
        const file = join(folder, `${index}.json`)
        await writeFile(file, JSON.stringify(await makeTemplate({ ...settings }, stack)))
        return file
      }),
    )
    expect(await errorsIn(files)).toBe("")

    const broken = await makeTemplate(SETTINGS)
    const renamed = JSON.stringify(broken).replace("CacheTagConfig", "CacheTagsConfig")
    await writeFile(join(folder, "broken.json"), renamed)
    expect(await errorsIn([join(folder, "broken.json")])).toContain("CacheTagsConfig")
  })

  it("lets CloudFront alone call the renderer, by both permissions", async () => {
    const template = await makeTemplate(SETTINGS)
    expect(at(template, "RendererUrl", "AuthType")).toBe("AWS_IAM")
    expect(at(template, "RendererUrl", "InvokeMode")).toBe("RESPONSE_STREAM")
    const permissions = Object.values(template.Resources)
      .filter(
        ({ Type, Properties }) =>
          Type === "AWS::Lambda::Permission" && JSON.stringify(Properties["FunctionName"]) === '{"Ref":"Renderer"}',
      )
      .map(({ Properties: { Action, Principal, InvokedViaFunctionUrl } }) => [Action, Principal, InvokedViaFunctionUrl])
    expect(permissions).toEqual([
      ["lambda:InvokeFunctionUrl", "cloudfront.amazonaws.com", undefined],
      ["lambda:InvokeFunction", "cloudfront.amazonaws.com", true],
    ])
    expect(at(template, "CloudFrontCallsFunction", "SourceArn")).toEqual({
      "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}",
    })
  })

  it("asks the bucket, then the renderer, and keeps errors as long as the table of errors says", async () => {
    const template = await makeTemplate(SETTINGS)
    const config = ["DistributionConfig"] as const
    expect(at(template, "Distribution", ...config, "OriginGroups", "Items", 0, "Members", "Items")).toEqual([
      { OriginId: "renditions" },
      { OriginId: "renderer" },
    ])
    expect(
      at(template, "Distribution", ...config, "OriginGroups", "Items", 0, "FailoverCriteria", "StatusCodes", "Items"),
    ).toEqual([403, 404, 500, 502, 503, 504])
    expect(at(template, "Distribution", ...config, "CacheTagConfig")).toEqual({ HeaderName: "x-amz-meta-cache-tag" })
    const behaviour = at(template, "Distribution", ...config, "DefaultCacheBehavior")
    expect(behaviour).toMatchObject({
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

  it("has no access that is wider than it must be", async () => {
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
    expect(find(template, "Renditions")).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" })
    expect(at(template, "SwitchRole", "Policies", 0, "PolicyDocument", "Statement", 0)).toMatchObject({
      Action: ["s3:GetBucketNotification", "s3:PutBucketNotification"],
      Resource: [{ "Fn::Sub": "arn:${AWS::Partition}:s3:::${OriginalsBucket}" }],
    })
  })

  it("caps renders, and runs all functions on what is current", async () => {
    const template = await makeTemplate(SETTINGS, ALL)
    for (const id of ["Renderer", "Sync", "Batch", "Switch"])
      expect(find(template, id).Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] })
    expect(find(template, "Renderer").Properties).toMatchObject({
      Handler: "index.handler",
      MemorySize: 1536,
      Timeout: 30,
      ReservedConcurrentExecutions: 50,
    })
    expect(find(template, "Batch").Properties).toMatchObject({ Handler: "batch.handler", Timeout: 300 })
    expect(at(await makeTemplate(SETTINGS, { concurrency: 3 }), "Renderer", "ReservedConcurrentExecutions")).toBe(3)
    expect(
      at(await makeTemplate(SETTINGS, { concurrency: 0 }), "Renderer", "ReservedConcurrentExecutions"),
    ).toBeUndefined()
    expect((await makeTemplate(SETTINGS)).Resources).not.toHaveProperty("Batch")
  })

  it("has events come at once, and again when no render of the old original can be under way", async () => {
    const template = await makeTemplate({ ...SETTINGS, originals: "s3://shop-photos/by/year" })
    expect(at(template, "Changes", "EventPattern")).toEqual({
      source: ["aws.s3"],
      "detail-type": ["Object Created", "Object Deleted"],
      detail: { bucket: { name: [{ Ref: "OriginalsBucket" }] }, object: { key: [{ prefix: "by/year/" }] } },
    })
    const dead = { "Fn::GetAtt": ["DeadLetters", "Arn"] }
    expect(at(template, "Changes", "Targets")).toMatchObject([
      { Arn: { "Fn::GetAtt": ["Sync", "Arn"] }, DeadLetterConfig: { Arn: dead } },
      { Arn: { "Fn::GetAtt": ["SecondPass", "Arn"] }, DeadLetterConfig: { Arn: dead } },
    ])
    expect(at(template, "Sync", "DeadLetterConfig", "TargetArn")).toEqual(dead)
    expect(at(template, "SecondPass", "RedrivePolicy", "deadLetterTargetArn")).toEqual(dead)
    expect(at(template, "SecondPass", "DelaySeconds")).toBeGreaterThan(Number(at(template, "Renderer", "Timeout")))
    const warm = await makeTemplate(SETTINGS, { warm: true })
    expect(at(warm, "SecondPass", "DelaySeconds")).toBeGreaterThan(Number(at(warm, "Batch", "Timeout")))
    expect(at(warm, "SecondPass", "DelaySeconds")).toBeLessThanOrEqual(900)
  })

  it("changes edge, environment and policies together with the list, and what is taken off it is still deleted", async () => {
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
      const present = [...config.grammar.sizes.map(({ name }) => name), "info"]
      const retired = config.grammar.retired.sizes
      const patterns = (names: readonly string[]): object[] =>
        names.flatMap((name) => ["", "*/"].map((folder) => ({ "Fn::Sub": `\${Renditions.Arn}/${folder}${name}/*` })))
      const resources = (id: string): unknown =>
        at(template, id, "Policies", 0, "PolicyDocument", "Statement", 1, "Resource")
      expect(resources("RendererRole")).toEqual(patterns(present))
      expect(resources("SyncRole")).toEqual(patterns([...present, ...retired]))
    }
    const codes = await Promise.all(
      [SETTINGS, more].map(async (settings) => at(await makeTemplate(settings), "Edge", "FunctionCode")),
    )
    expect(codes[0]).not.toBe(codes[1])
    const [before, after] = await Promise.all([SETTINGS, more].map((settings) => makeTemplate(settings)))
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

  it("passes every setting on to the functions, but for what the edge and the stack see to", async () => {
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
      IMGTAILOR_DEADLINE_MS: "25000",
      IMGTAILOR_PIXELS: "9",
      IMGTAILOR_STREAMING: "true",
      IMGTAILOR_EDGE_BASE_PATH: "/img",
    })
  })

  it("is understood by the functions as it was meant", async () => {
    const settings = {
      ...SETTINGS,
      originals: "s3://shop-photos/by/year",
      formats: ["webp"],
      background: "#123456",
      basePath: "/img",
    }
    const env = Object.fromEntries(
      Object.entries(variablesOf(await makeTemplate(settings), "Renderer")).map(([name, value]) => [
        name,
        filled(value),
      ]),
    )
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
    expect([config.settings.background, config.limits.deadlineMs]).toEqual(["#123456", 25_000])
  })

  const wide = (count: number): string[] => Array.from({ length: count }, (_, index) => `${1000 + index}x1000`)

  it.each<[string, object, StackOptions, string]>([
    ["no originals", { originals: undefined }, {}, "originals: Expected a bucket like s3://shop-photos, got none."],
    ["a folder", { originals: "photos" }, {}, "originals: Expected a bucket"],
    ["a pattern as a prefix", { originals: "s3://shop/a*" }, {}, "originals: Expected a prefix without *"],
    ["one store", { sharedStore: true }, {}, "sharedStore: Expected none"],
    ["another server", { s3Endpoint: "https://s3.example.com" }, {}, "s3Endpoint: Expected none"],
    ["a mistake in the list", { sizes: ["1ww"] }, {}, "sizes.0: Expected a size"],
    ["a name without a certificate", {}, { aliases: ["a.example.com"] }, "aliases: Expected names together"],
    ["a certificate without a name", {}, { certificateArn: CERTIFICATE }, "aliases: Expected names together"],
    ["half a render", {}, { concurrency: 0.5 }, "concurrency: Expected a whole number"],
    [
      "a list longer than a policy",
      { sizes: wide(60), retired: {} },
      {},
      "with 60 sizes and 0 retired ones; the first 45 would fit.",
    ],
  ])("refuses %s", async (_, settings, stack, complaint) => {
    await expect(makeTemplate({ ...SETTINGS, ...settings }, stack)).rejects.toThrow(complaint)
  })

  it("takes as many sizes as it says", async () => {
    await expect(makeTemplate({ ...SETTINGS, sizes: wide(45), retired: {} })).resolves.toBeDefined()
  })
})

const tools = findTools("moto_server", "osls")

describe.skipIf(tools === undefined)("the switch for a bucket's events", () => {
  const QUEUES = "arn:aws:sqs:us-east-1:123456789012:"
  const OTHERS = `<NotificationConfiguration><QueueConfiguration><Id>others</Id><Queue>${QUEUES}others</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>`
  const client = new AwsClient({
    accessKeyId: "key",
    secretAccessKey: "secret",
    service: "s3",
    region: "us-east-1",
    retries: 0,
  })
  let endpoint: string
  let moto: ChildProcess

  /** A call of one of Amazon's services that speak JSON. */
  const ask = async (service: string, target: string, body: object): Promise<unknown> => {
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target }
    const sent = { method: "POST", body: JSON.stringify(body), headers, aws: { service } }
    const response = await client.fetch(`${endpoint}/`, sent)
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }

  /** Puts an original, and takes what arrives of it: keys. */
  const arrivals = async (key: string): Promise<readonly string[]> => {
    await client.fetch(`${endpoint}/shop-photos/${key}`, { method: "PUT", body: "x" })
    const taken = await ask("sqs", "AmazonSQS.ReceiveMessage", {
      QueueUrl: `${endpoint}/123456789012/changes`,
      MaxNumberOfMessages: 10,
    })
    const { Messages = [] } = taken as { readonly Messages?: readonly { readonly Body: string }[] }
    return Messages.map(({ Body }) => (JSON.parse(Body) as { detail: { object: { key: string } } }).detail.object.key)
  }

  beforeAll(async () => {
    if (tools === undefined) return
    const port = await freePort()
    endpoint = `http://127.0.0.1:${port}`
    moto = spawn(tools.moto_server, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" })
    await vi.waitFor(() => fetch(endpoint, { method: "HEAD" }), { timeout: 30_000, interval: 100 })
    await client.fetch(`${endpoint}/shop-photos`, { method: "PUT" })
    await Promise.all(["others", "changes"].map((QueueName) => ask("sqs", "AmazonSQS.CreateQueue", { QueueName })))
    const rule = { ...(at(await makeTemplate(SETTINGS), "Changes", "EventPattern") as object) }
    const EventPattern = JSON.stringify(rule).replace('{"Ref":"OriginalsBucket"}', '"shop-photos"')
    await ask("events", "AWSEvents.PutRule", { Name: "changes", EventPattern })
    const Targets = [{ Id: "again", Arn: `${QUEUES}changes` }]
    await ask("events", "AWSEvents.PutTargets", { Rule: "changes", Targets })
    const set = await client.fetch(`${endpoint}/shop-photos?notification`, { method: "PUT", body: OTHERS })
    if (set.status !== 200) throw new Error(await set.text())
  }, 40_000)
  afterAll(() => moto?.kill("SIGKILL"))

  const configured = async (): Promise<string> => (await client.fetch(`${endpoint}/shop-photos?notification`)).text()

  /** Calls the function as CloudFormation would. @returns what it reports */
  const call = async (RequestType: string, Bucket = "shop-photos"): Promise<unknown> => {
    const folder = await temporaryFolder()
    const template = await makeTemplate(SETTINGS, { enableEvents: true })
    await writeFile(join(folder, "index.js"), String(at(template, "Switch", "Code", "ZipFile")))
    let reported = ""
    const server = createServer((request, response) => {
      reported += `${request.method} ${request.headers["content-type"] ?? "untyped"} `
      request.on("data", (piece: Buffer) => (reported += piece.toString())).on("end", () => response.end())
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`
    const event = {
      RequestType,
      ResourceProperties: { Bucket },
      ResponseURL,
      StackId: "s",
      RequestId: "r",
      LogicalResourceId: "l",
    }
    const env = {
      NODE_PATH: join(PACKAGE, "test", "tools", "node_modules"),
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "us-east-1",
    }
    const running = launch(
      process.execPath,
      ["--no-warnings", "-e", `require("./index.js").handler(${JSON.stringify(event)})`],
      {
        cwd: folder,
        env,
      },
    )
    expect([await running.ended, running.stderr()]).toEqual([0, ""])
    server.close()
    expect(reported).toMatch(/^PUT untyped \{/)
    return JSON.parse(reported.slice("PUT untyped ".length))
  }

  it("adds EventBridge to what a bucket has, and leaves it on", async () => {
    expect(await arrivals("a.jpg")).toEqual([])
    const success = {
      Status: "SUCCESS",
      PhysicalResourceId: "events-of-shop-photos",
      StackId: "s",
      RequestId: "r",
      LogicalResourceId: "l",
    }
    expect(await call("Create")).toEqual(success)
    expect(await configured()).toContain(`${QUEUES}others`)
    expect(await arrivals("b.jpg")).toEqual(["b.jpg"])
    expect(await call("Delete")).toEqual(success)
    expect(await arrivals("c.jpg")).toEqual(["c.jpg"])
  })

  it("reports that there is no such bucket", async () => {
    expect(await call("Create", "shop-none")).toMatchObject({
      Status: "FAILED",
      Reason: expect.stringContaining("NoSuchBucket") as string,
    })
  })
})

/** What the function at the edge answers to a GET; undefined where it lets it pass. */
const refusedBy = (template: Template, uri: string): number | undefined => {
  const event = { version: "1.0", request: { method: "GET", uri, headers: {}, querystring: {}, cookies: {} } }
  const source = String(at(template, "Edge", "FunctionCode"))
  return (runInNewContext(`${source};handler(${JSON.stringify(event)})`) as { readonly statusCode?: number }).statusCode
}

/** A role's statements as they are once the stack is there. */
const deployed = (template: Template, role: string): readonly object[] =>
  filled(at(template, role, "Policies", 0, "PolicyDocument", "Statement")) as readonly object[]

describe.skipIf(versitygw === undefined)("the roles", () => {
  let server: S3Server
  const clients: Record<string, AwsClient> = {}
  beforeAll(async () => {
    if (versitygw === undefined) return
    server = await startVersitygw({ hasIam: true })
    await Promise.all(["shop-photos", "shop-renditions"].map(server.createBucket))
    const template = await makeTemplate({ ...SETTINGS, originals: "s3://shop-photos/shop" })
    for (const name of ["Renderer", "Sync"]) {
      const identity = await server.createUser(name, deployed(template, `${name}Role`))
      clients[name] = new AwsClient({ ...identity, service: "s3", region: "us-east-1", retries: 0 })
    }
    await server.putObject("shop-photos", "shop/a.jpg", "original")
    await server.putObject("shop-photos", "other/a.jpg", "original")
    for (const key of ["a/360x270/b.jpg", "a/640w/b.jpg", "a/999w/b.jpg", "a/b.jpg"])
      await server.putObject("shop-renditions", key, "rendition")
  })
  afterAll(() => server?.stop())

  it.each<["Renderer" | "Sync", string, string, number]>([
    ["Renderer", "GET", "shop-photos/shop/a.jpg", 200],
    ["Renderer", "GET", "shop-photos/other/a.jpg", 403],
    ["Renderer", "PUT", "shop-photos/shop/a.jpg", 403],
    ["Renderer", "PUT", "shop-photos/shop/360x270/a.jpg", 403],
    ["Renderer", "DELETE", "shop-photos/shop/a.jpg", 403],
    ["Renderer", "GET", "shop-photos?list-type=2", 403],
    ["Renderer", "GET", "shop-renditions?list-type=2", 403],
    ["Renderer", "GET", "shop-renditions/a/360x270/b.jpg", 200],
    ["Renderer", "GET", "shop-renditions/a/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/360x270/b.jpg", 200],
    ["Renderer", "PUT", "shop-renditions/wide/b.jpg", 200],
    ["Renderer", "PUT", "shop-renditions/a/b/info/c.jpg.json", 200],
    ["Renderer", "PUT", "shop-renditions/a/1280w/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/999w/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/640w/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/b.jpg", 403],
    ["Renderer", "DELETE", "shop-renditions/a/360x270/b.jpg", 403],
    ["Sync", "GET", "shop-photos/shop/a.jpg", 403],
    ["Sync", "PUT", "shop-photos/shop/a.jpg", 403],
    ["Sync", "DELETE", "shop-photos/shop/a.jpg", 403],
    ["Sync", "GET", "shop-photos?list-type=2", 403],
    ["Sync", "GET", "shop-renditions?list-type=2", 403],
    ["Sync", "GET", "shop-renditions/a/360x270/b.jpg", 403],
    ["Sync", "PUT", "shop-renditions/a/360x270/b.jpg", 403],
    ["Sync", "DELETE", "shop-renditions/a/999w/b.jpg", 403],
    ["Sync", "DELETE", "shop-renditions/a/b.jpg", 403],
    ["Sync", "DELETE", "shop-renditions/a/360x270/b.jpg", 204],
    ["Sync", "DELETE", "shop-renditions/a/640w/b.jpg", 204],
  ])("%s: %s %s is answered with %i", async (who, method, path, status) => {
    const body = method === "PUT" ? "x" : null
    const response = await clients[who]?.fetch(`${server.endpoint}/${path}`, { method, body })
    await response?.arrayBuffer()
    expect(response?.status).toBe(status)
  })
})
