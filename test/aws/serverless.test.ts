/** The template that osls makes of examples/aws/serverless.yml, and the other templates in examples/aws, checked by cfn-lint. */
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { changesIn, type SyncEvent } from "../../src/aws/object-events.ts"
import { launch, PACKAGE } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"
import { fixture } from "./fixture.ts"

const tools = findTools("osls", "cfn-lint")

const EXAMPLES = join(PACKAGE, "examples", "aws")

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource?: unknown
}

interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

interface Role {
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[]
  readonly ManagedPolicyArns?: unknown
}

/** Errors and warnings about templates. @param ignored rules for templates of osls */
const lint = async (files: readonly string[], ignored: readonly string[] = []): Promise<string> => {
  const cwd = await temporaryFolder()
  const options = ["--regions", "us-east-1", ...(ignored.length > 0 ? ["--ignore-checks", ...ignored] : [])]
  const running = launch(tools?.["cfn-lint"] ?? "", [...options, "--", ...files], { cwd })
  await running.ended
  return running.stdout() + running.stderr()
}

/** Runs osls, which needs neither credentials nor a network. @returns the path of the template */
const packageService = async (): Promise<string> => {
  const folder = join(await temporaryFolder(), "service")
  await cp(EXAMPLES, folder, { recursive: true })
  // osls does not read the zips before a deployment.
  for (const mode of ["redirect", "sync"]) await writeFile(join(folder, `imgtailor-${mode}.zip`), "a zip")
  const running = launch(process.execPath, [tools?.osls ?? "", "package"], { cwd: folder })
  expect(await running.ended, `osls printed ${running.stdout()}${running.stderr()}`).toBe(0)
  return join(folder, ".serverless", "cloudformation-template-update-stack.json")
}

const attribute = (name: string, of = "Arn"): object => ({ "Fn::GetAtt": [name, of] })

it.each(["eventbridge-created", "eventbridge-deleted"])(
  "an event in a message of a queue is about the same photo as the event itself: %s",
  async (name) => {
    const event = await fixture<SyncEvent>(name)
    const change = { bucket: "shop", key: "produs_227613/größe 1+1.jpg" }
    expect(changesIn(event)).toEqual([change])
    expect(changesIn({ Records: [{ body: JSON.stringify(event) }] })).toEqual([change])
  },
)

describe.skipIf(tools === undefined)("the templates of examples/aws", { timeout: 60_000 }, () => {
  it("include cloudfront.json and web-acl.json, without an error or a warning", async () => {
    expect(await lint(["cloudfront.json", "web-acl.json"].map((name) => join(EXAMPLES, name)))).toBe("")
  })

  it("include serverless.yml: two functions with a role each, a route, and two passes of sync", async () => {
    const file = await packageService()
    // osls repeats dependencies that references imply.
    const linting = lint([file], ["W3005"])
    const template = JSON.parse(await readFile(file, "utf8")) as { readonly Resources: Record<string, Resource> }
    const propertiesOf = (name: string): Readonly<Record<string, unknown>> => {
      const resource = template.Resources[name]
      expect(resource, `the template has ${name}`).toBeDefined()
      return resource?.Properties ?? {}
    }

    const settings = { BUCKET: "shop-photos", CDN_URL: "https://images.example.com", SIZES: "360x270,480h,1280w" }
    expect(propertiesOf("ResizerLambdaFunction")).toMatchObject({
      Handler: "index.handler",
      Runtime: "nodejs22.x",
      Architectures: ["arm64"],
      MemorySize: 1024,
      Timeout: 15,
      Environment: { Variables: settings },
      Role: attribute("RendererRole"),
    })
    expect(propertiesOf("SyncLambdaFunction")).toMatchObject({
      Environment: { Variables: settings },
      Role: attribute("SyncRole"),
    })
    expect(propertiesOf("HttpApiRouteGetResizer")["RouteKey"]).toBe("GET /resizer")
    expect(propertiesOf("HttpApiStage")["DefaultRouteSettings"]).toMatchObject({ ThrottlingRateLimit: 50 })

    const actionsOf = (name: string): readonly string[] => {
      const { Policies, ManagedPolicyArns } = propertiesOf(name) as unknown as Role
      expect(ManagedPolicyArns).toBeUndefined()
      return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Action }) => Action))
    }
    const logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
    expect(actionsOf("RendererRole")).toEqual(["s3:GetObject", "s3:GetObject", "s3:PutObject", ...logs])
    expect(actionsOf("SyncRole")).toEqual([
      "s3:GetObject",
      "s3:DeleteObject",
      "s3:PutObject",
      ...logs,
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "cloudfront:CreateInvalidation",
    ])
    // There are no other roles, no managed policies and no keys of users.
    const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::IAM::Role")
    expect(roles.map(([name]) => name)).toEqual(["RendererRole", "SyncRole"])
    expect(JSON.stringify(template)).not.toMatch(/FullAccess|AWS_KEY|AWS_SECRET|ACCESS_KEY/)

    expect(propertiesOf("Changes")).toMatchObject({
      EventPattern: {
        source: ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        detail: { bucket: { name: [settings.BUCKET] } },
      },
      Targets: [{ Arn: attribute("FirstPass") }, { Arn: attribute("SecondPass") }],
    })
    for (const pass of ["FirstPass", "SecondPass"])
      expect(propertiesOf(`SyncEventSourceMappingSQS${pass}`)).toMatchObject({
        EventSourceArn: attribute(pass),
        FunctionName: attribute("SyncLambdaFunction"),
        ScalingConfig: { MaximumConcurrency: 10 },
      })
    expect(propertiesOf("ResizerLambdaFunction")).not.toHaveProperty("ReservedConcurrentExecutions")
    const { DelaySeconds, VisibilityTimeout } = propertiesOf("SecondPass")
    expect(Number(DelaySeconds)).toBeGreaterThan(Number(propertiesOf("ResizerLambdaFunction")["Timeout"]))
    expect(Number(VisibilityTimeout)).toBe(6 * Number(propertiesOf("SyncLambdaFunction")["Timeout"]))
    expect(await linting).toBe("")
  })
})
