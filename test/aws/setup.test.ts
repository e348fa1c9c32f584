/** The function that a deployment calls: its changes of buckets that are not part of the stack, and its reports. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

import { AwsClient } from "aws4fetch"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"

import { createSetupHandler, type SetupEvent, type SetupTask, withEventBridge } from "../../src/aws/setup.ts"
import { makeTemplate } from "../../src/aws/stack/stack.ts"
import { type Moto, motoServer, startMoto } from "../support/moto.ts"
import { at, SETTINGS } from "./templates.ts"

describe("withEventBridge", () => {
  it("adds EventBridge to a configuration without destinations", () => {
    expect(withEventBridge('<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>')).toBe(
      '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>',
    )
  })

  it("keeps destinations that a configuration has", () => {
    const queue = "<QueueConfiguration><Queue>arn</Queue></QueueConfiguration>"
    expect(withEventBridge(`<NotificationConfiguration>${queue}</NotificationConfiguration>\n`)).toBe(
      `<NotificationConfiguration>${queue}<EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>`,
    )
  })

  it("changes nothing if EventBridge is on", () => {
    const on = "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
    expect(withEventBridge(on)).toBeUndefined()
  })
})

const QUEUES = "arn:aws:sqs:us-east-1:123456789012:"
const OTHERS = `<NotificationConfiguration><QueueConfiguration><Id>others</Id><Queue>${QUEUES}others</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>`

const READS = {
  Sid: "ImgTailorCloudFrontReads",
  Effect: "Allow",
  Principal: { Service: "cloudfront.amazonaws.com" },
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::shop-renditions/*",
}
const OWN = {
  Sid: "Own",
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: "arn:aws:s3:::shop-renditions/private/*",
}

describe.skipIf(motoServer === undefined)("the setup function", () => {
  let moto: Moto
  let cloudFormation: Server
  let reported: { readonly type: string | undefined; readonly body: unknown }[] = []
  /** Statuses of the next answers to reports; 200 afterwards. */
  let statuses: number[] = []
  const client = new AwsClient({
    accessKeyId: "key",
    secretAccessKey: "secret",
    service: "s3",
    region: "us-east-1",
    retries: 0,
  })
  const ask = async (service: string, target: string, body: object): Promise<unknown> => {
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target }
    const sent = { method: "POST", body: JSON.stringify(body), headers, aws: { service } }
    const response = await client.fetch(`${moto.endpoint}/`, sent)
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }
  const put = async (path: string, body?: string): Promise<void> => {
    const response = await client.fetch(`${moto.endpoint}/${path}`, { method: "PUT", body: body ?? null })
    if (!response.ok) throw new Error(await response.text())
  }
  const get = async (path: string): Promise<string> => (await client.fetch(`${moto.endpoint}/${path}`)).text()

  beforeAll(async () => {
    if (motoServer === undefined) return
    vi.stubEnv("AWS_ACCESS_KEY_ID", "key")
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret")
    vi.stubEnv("AWS_REGION", "us-east-1")
    moto = await startMoto()
    cloudFormation = createServer((request, response) => {
      let text = ""
      request.on("data", (chunk: Buffer) => (text += chunk.toString()))
      request.on("end", () => {
        reported.push({ type: request.headers["content-type"], body: JSON.parse(text) })
        response.writeHead(statuses.shift() ?? 200).end()
      })
    })
    await new Promise<void>((done) => cloudFormation.listen(0, "127.0.0.1", done))
    await put("shop-photos")
    await put("shop-renditions")
    await Promise.all(["others", "changes"].map((QueueName) => ask("sqs", "AmazonSQS.CreateQueue", { QueueName })))
    const rule = { ...(at(await makeTemplate(SETTINGS), "Changes", "EventPattern") as object) }
    const EventPattern = JSON.stringify(rule).replace('{"Ref":"OriginalsBucket"}', '"shop-photos"')
    await ask("events", "AWSEvents.PutRule", { Name: "changes", EventPattern })
    const Targets = [{ Id: "changes", Arn: `${QUEUES}changes` }]
    await ask("events", "AWSEvents.PutTargets", { Rule: "changes", Targets })
    await put("shop-photos?notification", OTHERS)
  }, 60_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    cloudFormation?.close()
    await moto?.stop()
  })

  /** Calls the function as CloudFormation does. @returns its report */
  const call = async (RequestType: SetupEvent["RequestType"], ResourceProperties: SetupTask): Promise<unknown> => {
    reported = []
    const expected = statuses.length + 1
    await createSetupHandler(moto.endpoint)({
      RequestType,
      ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/report`,
      StackId: "stack",
      RequestId: "request",
      LogicalResourceId: "Events",
      ResourceProperties,
    })
    // The URL of the report is signed for no content type.
    expect(reported).toMatchObject(Array.from({ length: expected }, () => ({ type: undefined })))
    return reported.at(-1)?.body
  }

  const events = (Bucket = "shop-photos"): SetupTask => ({ Task: "events", Bucket })
  const success = (PhysicalResourceId: string): object => ({
    Status: "SUCCESS",
    PhysicalResourceId,
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Events",
  })

  /** Writes an original. @returns the keys of the events that arrive in the queue */
  const eventsOf = async (key: string): Promise<readonly string[]> => {
    await put(`shop-photos/${key}`, "x")
    const received = await ask("sqs", "AmazonSQS.ReceiveMessage", {
      QueueUrl: `${moto.endpoint}/123456789012/changes`,
      MaxNumberOfMessages: 10,
    })
    const { Messages = [] } = received as { readonly Messages?: readonly { readonly Body: string }[] }
    return Messages.map(({ Body }) => (JSON.parse(Body) as { detail: { object: { key: string } } }).detail.object.key)
  }

  it("adds EventBridge to the notifications of a bucket, and leaves it on when the stack is deleted", async () => {
    expect(await eventsOf("a.jpg")).toEqual([])
    expect(await call("Create", events())).toEqual(success("events-of-shop-photos"))
    expect(await get("shop-photos?notification")).toContain(`${QUEUES}others`)
    expect(await eventsOf("b.jpg")).toEqual(["b.jpg"])
    expect(await call("Delete", events())).toEqual(success("events-of-shop-photos"))
    expect(await eventsOf("c.jpg")).toEqual(["c.jpg"])
  })

  it("reports that a bucket does not exist", async () => {
    const log = vi.spyOn(process.stdout, "write").mockReturnValue(true)
    expect(await call("Create", events("shop-none"))).toMatchObject({
      Status: "FAILED",
      Reason: expect.stringContaining("NoSuchBucket") as string,
    })
    expect(log).toHaveBeenCalledWith(expect.stringContaining("NoSuchBucket"))
    log.mockRestore()
  })

  it("deletes a stack whose bucket of renditions was deleted before", async () => {
    const task: SetupTask = { Task: "bucket-policy", Bucket: "shop-none", Statements: [READS] }
    expect(await call("Delete", task)).toEqual(success("bucket-policy-of-shop-none"))
  })

  it("repeats a report that was not accepted, and fails if none is", async () => {
    statuses = [503, 500]
    expect(await call("Update", events())).toEqual(success("events-of-shop-photos"))
    statuses = [503, 503, 503]
    await expect(call("Update", events())).rejects.toThrow("status 503")
  })

  it("writes a policy to a bucket without one, and deletes it with the stack", async () => {
    const task: SetupTask = { Task: "bucket-policy", Bucket: "shop-renditions", Statements: [READS] }
    expect(await call("Create", task)).toEqual(success("bucket-policy-of-shop-renditions"))
    expect(JSON.parse(await get("shop-renditions?policy"))).toEqual({ Version: "2012-10-17", Statement: [READS] })
    expect(await call("Delete", task)).toEqual(success("bucket-policy-of-shop-renditions"))
    expect(await get("shop-renditions?policy")).toContain("NoSuchBucketPolicy")
  })

  it("keeps the statements of a policy that it merges, and replaces its own", async () => {
    await put("shop-renditions?policy", JSON.stringify({ Version: "2012-10-17", Statement: [OWN] }))
    const task: SetupTask = { Task: "bucket-policy", Bucket: "shop-renditions", Statements: [READS] }
    const changed = { ...READS, Resource: "arn:aws:s3:::shop-renditions/new/*" }
    await call("Create", task)
    await call("Update", { ...task, Statements: [changed] })
    expect(JSON.parse(await get("shop-renditions?policy"))).toMatchObject({ Statement: [OWN, changed] })
    await call("Delete", task)
    expect(JSON.parse(await get("shop-renditions?policy"))).toMatchObject({ Statement: [OWN] })
  })
})
